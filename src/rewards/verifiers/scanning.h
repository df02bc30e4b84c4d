#pragma once

#include <string>
#include <string_view>

// What every scanner of a text does at its position `at`.
namespace nudge {

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Moves `at` behind `expected` when that stands there.
inline bool take(std::string_view text, std::size_t& at, std::string_view expected) {
  if (!text.substr(at).starts_with(expected)) return false;
  at += expected.size();
  return true;
}

inline bool digit_at(std::string_view text, std::size_t at) {
  return at < text.size() && is_digit(text[at]);
}

/// Moves `at` behind the digits that stand there and appends them.
inline void take_digits(std::string_view text, std::size_t& at, std::string& digits) {
  while (digit_at(text, at)) digits += text[at++];
}

inline bool take_minus(std::string_view text, std::size_t& at) {
  return take(text, at, "-") || take(text, at, "\u2212");
}

}  // namespace nudge
