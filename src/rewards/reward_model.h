#pragma once

#include <filesystem>
#include <memory>

#include "model/decoder.h"
#include "rewards/reward.h"
#include "text/tokenizer.h"

namespace nudge {

/// A learned reward model (`*ForSequenceClassification`, one label): the score at the last token of prompt
/// and completion, minus the stored mean, over the stored standard deviation. Token ids are used as
/// they were sampled: `load` refuses a model whose tokenizer has another fingerprint than the policy's. A NaN
/// of the model passes through as NaN.
class RewardModel : public Reward {
 public:
  RewardModel(std::shared_ptr<const Decoder> model, std::string name, std::int64_t token_budget = 4096);
  static std::unique_ptr<RewardModel> load(const std::filesystem::path& folder,
                                           const Tokenizer& policy_tokenizer);

  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override;

  const Decoder& model() const { return *model_; }

 private:
  std::shared_ptr<const Decoder> model_;
  std::string name_;
  std::int64_t token_budget_;
};

/// Normalised scores of token sequences under a scalar model, in order.
std::vector<double> sequence_scores(const Decoder& model, std::span<const std::vector<TokenId>> sequences,
                                    std::int64_t token_budget = 4096);

}  // namespace nudge
