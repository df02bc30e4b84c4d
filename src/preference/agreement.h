#pragma once

#include <span>
#include <vector>

namespace nudge {

/// Agreement where raters left gaps and items count several times (resamples). `items` holds one label for
/// each rater, small numbers from 0, or kNoLabel; `weights` says how often each item counts, once where it is
/// empty. Items with fewer than two labels say nothing and are left out. NaN where a statistic is undefined
/// (no item left, or one label throughout).
inline constexpr int kNoLabel = -1;
using Labels = std::vector<std::vector<int>>;  // items x raters

/// Mean over items of the share of agreeing pairs of labels.
double observed_agreement(const Labels& items, std::span<const double> weights = {});

/// Fleiss' kappa and its parts, the number of labels free to differ by item. irrCAC's fleiss.kappa.raw
/// differs: it takes each label's share as the mean of its shares in the items (Gwet 2014). With equal
/// numbers of labels the two are one.
struct Fleiss {
  double kappa = 0;     // (observed - expected) / (1 - expected)
  double observed = 0;  // as observed_agreement: each item counts once
  double expected = 0;  // by chance, from the shares of all labels pooled (Fleiss 1971, eq. 3, with n free),
                        // where an item with more labels has more of a say
};
Fleiss fleiss(const Labels& items, std::span<const double> weights = {});

/// How far apart two different labels are.
enum class Distance {
  nominal,  // different is different
  ordinal   // by how many labels lie between, as Krippendorff counts them
};

/// Krippendorff's alpha, 1 - D_observed / D_expected, from the table of coincidences (Krippendorff 2011,
/// "Computing Krippendorff's Alpha-Reliability", sections C and D).
double krippendorff_alpha(const Labels& items, Distance distance, std::span<const double> weights = {});

/// Cohen's kappa of two raters (columns) over the items that both labelled.
double cohen_kappa(const Labels& items, std::size_t first, std::size_t second,
                   std::span<const double> weights = {});

}  // namespace nudge
