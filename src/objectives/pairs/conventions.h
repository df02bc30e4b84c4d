#pragma once

#include <string>
#include <vector>

#include "objectives/program.h"

namespace nudge {

/// Where TRL and OpenRLHF call different arithmetic by one name. The defaults are TRL's.
struct PairConventions {
  bool ipo_of_averages = true;  // log-ratios per token; OpenRLHF: summed over the completion
  bool smoothed_sigmoid =
      false;                  // label_smoothing acts on the loss sigmoid, as in conservative DPO (OpenRLHF)
  bool nll_per_token = true;  // mean over the tokens of the step; OpenRLHF: mean of the completions' means
};
PairConventions conventions_of(Program program);  // UsageError for verl, which has no such methods

/// One line a convention, for people.
std::vector<std::string> described(const PairConventions& conventions);

}  // namespace nudge
