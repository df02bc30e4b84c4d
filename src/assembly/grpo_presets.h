#pragma once

#include "algorithms/grpo_options.h"
#include "base/names.h"
#include "base/options.h"

namespace nudge {

/// The methods that train_grpo covers, each a few choices of its options (docs/grpo.md shows them side by
/// side).
enum class GrpoMethod {
  leashed,  // what `nudge grpo` does when no preset is asked for: GRPO with the leash in the reward of each
            // token, firm enough to do no harm where a learned reward is wrong, and without the deviation of
            // a small group
  grpo,
  dr_grpo,
  dapo,
  bnpo,
  gspo,
  cispo,
  sapo,
  dppo,
  rloo,
  reinforce_plus_plus,
  reinforce_plus_plus_baseline,
  remax,
};
constexpr auto names_table(GrpoMethod) {
  using enum GrpoMethod;
  return std::to_array<Named<GrpoMethod>>({{leashed, "leashed"},
                                           {grpo, "grpo"},
                                           {dr_grpo, "dr_grpo"},
                                           {dapo, "dapo"},
                                           {bnpo, "bnpo"},
                                           {gspo, "gspo"},
                                           {cispo, "cispo"},
                                           {sapo, "sapo"},
                                           {dppo, "dppo"},
                                           {rloo, "rloo"},
                                           {reinforce_plus_plus, "reinforce++"},
                                           {reinforce_plus_plus_baseline, "reinforce++-baseline"},
                                           {remax, "remax"}});
}

Preset<GrpoOptions> grpo_preset(GrpoMethod method);

}  // namespace nudge
