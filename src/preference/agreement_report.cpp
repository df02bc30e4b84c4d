#include "preference/agreement_report.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <map>

namespace nudge {
namespace {

using OfItems = std::function<double(const Labels&, std::span<const double>)>;

/// Some of the items, by the comparison that each belongs to. Comparisons with the same labels are one kind:
/// a few raters can say only so many different things, and a statistic needs only how often each was said.
class Sample {
 public:
  /// Items of one comparison come one behind the other.
  void add(std::vector<int> item, std::size_t comparison) {
    if (comparisons_.empty() || comparison != comparisons_.back()) {
      comparisons_.push_back(comparison);
      units_.emplace_back();
    }
    units_.back().push_back(std::move(item));
    ++items_;
  }

  bool empty() const { return items_ == 0; }
  std::int64_t items() const { return items_; }

  AgreementEstimate estimate(const OfItems& statistic, const BootstrapOptions& options) const {
    std::map<Labels, std::size_t> kinds;
    std::vector<std::size_t> kind_of_unit, kind_of_item;
    Labels items;  // of one comparison of each kind
    for (const Labels& unit : units_) {
      const auto [kind, is_new] = kinds.emplace(unit, kinds.size());
      kind_of_unit.push_back(kind->second);
      if (!is_new) continue;
      items.insert(items.end(), unit.begin(), unit.end());
      kind_of_item.resize(items.size(), kind->second);
    }
    auto of_units = [&](std::span<const double> multiplicities) {
      std::vector<double> of_kind(kinds.size()), weights;
      for (std::size_t i = 0; i < kind_of_unit.size(); ++i) of_kind[kind_of_unit[i]] += multiplicities[i];
      for (const std::size_t kind : kind_of_item) weights.push_back(of_kind[kind]);
      return statistic(items, weights);
    };
    return {bootstrap_interval(units_.size(), of_units, options), items_};
  }

 private:
  std::vector<std::size_t> comparisons_;
  std::vector<Labels> units_;  // the items of each comparison
  std::int64_t items_ = 0;
};

bool several_labels(const std::vector<int>& labels) {
  int given = 0;
  for (const int label : labels) given += label != kNoLabel;
  return given >= 2;
}

Sample labelled_by_several(const LabelTable& table, bool ordered_only) {
  Sample sample;
  for (std::size_t i = 0; i < table.items.size(); ++i) {
    std::vector<int> labels = table.labels[i];
    if (ordered_only) std::ranges::replace(labels, kBothBad, kNoLabel);
    if (several_labels(labels)) sample.add(std::move(labels), table.items[i].comparison);
  }
  return sample;
}

std::map<std::pair<std::size_t, std::size_t>, Sample> labelled_by_two(const LabelTable& table) {
  std::map<std::pair<std::size_t, std::size_t>, Sample> samples;
  for (std::size_t i = 0; i < table.items.size(); ++i) {
    const std::vector<int>& labels = table.labels[i];
    for (std::size_t a = 0; a < labels.size(); ++a)
      for (std::size_t b = a + 1; labels[a] != kNoLabel && b < labels.size(); ++b)
        if (labels[b] != kNoLabel) samples[{a, b}].add({labels[a], labels[b]}, table.items[i].comparison);
  }
  return samples;
}

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json optional_json(const std::optional<AgreementEstimate>& estimate) {
  return estimate ? to_json(*estimate) : Json(nullptr);
}

std::string in_words(const AgreementEstimate& estimate) {
  const auto& [value, low, high] = estimate.interval;
  if (std::isnan(value)) return "undefined (one label throughout)";
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", value, low, high);
}

}  // namespace

AgreementReport agreement_report(const LabelTable& table, const BootstrapOptions& options) {
  AgreementReport report{.raters = std::ssize(table.raters), .items = std::ssize(table.items)};
  const Sample all = labelled_by_several(table, false), ordered = labelled_by_several(table, true);
  report.several = all.items();
  auto alpha = [](Distance distance) {
    return [distance](const Labels& items, std::span<const double> weights) {
      return krippendorff_alpha(items, distance, weights);
    };
  };
  auto kappa_of_all = [](const Labels& items, std::span<const double> weights) {
    return fleiss(items, weights).kappa;
  };
  auto kappa_of_two = [](const Labels& items, std::span<const double> weights) {
    return cohen_kappa(items, 0, 1, weights);
  };
  if (!all.empty()) {
    report.raw = all.estimate(observed_agreement, options);
    report.fleiss = all.estimate(kappa_of_all, options);
    report.krippendorff_nominal = all.estimate(alpha(Distance::nominal), options);
  }
  if (!ordered.empty()) report.krippendorff_ordinal = ordered.estimate(alpha(Distance::ordinal), options);
  for (const auto& [pair, sample] : labelled_by_two(table))
    report.of_two.push_back({table.raters[pair.first], table.raters[pair.second],
                             sample.estimate(observed_agreement, options),
                             sample.estimate(kappa_of_two, options)});
  return report;
}

Json to_json(const AgreementEstimate& estimate) {
  return {{"value", number(estimate.interval.value)},
          {"low", number(estimate.interval.low)},
          {"high", number(estimate.interval.high)},
          {"count", estimate.items}};
}

Json to_json(const AgreementReport& report) {
  Json value = {{"raters", report.raters},
                {"items", report.items},
                {"items_of_several_raters", report.several},
                {"raw", optional_json(report.raw)},
                {"fleiss", optional_json(report.fleiss)},
                {"krippendorff", optional_json(report.krippendorff_nominal)},
                {"krippendorff_ordinal", optional_json(report.krippendorff_ordinal)},
                {"cohen", Json::array()}};
  for (const AgreementReport::OfTwo& two : report.of_two)
    value["cohen"].push_back({{"first", two.first},
                              {"second", two.second},
                              {"raw", to_json(two.raw)},
                              {"kappa", to_json(two.kappa)},
                              {"items", two.kappa.items}});
  return value;
}

std::string to_text(const AgreementReport& report) {
  std::string lines = fmt::format("{} pairs of answers labelled by {} raters, {} of them by two or more\n",
                                  report.items, report.raters, report.several);
  for (const AgreementReport::OfTwo& two : report.of_two)
    lines += fmt::format("  {} and {} ({} pairs): agreement {}, Cohen's kappa {}\n", two.first, two.second,
                         two.kappa.items, in_words(two.raw), in_words(two.kappa));
  const std::pair<const char*, const std::optional<AgreementEstimate>*> of_all[] = {
      {"agreement of two", &report.raw},
      {"Fleiss' kappa", &report.fleiss},
      {"Krippendorff's alpha, nominal", &report.krippendorff_nominal},
      {"Krippendorff's alpha, ordinal", &report.krippendorff_ordinal}};
  for (const auto& [name, estimate] : of_all)
    if (*estimate) lines += fmt::format("  all: {} {}\n", name, in_words(**estimate));
  return lines;
}

}  // namespace nudge
