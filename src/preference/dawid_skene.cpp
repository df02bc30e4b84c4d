#include "preference/dawid_skene.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

using Row = std::vector<double>;

void normalise(Row& row) {
  double sum = 0;
  for (const double value : row) sum += value;
  for (double& value : row) value = sum > 0 ? value / sum : 1 / static_cast<double>(row.size());
}

/// M step: tables of counts, each item counted as every label to its probability.
void estimate_raters(std::span<const Labelling> labellings, double pseudo_count, DawidSkene& model) {
  std::ranges::fill(model.shares, pseudo_count);
  for (const Row& item : model.items)
    for (std::size_t label = 0; label < item.size(); ++label) model.shares[label] += item[label];
  normalise(model.shares);
  for (auto& table : model.confusion)
    for (Row& row : table) std::ranges::fill(row, pseudo_count);
  for (const Labelling& each : labellings)
    for (std::size_t truth = 0; truth < model.shares.size(); ++truth)
      model.confusion[each.rater][truth][each.label] += model.items[each.item][truth];
  for (auto& table : model.confusion)
    for (Row& row : table) normalise(row);
}

std::vector<std::vector<Row>> logarithms(std::vector<std::vector<Row>> tables) {
  for (auto& table : tables)
    for (Row& row : table)
      for (double& value : row) value = std::log(value);
  return tables;
}

/// E step: Bayes' rule for each item, in logarithms. `next` is room for the new probabilities. Returns the
/// largest change of one.
double estimate_items(std::span<const Labelling> labellings, DawidSkene& model, std::vector<Row>& next) {
  Row prior = model.shares;
  for (double& share : prior) share = std::log(share);
  std::ranges::fill(next, prior);
  const auto confusion = logarithms(model.confusion);
  for (const Labelling& each : labellings)
    for (std::size_t truth = 0; truth < prior.size(); ++truth)
      next[each.item][truth] += confusion[each.rater][truth][each.label];
  double change = 0;
  for (std::size_t i = 0; i < next.size(); ++i) {
    const double highest = std::ranges::max(next[i]);
    for (double& value : next[i]) value = std::exp(value - highest);
    normalise(next[i]);
    for (std::size_t label = 0; label < prior.size(); ++label)
      change = std::max(change, std::abs(next[i][label] - model.items[i][label]));
  }
  std::swap(model.items, next);
  return change;
}

}  // namespace

DawidSkene dawid_skene(std::span<const Labelling> labellings, std::size_t items, std::size_t raters,
                       std::size_t labels, const DawidSkeneOptions& options) {
  require(!labellings.empty(), "Dawid-Skene: there is no label to learn from.");
  DawidSkene model{.items = std::vector(items, Row(labels)),
                   .shares = Row(labels),
                   .confusion = std::vector(raters, std::vector(labels, Row(labels)))};
  for (const Labelling& each : labellings) model.items[each.item][each.label] += 1;
  for (std::size_t i = 0; i < items; ++i)
    require(std::ranges::any_of(model.items[i], [](double count) { return count > 0; }),
            "Dawid-Skene: item {} has no label; number only those that have.", i);
  for (Row& item : model.items) normalise(item);
  std::vector<Row> next = model.items;
  double change = 1;
  while (model.iterations < options.iterations && change > options.tolerance) {
    estimate_raters(labellings, options.pseudo_count, model);
    change = estimate_items(labellings, model, next);
    ++model.iterations;
  }
  return model;
}

}  // namespace nudge
