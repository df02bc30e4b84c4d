#include "reward_models/reward_model.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <limits>

#include "base/error.h"
#include "model/checkpoint.h"

namespace nudge {
namespace {

/// "RUN/final" is named after its run, everything else after itself.
std::string model_name(const std::filesystem::path& folder) {
  const std::filesystem::path path = std::filesystem::absolute(folder / "").parent_path().lexically_normal();
  const std::string name = path.filename().string();
  return name == "final" ? path.parent_path().filename().string() : name;
}

void check_sequences(std::span<const PromptedSequence> sequences, const ModelConfig& config) {
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const std::int64_t length = sequences[i].length();
    require(length > 0, "reward model: sequence {} is empty; there is nothing to score.", i);
    require(
        length <= config.max_position_embeddings,
        "reward model: sequence {} has {} tokens, more than the model's context of {}; shorten the prompt "
        "or the completion.",
        i, length, config.max_position_embeddings);
    for (const auto& tokens : {sequences[i].prompt, sequences[i].completion}) {
      for (const TokenId token : tokens) {
        require(
            token >= 0 && token < config.vocab_size,
            "reward model: sequence {} holds the token id {}, outside the model's vocabulary of {}; it was "
            "encoded with another tokenizer.",
            i, token, config.vocab_size);
      }
    }
  }
}

}  // namespace

std::vector<std::vector<double>> head_scores(const Decoder& model,
                                             std::span<const PromptedSequence> sequences,
                                             std::int64_t token_budget) {
  const ModelConfig& config = model.config();
  require(config.head == Head::scalar,
          "reward model: expected a model with scores (*ForSequenceClassification), got a language model.");
  check_sequences(sequences, config);
  const at::NoGradGuard no_gradients;
  std::vector<std::vector<double>> scores(sequences.size());
  for (const std::vector<std::int64_t>& indices : micro_batches(sequences, token_budget)) {
    std::vector<PromptedSequence> batch;
    for (const std::int64_t i : indices) batch.push_back(sequences[static_cast<std::size_t>(i)]);
    const at::Tensor raw_BH = model.head_scores(pack(batch)).to(at::kFloat).contiguous();
    const float* raw = raw_BH.const_data_ptr<float>();
    for (const std::int64_t i : indices)
      for (const RewardHead& head : config.reward_heads)
        scores[static_cast<std::size_t>(i)].push_back((*raw++ - head.mean) / head.std);
  }
  return scores;
}

std::vector<std::vector<double>> head_scores(const Decoder& model,
                                             std::span<const std::vector<TokenId>> sequences,
                                             std::int64_t token_budget) {
  return head_scores(model, unprompted(sequences), token_budget);
}

std::vector<double> sequence_scores(const Decoder& model, std::span<const std::vector<TokenId>> sequences,
                                    std::int64_t token_budget) {
  require(model.config().heads() == 1, "reward model: expected one head, got {}.", model.config().heads());
  std::vector<double> scores;
  for (const std::vector<double>& of_heads : head_scores(model, sequences, token_budget))
    scores.push_back(of_heads.front());
  return scores;
}

RewardModel::RewardModel(std::shared_ptr<const Decoder> model, std::string name, Combination combination)
    : model_(std::move(model)), name_(std::move(name)), combination_(std::move(combination)) {
  const ModelConfig& config = model_->config();
  require(config.head == Head::scalar,
          "reward model {}: expected a model with a score (*ForSequenceClassification), got a language "
          "model.",
          name_);
  std::vector<std::string> heads;
  for (const RewardHead& head : config.reward_heads) heads.push_back(head.name);
  combination_.require_fits(heads, heads.size() == 1
                                       ? "reward model " + name_
                                       : fmt::format("reward model {} (num_labels {})", name_, heads.size()));
}

RewardModel::RewardModel(std::shared_ptr<const Decoder> model, ChatFormat own_format, std::string name,
                         Combination combination)
    : RewardModel(std::move(model), std::move(name), std::move(combination)) {
  own_format_ = std::move(own_format);
}

std::unique_ptr<RewardModel> RewardModel::load(const std::filesystem::path& folder,
                                               const Tokenizer& policy_tokenizer, const std::string& name,
                                               Combination combination) {
  const std::shared_ptr<const Tokenizer> own = Tokenizer::load(folder);
  const bool shared = own->fingerprint() == policy_tokenizer.fingerprint() &&
                      own->chat_template() == policy_tokenizer.chat_template() &&
                      own->eos() == policy_tokenizer.eos();
  if (!shared) return load_for_text(folder, name, std::move(combination));
  return std::make_unique<RewardModel>(load_model(folder), name.empty() ? model_name(folder) : name,
                                       std::move(combination));
}

std::unique_ptr<RewardModel> RewardModel::load_for_text(const std::filesystem::path& folder,
                                                        const std::string& name, Combination combination) {
  return std::make_unique<RewardModel>(load_model(folder), ChatFormat(Tokenizer::load(folder)),
                                       name.empty() ? model_name(folder) : name, std::move(combination));
}

RewardModel::Tokens RewardModel::tokens_of(const Trajectory& trajectory) const {
  if (!own_format_) return {trajectory.prompt_tokens, trajectory.completion_tokens};
  const bool ends = trajectory.ended && own_format_->tokenizer().eos().has_value();
  auto answer = own_format_->encode_answer(trajectory.prompt, trajectory.completion, ends);
  Tokens tokens{std::move(answer.prompt), std::move(answer.completion)};
  // transformers reads the score at the last token that is no padding, and many models pad with their end
  // token.
  const auto padding = model_->config().pad_token_id;
  const auto strip = [&](std::vector<TokenId>& from, std::size_t least) {
    while (padding && from.size() > least && from.back() == *padding) from.pop_back();
  };
  strip(tokens.completion, tokens.prompt.empty() ? 1 : 0);
  if (tokens.completion.empty()) strip(tokens.prompt, 1);
  return tokens;
}

void RewardModel::score(std::span<Trajectory> trajectories) {
  std::vector<Tokens> tokens;
  for (const Trajectory& trajectory : trajectories) tokens.push_back(tokens_of(trajectory));
  std::vector<PromptedSequence> sequences;
  std::vector<std::size_t> readable;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    const PromptedSequence sequence{tokens[i].prompt, tokens[i].completion};
    const std::int64_t length = sequence.length();
    if (own_format_ && (length == 0 || length > model_->config().max_position_embeddings)) continue;
    sequences.push_back(sequence);
    readable.push_back(i);
  }
  const auto known = head_scores(*model_, sequences);
  const auto& heads = model_->config().reward_heads;
  std::vector<std::vector<double>> scores(
      trajectories.size(), std::vector<double>(heads.size(), std::numeric_limits<double>::quiet_NaN()));
  for (std::size_t k = 0; k < readable.size(); ++k) scores[readable[k]] = known[k];
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    trajectories[i].score = combination_(scores[i]);
    trajectories[i].components.emplace_back(name_, trajectories[i].score);
    for (std::size_t h = 0; heads.size() > 1 && h < heads.size(); ++h)
      trajectories[i].components.emplace_back(name_ + "/" + heads[h].name, scores[i][h]);
  }
}

}  // namespace nudge
