#pragma once

#include "base/names.h"
#include "objectives/pairs/conventions.h"
#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// The losses of DPO's family, each a header of this folder; `sft` is the likelihood of the chosen completion
/// and no function of pairs.
enum class DpoLoss {
  sft,
  aot,
  aot_unpaired,
  apo_down,
  apo_zero,
  bco_pair,
  discopop,
  exo_pair,
  hinge,
  ipo,
  nca_pair,
  robust,
  sigmoid,
  sigmoid_norm,
  sppo_hard
};
constexpr auto names_table(DpoLoss) {
  using enum DpoLoss;
  return std::to_array<Named<DpoLoss>>({{sft, "sft"},
                                        {aot, "aot"},
                                        {aot_unpaired, "aot_unpaired"},
                                        {apo_down, "apo_down"},
                                        {apo_zero, "apo_zero"},
                                        {bco_pair, "bco_pair"},
                                        {discopop, "discopop"},
                                        {exo_pair, "exo_pair"},
                                        {hinge, "hinge"},
                                        {ipo, "ipo"},
                                        {nca_pair, "nca_pair"},
                                        {robust, "robust"},
                                        {sigmoid, "sigmoid"},
                                        {sigmoid_norm, "sigmoid_norm"},
                                        {sppo_hard, "sppo_hard"}});
}

/// What these losses are made with. Names as in TRL's DPOConfig.
struct PairLossOptions {
  double beta = 0.1;
  double label_smoothing = 0;
  double discopop_tau = 0.05;
  PairConventions conventions;
};

/// A loss of pairs, and what must be known of it to use it.
struct KnownPairLoss {
  PairLoss loss;
  bool of_divergence =
      false;               // a function of f'(pi / pi_ref), which another divergence than reverse KL changes
  bool smoothed = false;   // label_smoothing changes it
  bool over_step = false;  // compares pairs with one another
};
/// UsageError when a number is out of this loss's range; Error for sft.
KnownPairLoss pair_loss(DpoLoss loss, const PairLossOptions& options);

}  // namespace nudge
