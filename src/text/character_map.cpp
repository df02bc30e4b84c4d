#include "text/character_map.h"

#include <utf8proc.h>

#include <bit>
#include <cstring>

#include "base/error.h"
#include "text/utf8.h"

namespace nudge {
namespace {

static_assert(std::endian::native == std::endian::little, "the trie is little-endian");

std::string from_base64(std::string_view text, std::string_view where) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    require(digit != std::string_view::npos, "{}: the precompiled_charsmap is not base64.", where);
    pending = pending << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(pending >> bits & 0xFF);
  }
  return bytes;
}

}  // namespace

CharacterMap::CharacterMap(std::string_view encoded, std::string_view where) {
  const std::string bytes = from_base64(encoded, where);
  std::uint32_t size = 0;
  if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
  require(size >= sizeof size && size % sizeof size == 0 && size <= bytes.size() - sizeof size,
          "{}: the precompiled_charsmap is cut short.", where);
  trie_.resize(size / sizeof size);
  std::memcpy(trie_.data(), bytes.data() + sizeof size, size);
  results_ = bytes.substr(sizeof size + size);
  require(is_valid_utf8(results_), "{}: the precompiled_charsmap holds text that is not UTF-8.", where);
  results_ += '\0';
}

/// A unit of the array: what leads to it (bits 0 to 7, and 31), whether a string ends there (8), where its
/// children lie (10 to 30, times 256 where bit 9 says so); a leaf is its value.
const char* CharacterMap::replacement(std::string_view part) const {
  const auto offset = [](std::uint32_t unit) { return unit >> 10 << ((unit & 1u << 9) >> 6); };
  std::size_t node = offset(trie_[0]);
  for (const char character : part) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte == 0) return nullptr;
    node ^= byte;
    if (node >= trie_.size() || (trie_[node] & 0x800000FFu) != byte) return nullptr;
    const bool ends = (trie_[node] >> 8 & 1) == 1;
    node ^= offset(trie_[node]);
    if (!ends) continue;
    const std::size_t at = node < trie_.size() ? trie_[node] & 0x7FFFFFFFu : results_.size();
    return at < results_.size() ? results_.data() + at : nullptr;
  }
  return nullptr;
}

void CharacterMap::append(std::string_view character, std::string& normalized) const {
  constexpr std::size_t kLongest = 6;  // from here on, code points are looked up one by one
  const char* whole = character.size() < kLongest ? replacement(character) : nullptr;
  if (whole != nullptr) {
    normalized += whole;
    return;
  }
  for (std::size_t i = 0; i < character.size();) {
    const std::size_t start = i;
    next_code_point(character, i);
    const std::string_view part = character.substr(start, i - start);
    if (const char* changed = replacement(part))
      normalized += changed;
    else
      normalized += part;
  }
}

std::string CharacterMap::normalize(std::string_view text) const {
  std::string normalized;
  std::size_t start = 0;
  utf8proc_int32_t state = 0, before = -1;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t here = i;
    const auto next = static_cast<utf8proc_int32_t>(next_code_point(text, i));
    if (before >= 0 && utf8proc_grapheme_break_stateful(before, next, &state)) {
      append(text.substr(start, here - start), normalized);
      start = here;
    }
    before = next;
  }
  append(text.substr(start), normalized);
  return normalized;
}

}  // namespace nudge
