#include "evaluation/reward_model_evaluation.h"

#include <algorithm>

#include "evaluation/reward_evaluation.h"
#include "evaluation/statistics.h"
#include "reward_models/place_scores.h"

namespace nudge {
namespace {

// One score for each place: that of the head, or the mean over all.
std::vector<double> scores_for(std::int64_t head, const std::vector<std::vector<double>>& by_head) {
  if (head != kEveryHead) return by_head[head];
  std::vector<double> mean(by_head.front().size());
  for (const std::vector<double>& scores : by_head)
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += scores[i] / static_cast<double>(by_head.size());
  return mean;
}

// The answers of one comparison with the scores of their places.
ScoredAnswers scored_answers(const RewardExample& example, const RewardExample::Comparison& comparison,
                             const std::vector<double>& place_scores) {
  ScoredAnswers scored{.answers = comparison.answers};
  for (const std::int64_t item : comparison.items) {
    const auto& sequence = example.sequences[example.places[item].sequence];
    scored.scores.push_back(place_scores[item]);
    scored.lengths.push_back(static_cast<std::int64_t>(sequence.size() - example.shared));
  }
  return scored;
}

Json label_evaluation(const std::vector<double>& labels, const std::vector<double>& scores) {
  Json result = {{"labels", labels.size()}, {"correlation", pearson(labels, scores)}};
  const bool binary = std::ranges::all_of(labels, [](double label) { return label == 0 || label == 1; });
  if (!binary) return result;
  double right = 0, ones = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    right += scores[i] == 0 ? 0.5 : (scores[i] > 0) == (labels[i] == 1);
    ones += labels[i];
  }
  const std::int64_t count = std::ssize(labels);
  const Interval accuracy = wilson_interval(right, count);
  result["accuracy"] = {{"value", accuracy.value}, {"low", accuracy.low}, {"high", accuracy.high}};
  result["majority_alone_accuracy"] = std::max(ones, count - ones) / static_cast<double>(count);
  return result;
}

}  // namespace

Json reward_model_evaluation(const Decoder& model, const std::vector<RewardExample>& examples,
                             const std::vector<Ranking>& rankings, std::int64_t micro_batch_tokens) {
  // A score's unit is that in which the likelihood of a comparison is a function of differences.
  const auto scores = all_place_scores(model, examples, micro_batch_tokens);
  std::vector<ScoredPair> pairs;
  std::vector<double> labels, label_scores;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    for (const auto& comparison : examples[i].comparisons) {
      const auto of_comparison =
          scored_pairs(rankings[comparison.record],
                       scored_answers(examples[i], comparison, scores_for(comparison.head, scores[i])));
      pairs.insert(pairs.end(), of_comparison.begin(), of_comparison.end());
    }
    if (examples[i].labels.empty()) continue;
    const auto means = scores_for(kEveryHead, scores[i]);
    labels.insert(labels.end(), examples[i].labels.begin(), examples[i].labels.end());
    label_scores.insert(label_scores.end(), means.begin(), means.end());
  }
  return labels.empty() ? reward_evaluation(pairs) : label_evaluation(labels, label_scores);
}

}  // namespace nudge
