#include "reward_models/step_reward.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.h"
#include "data/messages.h"
#include "data/reward_examples.h"
#include "reward_models/place_scores.h"
#include "reward_models/token_labels.h"

namespace nudge {
namespace {

using Probabilities = std::span<const double>;
using Combine = double (*)(Probabilities);

const std::map<std::string, Combine>& combinations() {
  static const std::map<std::string, Combine> known = {
      {"min", [](Probabilities p) { return std::ranges::min(p); }},
      {"mean",
       [](Probabilities p) {
         return std::accumulate(p.begin(), p.end(), 0.0) / static_cast<double>(p.size());
       }},
      {"last", [](Probabilities p) { return p.back(); }},
      {"product",
       [](Probabilities p) { return std::accumulate(p.begin(), p.end(), 1.0, std::multiplies<>()); }},
  };
  return known;
}

std::vector<std::string> steps_of(std::string_view answer, const std::string& separator) {
  std::vector<std::string> steps;
  while (!answer.empty()) {
    const std::size_t end = answer.find(separator);
    if (!blank(answer.substr(0, end))) steps.emplace_back(answer.substr(0, end));
    answer.remove_prefix(end == std::string_view::npos ? answer.size() : end + separator.size());
  }
  return steps;
}

std::size_t label_named(const std::string& label, const ModelConfig& config, const std::string& reward) {
  if (label.empty()) return config.reward_heads.size() - 1;
  const auto found = std::ranges::find(config.reward_heads, label, &RewardHead::name);
  if (found == config.reward_heads.end())
    throw UsageError(
        fmt::format("reward {}: the model has no label {}; it has {}.", reward, label, label_names(config)));
  return static_cast<std::size_t>(found - config.reward_heads.begin());
}

/// Of one place: the share of a label, or of the only score.
double probability(std::span<const double> raw, std::size_t label) {
  return raw.size() == 1 ? 1 / (1 + std::exp(-raw.front())) : label_probabilities(raw)[label];
}

}  // namespace

StepReward::StepReward(std::shared_ptr<const Decoder> model, ChatFormat format, std::string name,
                       const Options& options)
    : model_(std::move(model)),
      format_(std::move(format)),
      name_(std::move(name)),
      separator_(options.separator) {
  const auto found = combinations().find(options.combine);
  if (found == combinations().end() || separator_.empty())
    throw UsageError(fmt::format(
        "reward {}: combine must be min, mean, last or product, and separator not empty.", name_));
  combine_ = found->second;
  const ModelConfig& config = model_->config();
  require(config.head == Head::scalar && (config.heads() == 1 || config.labels_tokens),
          "reward {}: expected a process reward model (*ForSequenceClassification with one label, or "
          "*ForTokenClassification), got {}.",
          name_,
          config.head == Head::scalar ? fmt::format("num_labels {} ({})", config.heads(), label_names(config))
                                      : "a language model");
  label_ = label_named(options.label, config, name_);
}

void declare(SpecReader& spec, StepReward::Options& options) {
  spec.read("combine", options.combine);
  spec.read("separator", options.separator);
  spec.read("label", options.label);
}

void StepReward::score(std::span<Trajectory> trajectories) {
  std::vector<RewardExample> examples;
  std::vector<std::size_t> readable;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    const auto steps = steps_of(trajectories[i].completion, separator_);
    if (steps.empty()) continue;
    RewardExample example = stepwise_example(trajectories[i].prompt, steps, separator_, format_);
    if (example.tokens() > model_->config().context()) continue;
    examples.push_back(std::move(example));
    readable.push_back(i);
  }
  constexpr std::int64_t kTokens = 4096;  // in one forward pass
  const auto raw = all_place_scores(*model_, examples, kTokens);
  std::vector<double> scores(trajectories.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t k = 0; k < readable.size(); ++k) {
    std::vector<double> probabilities;
    for (std::size_t step = 0; step < raw[k].front().size(); ++step) {
      std::vector<double> of_labels;
      for (const std::vector<double>& scores_of_label : raw[k]) of_labels.push_back(scores_of_label[step]);
      probabilities.push_back(probability(of_labels, label_));
    }
    scores[readable[k]] = combine_(probabilities);
  }
  set_scores(trajectories, name_, scores);
}

}  // namespace nudge
