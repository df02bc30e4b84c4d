#include "rewards/verifiers/number_scanner.h"

#include <algorithm>
#include <array>
#include <utility>

namespace nudge {
namespace {

constexpr std::size_t kMostDigits = 1000;  // more are noise, and their powers would cost seconds
constexpr int kLargestExponent = 1000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool take(std::string_view text, std::size_t& at, std::string_view expected) {
  if (!text.substr(at).starts_with(expected)) return false;
  at += expected.size();
  return true;
}

bool digit_at(std::string_view text, std::size_t at) {
  return at < text.size() && is_digit(text[at]);
}

void take_digits(std::string_view text, std::size_t& at, std::string& digits) {
  while (digit_at(text, at)) digits += text[at++];
}

// ",234" where exactly three digits stand, the comma also as LaTeX has it; moves `at` to the digits.
bool take_group_separator(std::string_view text, std::size_t& at) {
  for (const char* separator : {",\\!", ",", "{,}", "\\,"}) {
    std::size_t end = at;
    if (!take(text, end, separator)) continue;
    if (!digit_at(text, end) || !digit_at(text, end + 1) || !digit_at(text, end + 2) ||
        digit_at(text, end + 3))
      return false;
    at = end;
    return true;
  }
  return false;
}

// "e3", "E-2", not the beginning of a word.
int take_exponent(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  if (!take(text, end, "e") && !take(text, end, "E")) return 0;
  const bool negative = take(text, end, "-");
  if (!negative) take(text, end, "+");
  std::string digits;
  take_digits(text, end, digits);
  if (digits.empty() || digits.size() > 4 || (end < text.size() && is_letter(text[end]))) return 0;
  const int exponent = std::stoi(digits);
  if (exponent > kLargestExponent) return 0;
  at = end;
  return negative ? -exponent : exponent;
}

Rational power_of_ten(std::size_t exponent) {
  mpz_class power;
  mpz_ui_pow_ui(power.get_mpz_t(), 10, exponent);
  return power;
}

// "/4" or " / 4" behind a whole number.
std::optional<Rational> take_denominator(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  take(text, end, " ");
  if (!take(text, end, "/") && !take(text, end, "\u2044")) return std::nullopt;
  take(text, end, " ");
  std::string digits;
  take_digits(text, end, digits);
  if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
  Rational value{mpz_class(digits, 10)};
  if (value == 0) return std::nullopt;
  at = end;
  return value;
}

std::optional<Rational> take_vulgar_fraction(std::string_view text, std::size_t& at) {
  static const std::array<std::pair<const char*, Rational>, 5> kFractions = {{{"½", Rational(1, 2)},
                                                                              {"¼", Rational(1, 4)},
                                                                              {"¾", Rational(3, 4)},
                                                                              {"⅓", Rational(1, 3)},
                                                                              {"⅔", Rational(2, 3)}}};
  for (const auto& [sign, value] : kFractions)
    if (take(text, at, sign)) return value;
  return std::nullopt;
}

// "{-3}", or the one digit that TeX takes where no brace stands.
std::optional<Rational> take_latex_argument(std::string_view text, std::size_t& at) {
  take(text, at, " ");
  if (digit_at(text, at)) return Rational(text[at++] - '0');
  if (!take(text, at, "{")) return std::nullopt;
  const bool negative = take(text, at, "-");
  const auto value = scan_digits(text, at);
  if (!value || !take(text, at, "}")) return std::nullopt;
  return negative ? Rational(-*value) : *value;
}

// "\frac{3}{4}", "\frac34", and its sizes.
std::optional<Rational> take_latex_fraction(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  if (!take(text, end, "\\frac") && !take(text, end, "\\dfrac") && !take(text, end, "\\tfrac"))
    return std::nullopt;
  const auto above = take_latex_argument(text, end);
  const auto below = above ? take_latex_argument(text, end) : std::nullopt;
  if (!below || *below == 0) return std::nullopt;
  at = end;
  return Rational(*above / *below);
}

// Behind a whole number: "/4", "½", " 1/2" or " \frac{1}{2}" make it a fraction or a mixed number.
void take_fraction(std::string_view text, std::size_t& at, Rational& value) {
  if (const auto denominator = take_denominator(text, at)) {
    value /= *denominator;
    return;
  }
  std::size_t end = at;
  take(text, end, " ");
  std::optional<Rational> part = take_vulgar_fraction(text, end);
  if (!part) part = take_latex_fraction(text, end);
  if (!part && end > at && digit_at(text, end)) {
    std::string digits;
    take_digits(text, end, digits);
    const auto denominator = take_denominator(text, end);
    if (denominator) part = Rational(mpz_class(digits, 10)) / *denominator;
  }
  if (!part) return;
  value += *part;
  at = end;
}

std::optional<Rational> take_magnitude(std::string_view text, std::size_t& at) {
  if (const auto fraction = take_latex_fraction(text, at)) return fraction;
  if (const auto fraction = take_vulgar_fraction(text, at)) return fraction;
  auto value = scan_digits(text, at);
  if (value && value->get_den() == 1) take_fraction(text, at, *value);
  return value;
}

bool take_currency(std::string_view text, std::size_t& at) {
  for (const char* sign : {"$", "\\$", "€", "£", "¥", "₹"})
    if (take(text, at, sign)) return true;
  return false;
}

// A minus is a sign unless something that it could be taken from, or hyphenated with, stands before it.
bool may_be_signed(std::string_view before) {
  if (before.empty()) return true;
  const char last = before.back();
  if (is_letter(last) || is_digit(last) || last == ')' || last == '%') return false;
  const auto word_end = before.find_last_not_of(' ');
  return word_end == std::string_view::npos || (!is_digit(before[word_end]) && before[word_end] != ')');
}

bool take_minus(std::string_view text, std::size_t& at) {
  return take(text, at, "-") || take(text, at, "\u2212");
}

void take_percent(std::string_view text, std::size_t& at, Number& number) {
  std::size_t end = at;
  take(text, end, " ");
  number.percent = take(text, end, "%") || take(text, end, "\\%") || take(text, end, "percent");
  if (number.percent) at = end;
}

// The number that begins exactly at `at`, if one does.
std::optional<Number> take_number(std::string_view text, std::size_t& at) {
  const std::string_view before = text.substr(0, at);
  if (!before.empty() && is_letter(before.back()) && text[at] != '\\') return std::nullopt;
  if (text[at] == '.' && !before.empty() && is_digit(before.back())) return std::nullopt;  // 3.2.1
  std::size_t end = at;
  bool negative = may_be_signed(before) && take_minus(text, end);
  if (take_currency(text, end) && !negative) {
    take(text, end, " ");
    negative = take_minus(text, end);
  }
  auto magnitude = take_magnitude(text, end);
  if (!magnitude) return std::nullopt;
  Number number{negative ? Rational(-*magnitude) : *magnitude};
  take_percent(text, end, number);
  at = end;
  return number;
}

// "^2", "^{-2}": the exponent of a unit or a power, never a number by itself.
bool take_superscript(std::string_view text, std::size_t& at) {
  if (!take(text, at, "^")) return false;
  if (at < text.size() && text[at] == '{') {
    at = std::min(text.size(), text.find('}', at));
    return true;
  }
  if (!take_minus(text, at)) take(text, at, "+");
  while (digit_at(text, at)) ++at;
  return true;
}

}  // namespace

std::optional<Rational> scan_digits(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  std::string digits;
  take_digits(text, end, digits);
  if (!digits.empty() && digits.size() <= 3) {
    while (take_group_separator(text, end)) take_digits(text, end, digits);
  }
  std::size_t decimals = 0;
  if (end < text.size() && text[end] == '.' && digit_at(text, end + 1)) {
    const std::size_t whole = digits.size();
    ++end;
    take_digits(text, end, digits);
    decimals = digits.size() - whole;
  }
  if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
  Rational value{mpz_class(digits, 10)};
  value /= power_of_ten(decimals);
  const int exponent = take_exponent(text, end);
  if (exponent > 0) value *= power_of_ten(static_cast<std::size_t>(exponent));
  if (exponent < 0) value /= power_of_ten(static_cast<std::size_t>(-exponent));
  at = end;
  return value;
}

std::optional<Number> next_number(std::string_view text, std::size_t& at) {
  while (at < text.size()) {
    if (take_superscript(text, at)) continue;
    if (auto number = take_number(text, at)) return number;
    // Digits that are no number (B12, thousands of them) are passed over whole, not read from their middle.
    if (!is_digit(text[at]))
      ++at;
    else
      while (digit_at(text, at)) ++at;
  }
  return std::nullopt;
}

}  // namespace nudge
