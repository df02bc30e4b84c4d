#pragma once

#include <gmpxx.h>

#include <optional>
#include <string>
#include <string_view>

#include "records/records.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// An exact fraction: 0.1 + 0.2 is 0.3.
using Rational = mpq_class;

/// A number as written in English prose or LaTeX: sign, currency before it, thousands separators, decimals,
/// powers (3 \times 10^5), a fraction (3/4, 1 1/2, \frac{3}{4}, ½), a percent sign. Units behind it do not
/// matter.
struct Number {
  Rational value;        // 50 for "50%"
  bool percent = false;  // written as a share
};

/// Equal within `tolerance` (absolute). A share written with a percent sign equals the same number without
/// one and its hundredth: 50% is 50 and 0.5.
bool same(const Number& a, const Number& b, double tolerance = 0);

/// Unsigned digits at `at` ("1,234.5e3"); moves `at` behind them. Absent when none stand there, or thousands
/// of them do.
std::optional<Rational> scan_digits(std::string_view text, std::size_t& at);

/// The answer of a text: behind the last `marker` the number that the line is, or its first; without the
/// marker the number that the last \boxed{} holds; without that the last of the text. Absent where what
/// stands there is no number but has one in it (number_phrase.h), and where the box is open: a completion was
/// cut. With `strict` the marker must be there.
std::optional<Number> number_answer(std::string_view text, const std::string& marker, bool strict = false);

/// The number of a reference: behind the marker or in the box, so that GSM8K's solutions serve as they are;
/// else the whole text is one ("72", "x = 72", "72 clips"), or it is none.
std::optional<Number> reference_number(std::string_view text, const std::string& marker);

/// 1 when the number that the completion answers is a reference's, else 0: a completion that answers no
/// number is wrong. NaN when no reference is a number, which `objection` says beforehand of a record that has
/// one.
struct NumberMatch {
  std::string column = "answer";
  std::string marker = "####";
  double tolerance = 0;
  bool strict = false;
  double operator()(const Trajectory& trajectory) const;
  std::string objection(const Prompt& prompt) const;
};
void declare(SpecReader& spec, NumberMatch& match);

}  // namespace nudge
