#include "preference/agreement.h"

#include <algorithm>
#include <limits>

namespace nudge {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr double kRounding = 1e-12;  // shares are sums of fractions

using Counts = std::vector<double>;

std::size_t label_count(const Labels& items) {
  std::size_t count = 0;
  for (const std::vector<int>& labels : items)
    for (const int label : labels)
      if (label != kNoLabel) count = std::max(count, static_cast<std::size_t>(label) + 1);
  return count;
}

double weight_of(std::span<const double> weights, std::size_t item) {
  return weights.empty() ? 1 : weights[item];
}

/// Calls visit(counts of each label, number of labels, weight) for every item that says something.
template <class Visit>
void for_each_item(const Labels& items, std::span<const double> weights, std::size_t labels, Visit visit) {
  Counts counts(labels);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const double weight = weight_of(weights, i);
    if (weight == 0) continue;
    std::ranges::fill(counts, 0);
    double given = 0;
    for (const int label : items[i]) {
      if (label == kNoLabel) continue;
      ++counts[label];
      ++given;
    }
    if (given >= 2) visit(counts, given, weight);
  }
}

double kappa(double observed, double expected) {
  return expected > 1 - kRounding ? kUndefined : (observed - expected) / (1 - expected);
}

double agreeing_pairs(const Counts& counts, double given) {
  double squares = 0;
  for (const double count : counts) squares += count * count;
  return (squares - given) / (given * (given - 1));
}

/// Half the labels of both kinds and all between them, squared.
double ordinal_distance(const Counts& totals, std::size_t low, std::size_t high) {
  double between = -(totals[low] + totals[high]) / 2;
  for (std::size_t label = low; label <= high; ++label) between += totals[label];
  return between * between;
}

}  // namespace

double observed_agreement(const Labels& items, std::span<const double> weights) {
  double sum = 0, weight_sum = 0;
  for_each_item(items, weights, label_count(items), [&](const Counts& counts, double given, double weight) {
    sum += weight * agreeing_pairs(counts, given);
    weight_sum += weight;
  });
  return weight_sum > 0 ? sum / weight_sum : kUndefined;
}

Fleiss fleiss(const Labels& items, std::span<const double> weights) {
  Counts totals(label_count(items));
  double all = 0;
  for_each_item(items, weights, totals.size(), [&](const Counts& counts, double given, double weight) {
    for (std::size_t label = 0; label < totals.size(); ++label) totals[label] += weight * counts[label];
    all += weight * given;
  });
  if (all == 0) return {kUndefined, kUndefined, kUndefined};
  Fleiss result{.observed = observed_agreement(items, weights)};
  for (const double total : totals) result.expected += (total / all) * (total / all);
  result.kappa = kappa(result.observed, result.expected);
  return result;
}

double krippendorff_alpha(const Labels& items, Distance distance, std::span<const double> weights) {
  const std::size_t labels = label_count(items);
  std::vector<Counts> coincidences(labels, Counts(labels));
  for_each_item(items, weights, labels, [&](const Counts& counts, double given, double weight) {
    for (std::size_t a = 0; a < labels; ++a)
      for (std::size_t b = 0; b < labels; ++b)
        coincidences[a][b] += weight * counts[a] * (counts[b] - (a == b)) / (given - 1);
  });
  Counts totals(labels);
  double all = 0;
  for (std::size_t a = 0; a < labels; ++a)
    for (const double count : coincidences[a]) {
      totals[a] += count;
      all += count;
    }
  double observed = 0, expected = 0;
  for (std::size_t a = 0; a < labels; ++a)
    for (std::size_t b = a + 1; b < labels; ++b) {
      const double apart = distance == Distance::nominal ? 1 : ordinal_distance(totals, a, b);
      observed += coincidences[a][b] * apart;
      expected += totals[a] * totals[b] * apart / (all - 1);
    }
  return expected > kRounding ? 1 - observed / expected : kUndefined;
}

double cohen_kappa(const Labels& items, std::size_t first, std::size_t second,
                   std::span<const double> weights) {
  const std::size_t labels = label_count(items);
  Counts of_first(labels), of_second(labels);
  double same = 0, all = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const int a = items[i][first], b = items[i][second];
    if (a == kNoLabel || b == kNoLabel) continue;
    const double weight = weight_of(weights, i);
    of_first[a] += weight;
    of_second[b] += weight;
    same += a == b ? weight : 0;
    all += weight;
  }
  if (all == 0) return kUndefined;
  double expected = 0;
  for (std::size_t label = 0; label < labels; ++label)
    expected += of_first[label] / all * of_second[label] / all;
  return kappa(same / all, expected);
}

}  // namespace nudge
