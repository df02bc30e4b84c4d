#include "rewards/verifiers/number_scanner.h"

#include <array>
#include <utility>

#include "rewards/verifiers/power.h"
#include "rewards/verifiers/scanning.h"
#include "rewards/verifiers/superscript.h"

namespace nudge {
namespace {

using Value = std::optional<Rational>;  // absent: there is something, and its value is not known

constexpr std::size_t kMostDigits = 1000;  // more are noise, and their powers would cost seconds
constexpr int kLargestExponent = 1000;

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

// "12", "2^{10}".
bool take_raised_digits(std::string_view text, std::size_t& at, Value& value) {
  value = scan_digits(text, at);
  if (!value) return false;
  take_powers(text, at, value);
  return true;
}

void divide(Value& value, const Value& by) {
  value = value && by ? Value(*value / *by) : std::nullopt;
}

// "/4" or " / 4", "/2^3".
bool take_denominator(std::string_view text, std::size_t& at, Value& value) {
  std::size_t end = at;
  take(text, end, " ");
  if (!take(text, end, "/") && !take(text, end, "\u2044")) return false;
  take(text, end, " ");
  std::string digits;
  take_digits(text, end, digits);
  if (digits.empty() || digits.size() > kMostDigits) return false;
  Value below = Rational(mpz_class(digits, 10));
  take_powers(text, end, below);
  if (below && *below == 0) return false;
  divide(value, below);
  at = end;
  return true;
}

std::optional<Rational> take_vulgar_fraction(std::string_view text, std::size_t& at) {
  static const std::array<std::pair<const char*, Rational>, 18> kFractions = {{{"½", {1, 2}},
                                                                               {"⅓", {1, 3}},
                                                                               {"⅔", {2, 3}},
                                                                               {"¼", {1, 4}},
                                                                               {"¾", {3, 4}},
                                                                               {"⅕", {1, 5}},
                                                                               {"⅖", {2, 5}},
                                                                               {"⅗", {3, 5}},
                                                                               {"⅘", {4, 5}},
                                                                               {"⅙", {1, 6}},
                                                                               {"⅚", {5, 6}},
                                                                               {"⅐", {1, 7}},
                                                                               {"⅛", {1, 8}},
                                                                               {"⅜", {3, 8}},
                                                                               {"⅝", {5, 8}},
                                                                               {"⅞", {7, 8}},
                                                                               {"⅑", {1, 9}},
                                                                               {"⅒", {1, 10}}}};
  for (const auto& [sign, value] : kFractions)
    if (take(text, at, sign)) return value;
  return std::nullopt;
}

// " \times 10^5" behind a number: a factor with an exponent belongs to it.
bool take_factor(std::string_view text, std::size_t& at, Value& value) {
  for (const char* sign : {"\\times", "\\cdot", "×", "·", "*", "x", "X"}) {
    std::size_t end = at;
    take(text, end, " ");
    if (!take(text, end, sign)) continue;
    take(text, end, " ");
    Value factor = scan_digits(text, end);
    if (!factor || !take_powers(text, end, factor)) return false;
    value = value && factor ? bounded(*value * *factor) : std::nullopt;
    at = end;
    return true;
  }
  return false;
}

// "{-3}", "{2^{10}}", or the one digit that TeX takes where no brace stands.
bool take_latex_argument(std::string_view text, std::size_t& at, Value& value) {
  take(text, at, " ");
  if (digit_at(text, at)) {
    value = Rational(text[at++] - '0');
    return true;
  }
  if (!take(text, at, "{")) return false;
  const bool negative = take(text, at, "-");
  if (!take_raised_digits(text, at, value)) return false;
  while (take_factor(text, at, value)) {
  }
  if (negative && value) value = -*value;
  return take(text, at, "}");
}

// "\frac{3}{4}", "\frac34", and its sizes.
bool take_latex_fraction(std::string_view text, std::size_t& at, Value& value) {
  std::size_t end = at;
  if (!take(text, end, "\\frac") && !take(text, end, "\\dfrac") && !take(text, end, "\\tfrac")) return false;
  Value above, below;
  if (!take_latex_argument(text, end, above) || !take_latex_argument(text, end, below)) return false;
  if (below && *below == 0) return false;
  value = above;
  divide(value, below);
  at = end;
  return true;
}

// "3/4" behind the blank of a mixed number.
bool take_plain_fraction(std::string_view text, std::size_t& at, Value& value) {
  std::size_t end = at;
  std::string digits;
  take_digits(text, end, digits);
  if (digits.empty()) return false;
  value = Rational(mpz_class(digits, 10));
  if (!take_denominator(text, end, value)) return false;
  at = end;
  return true;
}

// Behind a whole number: "/4", "½", " 1/2" or " \frac{1}{2}" make it a fraction or a mixed number.
void take_fraction(std::string_view text, std::size_t& at, Value& value) {
  if (take_denominator(text, at, value)) return;
  std::size_t end = at;
  const bool apart = take(text, end, " ");
  Value part = take_vulgar_fraction(text, end);
  if (!part && !take_latex_fraction(text, end, part) && !(apart && take_plain_fraction(text, end, part)))
    return;
  value = value && part ? Value(*value + *part) : std::nullopt;
  at = end;
}

bool take_magnitude(std::string_view text, std::size_t& at, Value& value) {
  value = take_vulgar_fraction(text, at);
  if (value || take_latex_fraction(text, at, value)) {
    take_powers(text, at, value);
    return true;
  }
  value = scan_digits(text, at);
  if (!value) return false;
  if (take_powers(text, at, value))
    take_denominator(text, at, value);
  else if (value->get_den() == 1)
    take_fraction(text, at, value);
  return true;
}

// "(-2)^3", once the bracketed number is read.
void take_powers_of_bracket(std::string_view before, std::string_view text, std::size_t& at, Value& value) {
  std::size_t end = at;
  if (!before.ends_with('(') || (!take(text, end, ")") && !take(text, end, "\\right)"))) return;
  if (take_powers(text, end, value)) at = end;
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

void take_percent(std::string_view text, std::size_t& at, Number& number) {
  std::size_t end = at;
  take(text, end, " ");
  number.percent = take(text, end, "%") || take(text, end, "\\%") || take(text, end, "percent");
  if (number.percent) at = end;
}

}  // namespace

ScannedNumber scan_number(std::string_view text, std::size_t& at) {
  const std::string_view before = text.substr(0, at);
  if (!before.empty() && is_letter(before.back()) && text[at] != '\\') return {};
  if (text[at] == '.' && !before.empty() && is_digit(before.back())) return {};  // 3.2.1
  std::size_t end = at;
  bool negative = may_be_signed(before) && take_minus(text, end);
  if (take_currency(text, end) && !negative) {
    take(text, end, " ");
    negative = take_minus(text, end);
  }
  Value value;
  if (!take_magnitude(text, end, value)) return {};
  while (take_factor(text, end, value)) {
  }
  if (negative && value) value = -*value;
  take_powers_of_bracket(before, text, end, value);
  at = end;
  if (!value) return {true, std::nullopt};
  Number number{*value};
  take_percent(text, at, number);
  return {true, number};
}

bool pass_superscript(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  if (!take_superscript(text, end)) return false;
  const bool on_nothing = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\n';
  const bool markup = on_nothing && digit_at(text, at + 1) && text.substr(end).starts_with('^');
  at = markup ? at + 1 : end;
  return true;
}

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
  if (exponent > 0) value *= power_of_ten(exponent);
  if (exponent < 0) value /= power_of_ten(-exponent);
  at = end;
  return value;
}

}  // namespace nudge
