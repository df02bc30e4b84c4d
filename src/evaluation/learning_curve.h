#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/json.h"
#include "data/reward_split.h"
#include "model/decoder.h"

namespace nudge {

/// Trains a fresh reward model on these examples, `share` of all.
using FitRewardModel =
    std::function<std::unique_ptr<Decoder>(double share, const std::vector<RewardExample>& examples)>;

/// What more data brings: fresh models on growing shares of the training prompts, each share holding the
/// smaller ones, judged on the same held-out prompts; the finished model, whose evaluation is given, is the
/// last point. [{share, prompts, comparisons, accuracy, log_loss_after_temperature, correlation}], where
/// known.
Json learning_curve(const RewardModelData& data, std::span<const double> shares, const FitRewardModel& fit,
                    const Json& finished, std::int64_t micro_batch_tokens, std::uint64_t seed);

}  // namespace nudge
