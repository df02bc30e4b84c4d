#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>

#include "model/decoder.h"
#include "records/records.h"

namespace nudge {

/// The promise on which clipped objectives rest: before the first update, rollout and learner give each
/// sampled token the same log-probability, so the ratio of new to old is 1. Where it is not, everything that
/// follows would be wrong, so these refuse to go on.
struct RatioCheck {
  std::string algorithm;  // named in the error
  double temperature = 1;
  double tolerance = 1e-4;
};

/// `asked` of a policy in fp32; 0 of one in bf16, whose engine computes the bits of its training forward.
double first_ratio_tolerance(const Decoder& policy, double asked);

/// At the start of a run: every token of the rollout, in one pass of its own.
void check_first_ratio(const Decoder& policy, std::span<const Trajectory> trajectories,
                       std::int64_t token_budget, const RatioCheck& check);

/// In the first optimizer step of each rollout, at no cost: log-probs of the learner and the rollout's [N].
/// The root mean square must keep the tolerance: stale weights or another temperature move every token, while
/// the rounding of single precision grows at single tokens as a policy gets sharp. Returns the largest
/// deviation from 1.
double check_first_ratio(const at::Tensor& now_N, const at::Tensor& old_N, const RatioCheck& check);

}  // namespace nudge
