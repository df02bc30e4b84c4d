#pragma once

#include <memory>

#include "rewards/reward.h"

namespace nudge {

/// The gold judge of the embedded world as a reward named "gold": for measuring, and for training only where
/// the point is to show what a perfect reward would do. Scoring throws Error for prompts of another origin.
std::unique_ptr<Reward> gold_reward();

}  // namespace nudge
