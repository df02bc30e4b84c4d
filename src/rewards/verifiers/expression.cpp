#include "rewards/verifiers/expression.h"

#include <initializer_list>

#include "rewards/verifiers/power.h"

namespace nudge {
namespace {

constexpr std::size_t kLongest = 4096;
constexpr int kDeepest = 64, kLargestExponent = 64;

// Recursive descent: sum = product {+- product}, product = factor {*/ factor}, factor = [sign] power,
// power = atom [^ factor], atom = number | bracketed sum, each with % behind it. Absent means: no expression.
class Evaluation {
 public:
  explicit Evaluation(std::string_view text) : text_(text) {}

  std::optional<Rational> run() {
    auto value = sum();
    skip_space();
    return at_ == text_.size() ? value : std::nullopt;
  }

 private:
  using Value = std::optional<Rational>;

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n$").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool take(std::initializer_list<std::string_view> signs) {
    skip_space();
    for (const std::string_view sign : signs) {
      if (!text_.substr(at_).starts_with(sign)) continue;
      at_ += sign.size();
      return true;
    }
    return false;
  }

  Value sum() {
    Value left = product();
    while (left) {
      const bool plus = take({"+"});
      if (!plus && !take({"-", "\u2212"})) return left;
      const Value right = product();
      if (!right) return std::nullopt;
      left = bounded(plus ? Rational(*left + *right) : Rational(*left - *right));
    }
    return left;
  }

  Value product() {
    Value left = factor();
    while (left) {
      const bool times = take({"\\times", "\\cdot", "*", "×", "·", "x", "X"});
      if (!times && !take({"\\div", "/", "÷"})) return left;
      const Value right = factor();
      if (!right || (!times && *right == 0)) return std::nullopt;
      left = bounded(times ? Rational(*left * *right) : Rational(*left / *right));
    }
    return left;
  }

  Value factor() {
    if (++depth_ > kDeepest) return std::nullopt;
    Value value;
    if (take({"-", "\u2212"})) {
      value = factor();
      if (value) value = -*value;
    } else {
      take({"+"});
      value = power();
    }
    --depth_;
    return value;
  }

  Value power() {
    Value base = atom();
    if (!base || !take({"^", "**"})) return base;
    const Value exponent = factor();
    if (!exponent || exponent->get_den() != 1 || abs(*exponent) > kLargestExponent) return std::nullopt;
    return nudge::power(*base, exponent->get_num().get_si());
  }

  Value atom() {
    skip_space();
    Value value;
    if (take({"(", "[", "{"})) {
      value = sum();
      if (!take({")", "]", "}"})) return std::nullopt;
    } else {
      value = scan_digits(text_, at_);
    }
    while (value && take({"%", "\\%"})) *value /= 100;
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<Rational> evaluate(std::string_view expression) {
  if (expression.size() > kLongest) return std::nullopt;
  return Evaluation(expression).run();
}

}  // namespace nudge
