#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace nudge {

/// Share of items on which two raters give the same label.
double raw_agreement(std::span<const int> first, std::span<const int> second);
/// Cohen's kappa of two raters.
double cohen_kappa(std::span<const int> first, std::span<const int> second);
/// Fleiss' kappa: items x raters labels, the same number of raters for each item.
double fleiss_kappa(const std::vector<std::vector<int>>& items);

}  // namespace nudge
