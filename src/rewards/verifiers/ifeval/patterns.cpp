#include "rewards/verifiers/ifeval/patterns.h"

#include <algorithm>

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
  return found ? static_cast<std::int64_t>(found->size()) : 0;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace nudge::ifeval
