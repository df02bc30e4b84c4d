#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "preference/bootstrap.h"
#include "preference/label_table.h"

namespace nudge {

/// A statistic of agreement, with the items (pairs of answers) that it rests on.
struct AgreementEstimate {
  Interval interval;  // NaN where undefined: one label throughout
  std::int64_t items = 0;
};

/// How far raters agree: every statistic with a bootstrap interval over comparisons (the pairs of one ranking
/// stay together). "Both bad" is a label of its own, except for the ordinal alpha, which leaves it out.
struct AgreementReport {
  struct OfTwo {
    std::string first, second;
    AgreementEstimate raw, kappa;  // Cohen's, over what both labelled
  };
  std::int64_t raters = 0, items = 0, several = 0;  // `several`: items that two or more raters labelled
  // Absent where no item has two labels.
  std::optional<AgreementEstimate> raw, fleiss, krippendorff_nominal, krippendorff_ordinal;
  std::vector<OfTwo> of_two;  // every two raters who share an item
};
AgreementReport agreement_report(const LabelTable& table, const BootstrapOptions& options);

/// {"raters", "items", "raw": {"value", "low", "high", "count"} or null, "fleiss", "krippendorff",
/// "krippendorff_ordinal", "cohen": [{"first", "second", "raw", "kappa", "items"}]}. Undefined numbers are
/// null.
Json to_json(const AgreementReport& report);
Json to_json(const AgreementEstimate& estimate);

/// The report as lines for a terminal.
std::string to_text(const AgreementReport& report);

}  // namespace nudge
