#pragma once

#include "base/names.h"
#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// The losses of methods that have no reference and so compare log-probs. `tpo_l` is TPO's name of simpo;
/// `alphapo` is simpo of AlphaPO's rewards.
enum class UnreferencedLoss { sigmoid, hinge, ipo, simpo, alphapo, tpo_l };
constexpr auto names_table(UnreferencedLoss) {
  using enum UnreferencedLoss;
  return std::to_array<Named<UnreferencedLoss>>({{sigmoid, "sigmoid"},
                                                 {hinge, "hinge"},
                                                 {ipo, "ipo"},
                                                 {simpo, "simpo"},
                                                 {alphapo, "alphapo"},
                                                 {tpo_l, "tpo-l"}});
}

/// What these losses are made with.
struct UnreferencedLossOptions {
  double beta = 0.1;
  double label_smoothing = 0;  // not of hinge and ipo
  double margin = 0.5;         // that simpo, alphapo and tpo_l ask for
};

/// UsageError when a number is out of this loss's range, or changes nothing.
PairLoss unreferenced_loss(UnreferencedLoss loss, const UnreferencedLossOptions& options);

/// Of log-probs averaged over a completion's tokens; the others' are summed.
bool of_averages(UnreferencedLoss loss);

}  // namespace nudge
