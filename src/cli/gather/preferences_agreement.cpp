// nudge preferences agreement: how far raters agree.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "cli/commands.h"
#include "data/dataset.h"
#include "data/dataset_options.h"
#include "preference/aggregation.h"
#include "preference/agreement.h"
#include "preference/agreement_report.h"
#include "preference/comparison_files.h"

namespace nudge {
namespace {

/// Labels as numbers: each different label gets the next one.
class LabelCodes {
 public:
  int code(const Json& label) {
    return codes_.emplace(label.dump(), static_cast<int>(codes_.size())).first->second;
  }
  std::size_t size() const { return codes_.size(); }

 private:
  std::map<std::string, int> codes_;
};

bool is_label(const Json& value) {
  return value.is_string() || value.is_number_integer() || value.is_boolean();
}

/// Items labelled by every rater, raters in the order of `columns`; `incomplete` counts the others.
Labels labelled_items(const Dataset& dataset, const std::vector<std::string>& columns, LabelCodes& codes,
                      std::int64_t& incomplete) {
  Labels items;
  dataset.each([&](const Json& record) {
    std::vector<int> labels;
    for (const std::string& column : columns)
      if (record.contains(column) && is_label(record.at(column)))
        labels.push_back(codes.code(record.at(column)));
    if (labels.size() == columns.size())
      items.push_back(std::move(labels));
    else
      ++incomplete;
  });
  return items;
}

Labels of_two(const Labels& items, std::size_t first, std::size_t second) {
  Labels two;
  for (const std::vector<int>& item : items) two.push_back({item[first], item[second]});
  return two;
}

/// Of records that are no preferences: labels of any kind, one column a rater.
void report_columns(const std::string& dataset, const std::vector<std::string>& columns) {
  LabelCodes codes;
  std::int64_t incomplete = 0;
  const Dataset records = Dataset::read(dataset);
  settle(records, "preferences agreement");
  const Labels items = labelled_items(records, columns, codes, incomplete);
  require(!items.empty(),
          "{}: no record has a label (a text, a whole number or a boolean) in each of the columns {}.",
          dataset, fmt::join(columns, ", "));
  fmt::print("{} items labelled by {} raters with {} different labels", items.size(), columns.size(),
             codes.size());
  if (incomplete > 0) fmt::print("; {} items without a label from each are left out", incomplete);
  fmt::print("\n");
  for (std::size_t i = 0; i < columns.size(); ++i)
    for (std::size_t j = i + 1; j < columns.size(); ++j) {
      const Labels two = of_two(items, i, j);
      fmt::print("  {} and {}: agreement {:.4f}, Cohen's kappa {:.4f}\n", columns[i], columns[j],
                 observed_agreement(two), cohen_kappa(two, 0, 1));
    }
  const Fleiss all = fleiss(items);
  fmt::print("  all: agreement {:.4f}, by chance {:.4f}, Fleiss' kappa {:.4f}\n", all.observed, all.expected,
             all.kappa);
}

void report_votes(const std::string& dataset, const BootstrapOptions& bootstrap, const std::string& output) {
  const Imported imported = read_comparisons(dataset);
  const AgreementReport report =
      agreement_report(label_table(imported.comparisons, imported.votes), bootstrap);
  Json json = to_json(report);
  fmt::print("{}", to_text(report));
  if (report.several == 0) {
    fmt::print("  no two raters judged the same: there is no agreement to measure\n");
  } else {
    json["reliability"] = Json::array();
    for (const auto& [rater, accuracy, labels] : rater_reliability(imported.comparisons, imported.votes)) {
      fmt::print("  {} gives the consensus of all with probability {:.3f} ({} labels)\n", rater, accuracy,
                 labels);
      json["reliability"].push_back({{"rater", rater}, {"value", accuracy}, {"count", labels}});
    }
  }
  if (!output.empty()) write_file(output, to_pretty(json));
}

}  // namespace

int run_preferences_agreement(std::span<const std::string> arguments) {
  std::string dataset, output;
  std::vector<std::string> columns;
  BootstrapOptions bootstrap;
  Options options("preferences agreement",
                  "Measures how far raters agree: raw, Cohen's and Fleiss' kappa, Krippendorff's alpha.");
  options
      .require("dataset", dataset,
               "Comparisons and votes, in any form that `preferences import` reads; or any records, with "
               "--raters.")
      .shown_as("FILE");
  options
      .add("raters", columns,
           "Instead of votes: the columns that hold the labels of each rater, two or more.")
      .shown_as("COLUMN");
  options.add("output", output, "JSON file for all the numbers (of votes); empty: none.").shown_as("FILE");
  options
      .add("resamples", bootstrap.resamples, "Bootstrap resamples of the comparisons behind each interval.")
      .within(at_least(1));
  options.add("seed", bootstrap.seed, "Seed of the resamples.");
  options.start_with({}, "nudge preferences agreement --dataset answers.store");
  if (!options.parse(arguments)) return 0;
  if (columns.size() == 1)
    throw UsageError(
        "nudge preferences agreement: name two or more columns, for example --raters annotator1 annotator2.");

  if (columns.empty())
    report_votes(dataset, bootstrap, output);
  else
    report_columns(dataset, columns);
  return 0;
}

}  // namespace nudge
