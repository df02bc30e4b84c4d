#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "data/chat_format.h"
#include "model/decoder.h"
#include "rewards/combination.h"
#include "rewards/reward.h"
#include "tensor/packed_batch.h"

namespace nudge {

/// A learned reward model (`*ForSequenceClassification`): the score at the last token of prompt and
/// completion, minus the stored mean, over the stored standard deviation. The scores of several heads (an
/// ensemble, or attributes) become one by a Combination; each is then a component "NAME/HEAD" too. A model
/// that shares the policy's tokenizer and chat template reads the token ids as they were sampled. Any other
/// gets `own_format`: the completion's text is put into the model's own template and encoded by its own
/// tokenizer (with its end token when the policy ended the completion; as in transformers, the score is read
/// before any padding at the end, and many models pad with that token); what then exceeds its context cannot
/// be scored and gets NaN. A NaN of the model passes through as NaN.
class RewardModel : public Reward {
 public:
  /// Throws Error when several heads have no combination.
  RewardModel(std::shared_ptr<const Decoder> model, std::string name, Combination combination = {});
  /// Reads completions as text, in the model's own words.
  RewardModel(std::shared_ptr<const Decoder> model, ChatFormat own_format, std::string name,
              Combination combination = {});
  /// Chooses between the two by comparing tokenizers; `name` empty: that of the folder. Throws Error.
  static std::unique_ptr<RewardModel> load(const std::filesystem::path& folder,
                                           const Tokenizer& policy_tokenizer, const std::string& name = "",
                                           Combination combination = {});
  /// For completions that are text alone, without a policy's tokens.
  static std::unique_ptr<RewardModel> load_for_text(const std::filesystem::path& folder,
                                                    const std::string& name = "",
                                                    Combination combination = {});

  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override;

  const Decoder& model() const { return *model_; }
  /// Whether it reads text rather than the policy's token ids.
  bool reencodes() const { return own_format_.has_value(); }

 private:
  struct Tokens {
    std::vector<TokenId> prompt, completion;
  };
  Tokens tokens_of(const Trajectory& trajectory) const;

  std::shared_ptr<const Decoder> model_;
  std::optional<ChatFormat> own_format_;
  std::string name_;
  Combination combination_;
};

/// Normalised scores of token sequences under every head of a scalar model, in order [B][heads].
std::vector<std::vector<double>> head_scores(const Decoder& model,
                                             std::span<const PromptedSequence> sequences,
                                             std::int64_t token_budget = 4096);
std::vector<std::vector<double>> head_scores(const Decoder& model,
                                             std::span<const std::vector<TokenId>> sequences,
                                             std::int64_t token_budget = 4096);
/// The same of a model with one head [B].
std::vector<double> sequence_scores(const Decoder& model, std::span<const std::vector<TokenId>> sequences,
                                    std::int64_t token_budget = 4096);

}  // namespace nudge
