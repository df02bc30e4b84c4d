// nudge preferences stats and nudge preferences agreement: what is in files that people or programs labelled.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/preference_summary.h"
#include "data/records_file.h"
#include "preference/agreement.h"

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
std::vector<std::vector<int>> labelled_items(const std::vector<Json>& records,
                                             const std::vector<std::string>& columns, LabelCodes& codes,
                                             std::int64_t& incomplete) {
  std::vector<std::vector<int>> items;
  for (const Json& record : records) {
    std::vector<int> labels;
    for (const std::string& column : columns)
      if (record.contains(column) && is_label(record.at(column)))
        labels.push_back(codes.code(record.at(column)));
    if (labels.size() == columns.size())
      items.push_back(std::move(labels));
    else
      ++incomplete;
  }
  return items;
}

std::vector<int> labels_of(const std::vector<std::vector<int>>& items, std::size_t rater) {
  std::vector<int> labels;
  for (const std::vector<int>& item : items) labels.push_back(item[rater]);
  return labels;
}

}  // namespace

int run_preferences_stats(std::span<const std::string> arguments) {
  std::string dataset;
  Options options("preferences stats",
                  "Counts preferences: pairs, prompts, ties, and which side and length won.");
  options.require("dataset", dataset, "Preference pairs in any form that `nudge reward` reads.");
  if (!options.parse(arguments)) return 0;

  const PairsRead read = preference_pairs(read_records(dataset), dataset);
  PreferenceSummary summary;
  for (const PreferencePair& pair : read.pairs) summary.count(pair);
  fmt::print("{}", summary.text());
  for (const auto& [reason, count] : read.dropped) fmt::print("  left out: {} ({})\n", count, reason);
  return 0;
}

int run_preferences_agreement(std::span<const std::string> arguments) {
  std::string dataset;
  std::vector<std::string> columns;
  Options options(
      "preferences agreement",
      "Measures how far raters agree: raw agreement and Cohen's kappa of every two, Fleiss' kappa of all.");
  options.require("dataset", dataset, "Records with one column of labels for each rater.");
  options.add("raters", columns, "The columns that hold the raters' labels, two or more.");
  if (!options.parse(arguments)) return 0;
  if (columns.size() < 2)
    throw UsageError(
        "nudge preferences agreement: name two or more columns, for example --raters annotator1 annotator2.");

  LabelCodes codes;
  std::int64_t incomplete = 0;
  const auto items = labelled_items(read_records(dataset), columns, codes, incomplete);
  require(!items.empty(),
          "{}: no record has a label (a text, a whole number or a boolean) in each of the columns {}.",
          dataset, fmt::join(columns, ", "));
  fmt::print("{} items labelled by {} raters with {} different labels", items.size(), columns.size(),
             codes.size());
  if (incomplete > 0) fmt::print("; {} items without a label from each are left out", incomplete);
  fmt::print("\n");
  for (std::size_t i = 0; i < columns.size(); ++i)
    for (std::size_t j = i + 1; j < columns.size(); ++j) {
      const std::vector<int> first = labels_of(items, i), second = labels_of(items, j);
      fmt::print("  {} and {}: agreement {:.4f}, Cohen's kappa {:.4f}\n", columns[i], columns[j],
                 raw_agreement(first, second), cohen_kappa(first, second));
    }
  const Fleiss all = fleiss(items);
  fmt::print("  all: agreement {:.4f}, by chance {:.4f}, Fleiss' kappa {:.4f}\n", all.observed, all.expected,
             all.kappa);
  return 0;
}

}  // namespace nudge
