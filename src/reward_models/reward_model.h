#pragma once

#include <filesystem>
#include <memory>

#include "data/chat_format.h"
#include "model/decoder.h"
#include "model/reading.h"
#include "rewards/combination.h"
#include "rewards/reward.h"
#include "tensor/packed_batch.h"

namespace nudge {

/// A learned reward model (`*ForSequenceClassification`): the score of an answer, minus the stored mean, over
/// the stored standard deviation, read where data/answer_to_score.h says. The scores of several heads (an
/// ensemble, or attributes) become one by a Combination; each is then a component "NAME/HEAD" too. It reads
/// text, in its own template and by its own tokenizer, whoever wrote it; what then exceeds its context cannot
/// be scored and gets NaN. A NaN of the model passes through as NaN.
class RewardModel : public Reward {
 public:
  /// Throws Error when several heads have no combination.
  RewardModel(std::shared_ptr<const Decoder> model, ChatFormat format, std::string name,
              Combination combination = {});
  /// A model directory; `name` empty: that of the folder; `prerendered`: texts hold the tokens of a chat
  /// template by name; `reading` as load_model's. Throws Error.
  static std::unique_ptr<RewardModel> load(const std::filesystem::path& folder, const std::string& name = "",
                                           Combination combination = {}, bool prerendered = false,
                                           const Reading& reading = {});

  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override;

  const Decoder& model() const { return *model_; }

 private:
  std::shared_ptr<const Decoder> model_;
  ChatFormat format_;
  std::string name_;
  Combination combination_;
};

/// Normalised scores of answers (their prompts and texts are read) under every head of a scalar model, in
/// order [B][heads]; NaN where the model cannot read one, because it exceeds its context.
std::vector<std::vector<double>> answer_scores(const Decoder& model, const ChatFormat& format,
                                               std::span<const Trajectory> answers,
                                               std::int64_t token_budget = 4096);

/// Normalised scores of token sequences at their last tokens, likewise.
std::vector<std::vector<double>> head_scores(const Decoder& model,
                                             std::span<const PromptedSequence> sequences,
                                             std::int64_t token_budget = 4096);
std::vector<std::vector<double>> head_scores(const Decoder& model,
                                             std::span<const std::vector<TokenId>> sequences,
                                             std::int64_t token_budget = 4096);
/// Normalised scores under a model with one head [B].
std::vector<double> sequence_scores(const Decoder& model, std::span<const std::vector<TokenId>> sequences,
                                    std::int64_t token_budget = 4096);

}  // namespace nudge
