#pragma once

#include <string>

#include "records/records.h"
#include "rewards/reward_spec.h"

namespace nudge {

enum class Following {
  all,  // 1 when every instruction is followed
  mean  // the share of them
};
constexpr auto names_table(Following) {
  return std::to_array<Named<Following>>({{Following::all, "all"}, {Following::mean, "mean"}});
}

/// IFEval (arXiv 2311.07911): whether the completion follows the instructions that its record lists in the
/// columns `instruction_id_list` and `kwargs`. NaN without those columns; throws Error when they hold an
/// unknown instruction or wrong kwargs, which `objection` says beforehand.
struct InstructionFollowing {
  bool loose = false;  // also try without the first line, the last line, and all asterisks
  Following score = Following::all;
  double operator()(const Trajectory& trajectory) const;
  std::string objection(const Prompt& prompt) const;
};
void declare(SpecReader& spec, InstructionFollowing& following);

}  // namespace nudge
