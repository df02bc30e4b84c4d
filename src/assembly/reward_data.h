#pragma once

#include <string>
#include <vector>

#include "algorithms/reward_model.h"
#include "base/options.h"
#include "data/chat_format.h"
#include "data/dataset_options.h"

namespace nudge {

/// Where the margin of a pair comes from.
enum class Margin { none, column, strength };
constexpr auto names_table(Margin) {
  return std::to_array<Named<Margin>>(
      {{Margin::none, "none"}, {Margin::column, "column"}, {Margin::strength, "strength"}});
}

/// What a reward model learns from, and by which likelihood.
struct RewardDataOptions {
  RewardLoss loss_type = RewardLoss::bradley_terry;
  Margin margin = Margin::none;
  std::vector<double> strength_margins = {0, 1.0 / 3, 2.0 / 3, 1};
  std::string step_separator = "\n";
  std::string head_column;
  ComparisonLossOptions likelihood;
  DatasetOptions datasets;
};
void declare(Options& options, RewardDataOptions& data);

/// The records of a dataset as examples, the objective that fits them, and the heads of the model: one for
/// each value of the column that names heads, else `num_heads`.
struct RewardTask {
  RewardModelData data;
  RewardObjective objective;
  std::vector<std::string> heads;
  std::string left_out;  // in words, empty when nothing was
};
/// Throws UsageError for options that do not go together, Error for records of another kind.
RewardTask reward_task(const RewardDataOptions& options, const std::vector<std::string>& files,
                       std::int64_t num_heads, const ChatFormat& format, const RewardModelOptions& config,
                       std::uint64_t seed);

}  // namespace nudge
