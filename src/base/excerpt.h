#pragma once

#include <string>
#include <string_view>

namespace nudge {

/// The beginning of a text in one line of at most 60 bytes and "...", for a sentence that names what it
/// belongs to.
std::string excerpt(std::string_view text);

}  // namespace nudge
