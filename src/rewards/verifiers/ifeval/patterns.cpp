#include "rewards/verifiers/ifeval/patterns.h"

#include <utf8proc.h>

namespace nudge::ifeval {

std::string literal(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
    if (!plain) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::int64_t count(const RegularExpression& expression, const std::string& text) {
  const auto found = expression.all(text);
  return found ? std::ssize(*found) : 0;
}

std::string lower(const std::string& text) {
  std::string small;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t point = 0;
    const auto step = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &point);
    if (step < 1) return text;
    utf8proc_uint8_t encoded[4];
    const auto size = utf8proc_encode_char(utf8proc_tolower(point), encoded);
    small.append(reinterpret_cast<const char*>(encoded), size);
    if (point == 0x130) small += "\u0307";  // the dot of İ, which its small letter keeps
    at += step;
  }
  return small;
}

}  // namespace nudge::ifeval
