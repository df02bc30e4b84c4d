#pragma once

#include <span>
#include <vector>

namespace nudge {

/// Share of items on which two raters give the same label. Throws Error without items, or for lists of
/// unequal length (as all below do).
double raw_agreement(std::span<const int> first, std::span<const int> second);

/// Cohen's kappa of two raters: (p_o - p_e) / (1 - p_e), where p_e is the agreement of their label shares by
/// chance. NaN when both give one and the same label throughout.
double cohen_kappa(std::span<const int> first, std::span<const int> second);

/// Fleiss' kappa and its parts: items x raters labels, the same number of raters (two or more) for each item.
struct Fleiss {
  double kappa = 0;     // NaN when only one label occurs
  double observed = 0;  // mean share of agreeing pairs of raters
  double expected = 0;  // by chance, from the shares of the labels
};
Fleiss fleiss(const std::vector<std::vector<int>>& items);
double fleiss_kappa(const std::vector<std::vector<int>>& items);

}  // namespace nudge
