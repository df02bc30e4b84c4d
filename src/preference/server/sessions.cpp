#include "preference/server/sessions.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hex.h"
#include "base/json.h"
#include "preference/server/guard.h"

namespace nudge {
namespace {

constexpr std::size_t kLongestSignedName = 64;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::optional<std::string> of_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = digit(digits[i]), low = digit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

bool looks_like_layout(std::uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) ||  // control
         (code_point >= 0x200b && code_point <= 0x200f) ||                  // zero width, marks of direction
         (code_point >= 0x2028 && code_point <= 0x202e) ||                  // lines, overrides
         (code_point >= 0x2060 && code_point <= 0x206f) || code_point == 0xfeff;
}

/// HMAC-SHA256, as digits.
std::string signature_of(std::string_view text, const std::string& key) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return to_hex({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

Sessions::Sessions(const std::string& secret)
    : owner_token_(signature_of("owner", secret)),
      rater_token_(signature_of("raters", secret)),
      key_(signature_of("cookies", secret)) {}

std::optional<Identity> Sessions::of_token(std::string_view token) const {
  const bool owner = same_secret(token, owner_token_), rater = same_secret(token, rater_token_);
  if (!owner && !rater) return std::nullopt;
  return Identity{.session = random_hex(8), .owner = owner};
}

std::string Sessions::cookie(const Identity& identity) const {
  const std::string text = to_hex(to_line(Json::array({identity.session, identity.owner, identity.rater})));
  return text + "." + signature_of(text, key_);
}

std::optional<Identity> Sessions::of_cookie(std::string_view value) const {
  const std::size_t point = value.find('.');
  if (point == std::string_view::npos) return std::nullopt;
  const std::string_view text = value.substr(0, point);
  if (!same_secret(value.substr(point + 1), signature_of(text, key_))) return std::nullopt;
  const Json json = Json::parse(of_hex(text).value_or(""), nullptr, false);
  if (!json.is_array() || json.size() != 3) return std::nullopt;
  return Identity{json[0].get<std::string>(), json[2].get<std::string>(), json[1].get<bool>()};
}

std::string fault_of_name(const std::string& name) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < name.size(); ++characters) {
    const auto first = static_cast<unsigned char>(name[i]);
    const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    std::uint32_t code_point = size == 1 ? first : first & (0xff >> (size + 1));
    if (i + size > name.size()) return "A name is text in UTF-8.";
    for (std::size_t j = 1; j < size; ++j)
      code_point = code_point << 6 | (static_cast<unsigned char>(name[i + j]) & 0x3f);
    if (looks_like_layout(code_point)) return "A name has no control characters and no invisible ones.";
    i += size;
  }
  if (characters < 1 || characters > kLongestSignedName || name.front() == ' ' || name.back() == ' ')
    return fmt::format("A name has 1 to {} characters and no space at its ends.", kLongestSignedName);
  return "";
}

}  // namespace nudge
