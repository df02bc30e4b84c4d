#include "reward_models/reward_model.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <limits>

#include "base/error.h"
#include "model/checkpoint.h"
#include "tensor/packed_batch.h"

namespace nudge {
namespace {

/// "RUN/final" is named after its run, everything else after itself.
std::string model_name(const std::filesystem::path& folder) {
  const std::filesystem::path path = std::filesystem::absolute(folder / "").parent_path().lexically_normal();
  const std::string name = path.filename().string();
  return name == "final" ? path.parent_path().filename().string() : name;
}

void check_sequences(std::span<const std::vector<TokenId>> sequences, const ModelConfig& config) {
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto length = static_cast<std::int64_t>(sequences[i].size());
    require(length > 0, "reward model: sequence {} is empty; there is nothing to score.", i);
    require(
        length <= config.max_position_embeddings,
        "reward model: sequence {} has {} tokens, more than the model's context of {}; shorten the prompt "
        "or the completion.",
        i, length, config.max_position_embeddings);
    for (const TokenId token : sequences[i]) {
      require(token >= 0 && token < config.vocab_size,
              "reward model: sequence {} holds the token id {}, outside the model's vocabulary of {}; it was "
              "encoded with another tokenizer.",
              i, token, config.vocab_size);
    }
  }
}

}  // namespace

std::vector<double> sequence_scores(const Decoder& model, std::span<const std::vector<TokenId>> sequences,
                                    std::int64_t token_budget) {
  const ModelConfig& config = model.config();
  require(
      config.head == Head::scalar,
      "reward model: expected a model with one score (*ForSequenceClassification), got a language model.");
  check_sequences(sequences, config);
  std::vector<std::int64_t> lengths;
  for (const auto& sequence : sequences) lengths.push_back(static_cast<std::int64_t>(sequence.size()));

  const at::NoGradGuard no_gradients;
  std::vector<double> scores(sequences.size());
  for (const std::vector<std::int64_t>& indices : micro_batches(lengths, token_budget)) {
    std::vector<std::vector<TokenId>> batch;
    for (const std::int64_t i : indices) batch.push_back(sequences[static_cast<std::size_t>(i)]);
    const at::Tensor raw_B = model.sequence_scores(pack(batch)).to(at::kFloat).contiguous();
    for (std::size_t b = 0; b < indices.size(); ++b) {
      const double raw = raw_B.const_data_ptr<float>()[b];
      scores[static_cast<std::size_t>(indices[b])] = (raw - config.reward_mean) / config.reward_std;
    }
  }
  return scores;
}

RewardModel::RewardModel(std::shared_ptr<const Decoder> model, std::string name, std::int64_t token_budget)
    : model_(std::move(model)), name_(std::move(name)), token_budget_(token_budget) {
  require(model_->config().head == Head::scalar,
          "reward model {}: expected a model with one score (*ForSequenceClassification), got a language "
          "model.",
          name_);
}

RewardModel::RewardModel(std::shared_ptr<const Decoder> model, ChatFormat own_format, std::string name,
                         std::int64_t token_budget)
    : RewardModel(std::move(model), std::move(name), token_budget) {
  own_format_ = std::move(own_format);
}

std::unique_ptr<RewardModel> RewardModel::load(const std::filesystem::path& folder,
                                               const Tokenizer& policy_tokenizer, const std::string& name) {
  const std::shared_ptr<const Tokenizer> own = Tokenizer::load(folder);
  const bool shared = own->fingerprint() == policy_tokenizer.fingerprint() &&
                      own->chat_template() == policy_tokenizer.chat_template() &&
                      own->eos() == policy_tokenizer.eos();
  if (!shared) return load_for_text(folder, name);
  return std::make_unique<RewardModel>(load_model(folder), name.empty() ? model_name(folder) : name);
}

std::unique_ptr<RewardModel> RewardModel::load_for_text(const std::filesystem::path& folder,
                                                        const std::string& name) {
  return std::make_unique<RewardModel>(load_model(folder), ChatFormat(Tokenizer::load(folder)),
                                       name.empty() ? model_name(folder) : name);
}

std::vector<TokenId> RewardModel::sequence(const Trajectory& trajectory) const {
  std::vector<TokenId> tokens =
      own_format_ ? own_format_->encode_prompt(trajectory.prompt) : trajectory.prompt_tokens;
  const bool ends = trajectory.ended && own_format_ && own_format_->tokenizer().eos().has_value();
  const std::vector<TokenId> completion = own_format_
                                              ? own_format_->encode_completion(trajectory.completion, ends)
                                              : trajectory.completion_tokens;
  tokens.insert(tokens.end(), completion.begin(), completion.end());
  // transformers reads the score at the last token that is no padding, and many models pad with their end
  // token.
  const auto padding = model_->config().pad_token_id;
  while (own_format_ && padding && tokens.size() > 1 && tokens.back() == *padding) tokens.pop_back();
  return tokens;
}

void RewardModel::score(std::span<Trajectory> trajectories) {
  std::vector<std::vector<TokenId>> sequences;
  std::vector<std::size_t> readable;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    std::vector<TokenId> tokens = sequence(trajectories[i]);
    const auto length = static_cast<std::int64_t>(tokens.size());
    if (own_format_ && (length == 0 || length > model_->config().max_position_embeddings)) continue;
    sequences.push_back(std::move(tokens));
    readable.push_back(i);
  }
  const std::vector<double> known = sequence_scores(*model_, sequences, token_budget_);
  std::vector<double> scores(trajectories.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t k = 0; k < readable.size(); ++k) scores[readable[k]] = known[k];
  set_scores(trajectories, name_, scores);
}

}  // namespace nudge
