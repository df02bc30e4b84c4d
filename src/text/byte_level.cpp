#include "text/byte_level.h"

#include "text/utf8.h"

namespace nudge {
namespace {

constexpr char32_t kStandIns = 0x100;  // where the stand-ins of unprintable bytes begin
constexpr std::size_t kCharacters = 0x144;

bool stands_for_itself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

const std::array<int, kCharacters>& bytes_of_characters() {
  static const auto table = [] {
    std::array<int, kCharacters> bytes;
    bytes.fill(-1);
    for (int byte = 0; byte < 256; ++byte) bytes[byte_level_characters()[byte]] = byte;
    return bytes;
  }();
  return table;
}

}  // namespace

const std::array<char32_t, 256>& byte_level_characters() {
  static const auto table = [] {
    std::array<char32_t, 256> characters;
    char32_t next = kStandIns;
    for (int byte = 0; byte < 256; ++byte)
      characters[byte] = stands_for_itself(byte) ? static_cast<char32_t>(byte) : next++;
    return characters;
  }();
  return table;
}

std::string to_byte_level(std::string_view bytes) {
  std::string text;
  for (char byte : bytes) append_utf8(text, byte_level_characters()[static_cast<unsigned char>(byte)]);
  return text;
}

std::optional<std::string> from_byte_level(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size();) {
    char32_t character = next_code_point(text, i);
    int byte = character < kCharacters ? bytes_of_characters()[character] : -1;
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace nudge
