#include "reward_models/token_labels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "data/reward_examples.h"
#include "reward_models/place_scores.h"

namespace nudge {
namespace {

/// The answer behind its prompt, to be read at each of its own tokens.
RewardExample every_token(const ChatFormat& format, const Trajectory& answer) {
  auto [prompt, completion, behind] = format.encode_answer(answer.prompt, answer.completion, answer.ended);
  RewardExample example{.question = answer.prompt, .prompt = prompt};
  for (std::size_t i = 0; i < completion.size(); ++i)
    example.places.push_back({0, static_cast<std::int64_t>(prompt.size() + i)});
  prompt.insert(prompt.end(), completion.begin(), completion.end());
  example.sequences.push_back(std::move(prompt));
  return example;
}

}  // namespace

std::vector<double> label_probabilities(std::span<const double> raw) {
  const double top = std::ranges::max(raw);
  std::vector<double> shares;
  for (const double score : raw) shares.push_back(std::exp(score - top));
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  return shares;
}

std::vector<std::vector<LabelledToken>> labelled_tokens(const Decoder& model, const ChatFormat& format,
                                                        std::span<const Trajectory> answers) {
  require(model.config().labels_tokens,
          "Labelling tokens: expected a token classifier (*ForTokenClassification), got another model.");
  std::vector<RewardExample> examples;
  std::vector<std::size_t> readable;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    RewardExample example = every_token(format, answers[i]);
    if (example.places.empty() || example.tokens() > model.config().context()) continue;
    examples.push_back(std::move(example));
    readable.push_back(i);
  }
  constexpr std::int64_t kTokens = 4096;  // in one forward pass
  const auto raw = all_place_scores(model, examples, kTokens);
  std::vector<std::vector<LabelledToken>> labelled(answers.size());
  for (std::size_t k = 0; k < readable.size(); ++k) {
    for (std::size_t place = 0; place < examples[k].places.size(); ++place) {
      std::vector<double> scores;
      for (const std::vector<double>& of_label : raw[k]) scores.push_back(of_label[place]);
      const auto probabilities = label_probabilities(scores);
      const auto best = std::ranges::max_element(probabilities) - probabilities.begin();
      const TokenId token = examples[k].sequences.front()[examples[k].places[place].token];
      labelled[readable[k]].push_back({format.tokenizer().decode({{token}}, true),
                                       model.config().reward_heads[best].name, probabilities[best]});
    }
  }
  return labelled;
}

}  // namespace nudge
