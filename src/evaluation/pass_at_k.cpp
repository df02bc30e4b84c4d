#include "evaluation/pass_at_k.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace nudge {
namespace {

Interval mean_or_nan(const std::vector<double>& values) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  return values.empty() ? Interval{kNan, kNan, kNan} : mean_interval(values);
}

}  // namespace

double pass_at_k(std::int64_t n, std::int64_t right, std::int64_t k) {
  if (n - right < k) return 1;
  double none = 1;  // C(n - right, k) / C(n, k), factor by factor
  for (std::int64_t i = n - right + 1; i <= n; ++i)
    none *= 1 - static_cast<double>(k) / static_cast<double>(i);
  return 1 - none;
}

Solved solved(std::span<const Trajectory> answers, std::int64_t group, std::span<const std::int64_t> k) {
  for (const std::int64_t each : k)
    require(each >= 1 && each <= group, "pass@{} needs at least {} answers to each question; there are {}.",
            each, each, group);
  require(group >= 1 && !answers.empty() && answers.size() % static_cast<std::size_t>(group) == 0,
          "pass@k: {} answers do not make whole groups of {}.", answers.size(), group);
  Solved result;
  struct Question {
    std::int64_t checked = 0, right = 0;
  };
  std::vector<Question> questions;
  std::vector<double> lengths_right, lengths_wrong;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i % static_cast<std::size_t>(group) == 0) questions.emplace_back();
    const bool unknown = std::isnan(answers[i].score), right = answers[i].score >= 0.5;
    result.unscorable += unknown;
    if (unknown) continue;
    ++questions.back().checked;
    questions.back().right += right;
    (right ? lengths_right : lengths_wrong)
        .push_back(static_cast<double>(answers[i].completion_tokens.size()));
  }
  require(result.unscorable < std::ssize(answers),
          "pass@k: 0 of {} answers could be checked; try the reward alone with nudge score.", answers.size());
  for (const std::int64_t each : k) {
    std::vector<double> chances;
    for (const auto& [checked, right] : questions)
      if (checked >= each) chances.push_back(pass_at_k(checked, right, each));
    result.pass.push_back({each, mean_or_nan(chances), std::ssize(questions) - std::ssize(chances)});
  }
  std::erase_if(questions, [](const Question& question) { return question.checked == 0; });
  const auto share = [&](const auto& holds) {
    return wilson_interval(static_cast<double>(std::ranges::count_if(questions, holds)),
                           std::ssize(questions));
  };
  result.never = share([](const Question& question) { return question.right == 0; });
  result.always = share([](const Question& question) { return question.right == question.checked; });
  result.length_right = mean_or_nan(lengths_right);
  result.length_wrong = mean_or_nan(lengths_wrong);
  return result;
}

}  // namespace nudge
