#include "preference/agreement.h"

#include <limits>
#include <map>

#include "base/error.h"

namespace nudge {
namespace {

void check(std::span<const int> first, std::span<const int> second) {
  require(
      first.size() == second.size() && !first.empty(),
      "agreement: two raters must have labelled the same items, at least one, and they labelled {} and {}.",
      first.size(), second.size());
}

std::map<int, double> shares(std::span<const int> labels) {
  std::map<int, double> result;
  for (const int label : labels) result[label] += 1.0 / static_cast<double>(labels.size());
  return result;
}

double kappa(double observed, double expected) {
  constexpr double kRounding = 1e-12;  // shares are sums of fractions
  return expected > 1 - kRounding ? std::numeric_limits<double>::quiet_NaN()
                                  : (observed - expected) / (1 - expected);
}

}  // namespace

double raw_agreement(std::span<const int> first, std::span<const int> second) {
  check(first, second);
  double same = 0;
  for (std::size_t i = 0; i < first.size(); ++i) same += first[i] == second[i];
  return same / static_cast<double>(first.size());
}

double cohen_kappa(std::span<const int> first, std::span<const int> second) {
  check(first, second);
  std::map<int, double> of_second = shares(second);
  double expected = 0;
  for (const auto& [label, share] : shares(first)) expected += share * of_second[label];
  return kappa(raw_agreement(first, second), expected);
}

Fleiss fleiss(const std::vector<std::vector<int>>& items) {
  require(!items.empty() && items.front().size() >= 2,
          "agreement: Fleiss' kappa needs at least one item labelled by at least two raters.");
  const auto raters = static_cast<double>(items.front().size());
  const auto count = static_cast<double>(items.size());
  Fleiss result;
  std::map<int, double> label_shares;
  for (const std::vector<int>& labels : items) {
    require(labels.size() == items.front().size(),
            "agreement: every item must have the same number of labels; one has {} and the first has {}.",
            labels.size(), items.front().size());
    std::map<int, double> votes;
    for (const int label : labels) votes[label] += 1;
    double squares = 0;
    for (const auto& [label, n] : votes) {
      squares += n * n;
      label_shares[label] += n / (count * raters);
    }
    result.observed += (squares - raters) / (raters * (raters - 1)) / count;
  }
  for (const auto& [label, share] : label_shares) result.expected += share * share;
  result.kappa = kappa(result.observed, result.expected);
  return result;
}

double fleiss_kappa(const std::vector<std::vector<int>>& items) {
  return fleiss(items).kappa;
}

}  // namespace nudge
