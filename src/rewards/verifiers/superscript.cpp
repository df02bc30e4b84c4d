#include "rewards/verifiers/superscript.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rewards/verifiers/power.h"
#include "rewards/verifiers/scanning.h"

namespace nudge {
namespace {

constexpr std::size_t kMostExponentDigits = 4;
constexpr std::size_t kLongestBracket = 64;  // longer is prose; finding each one's end would be quadratic

// Behind an opening bracket at `at`: what it holds up to the one that closes it, or all that is left.
std::string_view take_group(std::string_view text, std::size_t& at) {
  const char open = text[at], close = open == '{' ? '}' : ')';
  const std::size_t begin = at + 1;
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == open) ++depth;
    if (text[at] == close && --depth == 0) return text.substr(begin, at++ - begin);
  }
  return text.substr(begin);
}

// "\circ", "\text{th}", "\frac{1}{2}", "\frac12".
std::string_view take_command(std::string_view text, std::size_t& at) {
  const std::size_t begin = at++;
  while (at < text.size() && is_letter(text[at])) ++at;
  while (digit_at(text, at)) ++at;
  while (at < text.size() && text[at] == '{') take_group(text, at);
  return text.substr(begin, at - begin);
}

// "-2", "0.5", "n".
std::string_view take_plain(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  std::size_t end = at;
  if (!take_minus(text, end)) take(text, end, "+");
  const std::size_t unsigned_begin = end;
  while (digit_at(text, end) || (end > begin && text.substr(end).starts_with('.') && digit_at(text, end + 1)))
    ++end;
  if (end == unsigned_begin)
    while (end < text.size() && is_letter(text[end])) ++end;
  if (end > unsigned_begin) at = end;
  return text.substr(begin, at - begin);
}

std::string take_raised_characters(std::string_view text, std::size_t& at) {
  static const std::array<std::pair<const char*, char>, 12> kRaised = {{{"⁰", '0'},
                                                                        {"¹", '1'},
                                                                        {"²", '2'},
                                                                        {"³", '3'},
                                                                        {"⁴", '4'},
                                                                        {"⁵", '5'},
                                                                        {"⁶", '6'},
                                                                        {"⁷", '7'},
                                                                        {"⁸", '8'},
                                                                        {"⁹", '9'},
                                                                        {"⁻", '-'},
                                                                        {"ⁿ", 'n'}}};
  std::string script;
  const auto next = [&] {
    return std::any_of(kRaised.begin(), kRaised.end(), [&](const auto& raised) {
      if (!take(text, at, raised.first)) return false;
      script += raised.second;
      return true;
    });
  };
  while (next()) {
  }
  return script;
}

// Says nothing about the value: 45^\circ, 5^{th}, 7^\text{a}.
bool is_mark(std::string_view script) {
  if (script.empty() || script == "o") return true;
  for (const char* ordinal : {"st", "nd", "rd", "th"})
    if (script == ordinal) return true;
  for (const char* mark :
       {"\\circ", "\\degree", "°", "\\prime", "'", "\\text", "\\mathrm", "\\rm", "\\ast", "*"})
    if (script.starts_with(mark)) return true;
  return false;
}

std::optional<long> integer(std::string_view script) {
  while (script.starts_with(' ')) script.remove_prefix(1);
  while (script.ends_with(' ')) script.remove_suffix(1);
  std::size_t at = 0;
  const bool negative = take_minus(script, at);
  if (!negative) take(script, at, "+");
  std::string digits;
  take_digits(script, at, digits);
  if (at < script.size() || digits.empty() || digits.size() > kMostExponentDigits) return std::nullopt;
  return negative ? -std::stol(digits) : std::stol(digits);
}

}  // namespace

std::optional<std::string> take_superscript(std::string_view text, std::size_t& at) {
  if (std::string raised = take_raised_characters(text, at); !raised.empty()) return raised;
  if (!take(text, at, "^")) return std::nullopt;
  if (at == text.size()) return "";
  if (text[at] == '{') return std::string(take_group(text, at));
  if (text[at] == '\\') return std::string(take_command(text, at));
  if (text[at] != '(') return std::string(take_plain(text, at));
  const std::string_view near = text.substr(0, at + kLongestBracket);
  std::size_t end = at;
  const std::string_view group = take_group(near, end);
  if (near[end - 1] != ')') return "";  // a bracket that nothing closes may be a face
  at = end;
  return std::string(group);
}

namespace {

// As take_superscript, and "10 ^ 5" with blanks around.
std::optional<std::string> take_script(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  if (!take(text, end, " ^ ")) return take_superscript(text, at);
  std::string script(text.substr(end).starts_with('{') ? take_group(text, end) : take_plain(text, end));
  if (script.empty()) return std::nullopt;
  at = end;
  return script;
}

}  // namespace

bool take_powers(std::string_view text, std::size_t& at, std::optional<Rational>& value) {
  bool raised = false;
  while (true) {
    const auto script = take_script(text, at);
    if (!script) return raised;
    if (is_mark(*script)) continue;
    const auto exponent = integer(*script);
    value = value && exponent && !raised ? power(*value, *exponent) : std::nullopt;
    raised = true;
  }
}

}  // namespace nudge
