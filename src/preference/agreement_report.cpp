#include "preference/agreement_report.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <map>

namespace nudge {
namespace {

/// Some of the items, with the comparison (numbered from 0 without gaps) that each belongs to.
struct Sample {
  Labels labels;
  std::vector<std::size_t> units;
  std::size_t unit_count = 0;

  void add(std::vector<int> item, std::size_t comparison) {
    if (labels.empty() || comparison != last_) ++unit_count;
    last_ = comparison;
    labels.push_back(std::move(item));
    units.push_back(unit_count - 1);
  }

 private:
  std::size_t last_ = 0;
};

using OfItems = std::function<double(const Labels&, std::span<const double>)>;

AgreementEstimate estimate(const Sample& sample, const OfItems& statistic, const BootstrapOptions& options) {
  std::vector<double> weights(sample.labels.size());
  auto of_units = [&](std::span<const double> multiplicities) {
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = multiplicities[sample.units[i]];
    return statistic(sample.labels, weights);
  };
  return {bootstrap_interval(sample.unit_count, of_units, options),
          static_cast<std::int64_t>(sample.labels.size())};
}

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
  AgreementReport report{.raters = static_cast<std::int64_t>(table.raters.size()),
                         .items = static_cast<std::int64_t>(table.items.size())};
  const Sample all = labelled_by_several(table, false), ordered = labelled_by_several(table, true);
  report.several = static_cast<std::int64_t>(all.labels.size());
  auto alpha = [](Distance distance) {
    return [distance](const Labels& items, std::span<const double> weights) {
      return krippendorff_alpha(items, distance, weights);
    };
  };
  auto kappa_of_all = [](const Labels& items, std::span<const double> weights) {
    return fleiss_kappa(items, weights);
  };
  auto kappa_of_two = [](const Labels& items, std::span<const double> weights) {
    return cohen_kappa(items, 0, 1, weights);
  };
  if (!all.labels.empty()) {
    report.raw = estimate(all, observed_agreement, options);
    report.fleiss = estimate(all, kappa_of_all, options);
    report.krippendorff_nominal = estimate(all, alpha(Distance::nominal), options);
  }
  if (!ordered.labels.empty())
    report.krippendorff_ordinal = estimate(ordered, alpha(Distance::ordinal), options);
  for (const auto& [pair, sample] : labelled_by_two(table))
    report.of_two.push_back({table.raters[pair.first], table.raters[pair.second],
                             estimate(sample, observed_agreement, options),
                             estimate(sample, kappa_of_two, options)});
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
