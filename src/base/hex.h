#pragma once

#include <string>
#include <string_view>

namespace nudge {

/// Two lower-case hexadecimal digits for each byte.
std::string to_hex(std::string_view bytes);

/// So many bytes that nobody can guess, as hexadecimal digits: names of the moment, tokens, salts.
std::string random_hex(std::size_t bytes);

}  // namespace nudge
