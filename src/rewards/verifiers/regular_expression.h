#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/records.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// A Perl-compatible pattern on UTF-8 text (PCRE2, Unicode classes) that gives up rather than hang: the
/// number of matching steps is limited. Immutable, safe from many threads.
class RegularExpression {
 public:
  struct Options {
    bool ignore_case = false;
    bool multiline = false;  // ^ and $ match at line breaks too
    bool dot_all = false;    // . matches line breaks too
  };
  /// Throws UsageError naming the pattern and what is wrong with it.
  explicit RegularExpression(const std::string& pattern, Options options);
  explicit RegularExpression(const std::string& pattern) : RegularExpression(pattern, Options()) {}
  ~RegularExpression();
  RegularExpression(RegularExpression&&) noexcept;

  /// Every match in order, not overlapping; absent when the limit was reached or the text is not UTF-8.
  std::optional<std::vector<std::string_view>> all(std::string_view text) const;
  /// Whether the text holds a match; absent as above.
  std::optional<bool> found_in(std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

/// 1 when the completion holds a match of the pattern (`full`: is one from end to end), else 0; NaN when
/// matching took too many steps.
class RegexMatch {
 public:
  RegexMatch(const std::string& pattern, bool full, RegularExpression::Options options);
  double operator()(const Trajectory& trajectory) const;

 private:
  std::shared_ptr<const RegularExpression> expression_;
};

}  // namespace nudge
