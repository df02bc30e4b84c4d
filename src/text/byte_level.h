#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace nudge {

/// GPT-2's printable stand-in of each byte: printable Latin-1 stands for itself, the other bytes for U+0100
/// onwards. Vocabularies of byte-level BPE are written in these characters.
const std::array<char32_t, 256>& byte_level_characters();

/// Bytes written in stand-ins.
std::string to_byte_level(std::string_view bytes);

/// The bytes behind stand-ins; absent when some character is none.
std::optional<std::string> from_byte_level(std::string_view text);

}  // namespace nudge
