#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nudge {

/// A Perl-compatible pattern on UTF-8 text (PCRE2, Unicode classes) that gives up rather than hang: the
/// number of matching steps is limited. Immutable, safe from many threads.
class RegularExpression {
 public:
  struct Options {
    bool ignore_case = false;
    bool multiline = false;            // ^ and $ match at line breaks too
    bool dot_all = false;              // . matches line breaks too
    std::uint32_t steps = 10'000'000;  // of matching before it gives up: a tenth of a second or so
  };
  /// Throws UsageError naming the pattern and what is wrong with it.
  explicit RegularExpression(const std::string& pattern, Options options);
  explicit RegularExpression(const std::string& pattern) : RegularExpression(pattern, Options()) {}
  ~RegularExpression();
  RegularExpression(RegularExpression&&) noexcept;

  /// Visits every match in order, not overlapping. False when it ended early: the limit was reached or the
  /// text is not UTF-8.
  bool each(std::string_view text, const std::function<void(std::string_view match)>& visit) const;
  /// Every match; absent where each() ends early.
  std::optional<std::vector<std::string_view>> all(std::string_view text) const;
  /// Whether the text holds a match; absent as above.
  std::optional<bool> found_in(std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace nudge
