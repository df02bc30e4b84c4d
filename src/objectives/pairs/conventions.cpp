#include "objectives/pairs/conventions.h"

#include "base/error.h"

namespace nudge {

PairConventions conventions_of(Program program) {
  if (program == Program::verl) throw UsageError("verl has no losses on pairs.");
  if (program == Program::openrlhf)
    return {.ipo_of_averages = false, .smoothed_sigmoid = true, .nll_per_token = false};
  return {};
}

std::vector<std::string> described(const PairConventions& conventions) {
  return {conventions.ipo_of_averages ? "ipo: log-ratios averaged over the tokens of a completion"
                                      : "ipo: log-ratios summed over the tokens of a completion",
          conventions.smoothed_sigmoid ? "sigmoid: label_smoothing makes it conservative DPO"
                                       : "sigmoid: label_smoothing does not touch it",
          conventions.nll_per_token ? "sft: mean over all tokens of the step's chosen completions"
                                    : "sft: mean over completions of the mean over their tokens"};
}

}  // namespace nudge
