#include "reward_models/reward_model.h"

#include <c10/core/GradMode.h>

#include <limits>

#include "base/error.h"
#include "data/answer_to_score.h"
#include "model/bases.h"
#include "model/peft.h"
#include "tensor/aten.h"

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
        length <= config.longest(),
        "reward model: sequence {} has {} tokens, more than the model's context of {}; shorten the prompt "
        "or the completion.",
        i, length, config.context());
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
    for (const std::int64_t i : indices) batch.push_back(sequences[i]);
    const at::Tensor raw_BH = model.head_scores(pack(batch)).to(at::kFloat).contiguous();
    const float* raw = raw_BH.const_data_ptr<float>();
    for (const std::int64_t i : indices)
      for (const RewardHead& head : config.reward_heads) scores[i].push_back((*raw++ - head.mean) / head.std);
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

std::vector<std::vector<double>> answer_scores(const Decoder& model, const ChatFormat& format,
                                               std::span<const Trajectory> answers,
                                               std::int64_t token_budget) {
  const ModelConfig& config = model.config();
  std::vector<AnswerToScore> read;
  for (const Trajectory& answer : answers)
    read.push_back(answer_to_score(format, answer.prompt, answer.completion, config.pad_token_id));
  std::vector<PromptedSequence> sequences;
  std::vector<std::size_t> readable;
  for (std::size_t i = 0; i < read.size(); ++i) {
    const std::span<const TokenId> tokens = read[i].tokens;
    if (tokens.empty() || std::ssize(tokens) > config.longest()) continue;
    sequences.push_back({tokens.first(read[i].prompt), tokens.subspan(read[i].prompt)});
    readable.push_back(i);
  }
  const auto known = head_scores(model, sequences, token_budget);
  const std::vector<double> unreadable(config.reward_heads.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<std::vector<double>> scores(answers.size(), unreadable);
  for (std::size_t k = 0; k < readable.size(); ++k) scores[readable[k]] = known[k];
  return scores;
}

RewardModel::RewardModel(std::shared_ptr<const Decoder> model, ChatFormat format, std::string name,
                         Combination combination)
    : model_(std::move(model)),
      format_(std::move(format)),
      name_(std::move(name)),
      combination_(std::move(combination)) {
  const ModelConfig& config = model_->config();
  require(config.head == Head::scalar,
          "reward model {}: expected a model with a score (*ForSequenceClassification), got a language "
          "model.",
          name_);
  require(
      !config.labels_tokens,
      "reward model {}: it labels tokens (*ForTokenClassification), not answers; as a process reward model "
      "it is steps:DIR.",
      name_);
  std::vector<std::string> heads;
  for (const RewardHead& head : config.reward_heads) heads.push_back(head.name);
  combination_.require_fits(heads, heads.size() == 1
                                       ? "reward model " + name_
                                       : fmt::format("reward model {} (num_labels {})", name_, heads.size()));
}

std::unique_ptr<RewardModel> RewardModel::load(const std::filesystem::path& folder, const std::string& name,
                                               Combination combination, bool prerendered,
                                               const Reading& reading) {
  const ChatFormat format(Tokenizer::load(tokenizer_home(folder, reading.base)));
  return std::make_unique<RewardModel>(read_model(folder, reading),
                                       prerendered ? format.reading_rendered() : format,
                                       name.empty() ? model_name(folder) : name, std::move(combination));
}

void RewardModel::score(std::span<Trajectory> trajectories) {
  const auto scores = answer_scores(*model_, format_, trajectories);
  const auto& heads = model_->config().reward_heads;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    trajectories[i].score = combination_(scores[i]);
    trajectories[i].components.emplace_back(name_, trajectories[i].score);
    for (std::size_t h = 0; heads.size() > 1 && h < heads.size(); ++h)
      trajectories[i].components.emplace_back(name_ + "/" + heads[h].name, scores[i][h]);
  }
}

}  // namespace nudge
