#pragma once

#include <string>

namespace nudge {

/// What keeps this text from being an animated clip (docs/label-page.md), in words that follow "its clip";
/// empty when it is one. A browser that meets such a clip cannot draw it.
std::string fault_of_clip(const std::string& content);

}  // namespace nudge
