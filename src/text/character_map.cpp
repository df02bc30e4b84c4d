#include "text/character_map.h"

#include <openssl/evp.h>
#include <utf8proc.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "text/utf8.h"

namespace nudge {
namespace {

static_assert(std::endian::native == std::endian::little, "the trie is little-endian");

std::string from_base64(std::string_view text, std::string_view where) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int count =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  require(text.size() < std::size_t{1} << 30 && count >= 0, "{}: the precompiled_charsmap is not base64.",
          where);
  const auto padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
  bytes.resize(static_cast<std::size_t>(count) - std::min<std::size_t>(padding, 2));
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
