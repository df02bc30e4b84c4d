#include "rollout/describe.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "objectives/kl.h"
#include "rewards/component_metrics.h"

namespace nudge {
namespace {

using Numbers = std::vector<double>;

// NaN of nothing.
double mean(const Numbers& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

// Of what could be scored.
Numbers scores_of(std::span<const Trajectory> trajectories) {
  Numbers scores;
  for (const Trajectory& each : trajectories)
    if (!std::isnan(each.score)) scores.push_back(each.score);
  return scores;
}

// Mean, which it returns, lowest and highest; 0 of nothing.
double describe_lengths(const Numbers& lengths, const std::string& infix, Metrics& metrics) {
  const double average = lengths.empty() ? 0 : mean(lengths);
  metrics.set("completions/mean_" + infix + "length", average);
  metrics.set("completions/min_" + infix + "length", lengths.empty() ? 0 : std::ranges::min(lengths));
  metrics.set("completions/max_" + infix + "length", lengths.empty() ? 0 : std::ranges::max(lengths));
  return average;
}

// Nats a completion, by this estimator of each token.
double sequence_kl(KlEstimator estimator, const Ragged& logprobs, const Ragged& reference_logprobs) {
  return mean(measured_kl(logprobs, reference_logprobs, {.estimator = estimator}).sums());
}

// Answers, distinct and length of the vitals.
Vitals describe_completions(std::span<const Trajectory> trajectories, Metrics& metrics) {
  Numbers all, ended;
  for (const Trajectory& each : trajectories) {
    const auto length = static_cast<double>(each.completion_tokens.size());
    all.push_back(length);
    if (each.ended) ended.push_back(length);
  }
  const Vitals vitals{.answers = std::ssize(trajectories),
                      .distinct = distinct_share(trajectories),
                      .length = describe_lengths(all, "", metrics)};
  describe_lengths(ended, "terminated_", metrics);
  metrics.set("completions/clipped_ratio",
              1 - static_cast<double>(ended.size()) / static_cast<double>(all.size()));
  metrics.set("completions/distinct", vitals.distinct);
  return vitals;
}

}  // namespace

Vitals describe_rollout(std::span<const Trajectory> sampled, const Ragged& logprobs,
                        const Ragged& reference_logprobs, Metrics& metrics) {
  Vitals vitals = describe_completions(sampled, metrics);
  const Numbers scores = scores_of(sampled);
  vitals.reward = mean(scores);
  metrics.set("objective/scores", vitals.reward);
  if (reference_logprobs.rows() > 0) {
    vitals.kl = sequence_kl(KlEstimator::k1, logprobs, reference_logprobs);
    metrics.set("objective/kl", vitals.kl);
    metrics.set("objective/kl_k2", sequence_kl(KlEstimator::k2, logprobs, reference_logprobs));
    metrics.set("objective/kl_k3", sequence_kl(KlEstimator::k3, logprobs, reference_logprobs));
  }
  metrics.set("objective/entropy", -mean(logprobs.sums()));
  metrics.merge(component_metrics(sampled));
  metrics.set("rewards/unscorable",
              1 - static_cast<double>(scores.size()) / static_cast<double>(sampled.size()));
  return vitals;
}

double distinct_share(std::span<const Trajectory> trajectories) {
  std::set<std::vector<std::int32_t>> distinct;
  for (const Trajectory& each : trajectories) distinct.insert(each.completion_tokens);
  return static_cast<double>(distinct.size()) / static_cast<double>(trajectories.size());
}

std::vector<std::pair<std::string, double>> monitored(std::span<Reward* const> monitors,
                                                      std::span<const Trajectory> trajectories) {
  std::vector<std::pair<std::string, double>> means;
  for (Reward* monitor : monitors) {
    std::vector<Trajectory> copies(trajectories.begin(), trajectories.end());
    monitor->score(copies);
    means.emplace_back(monitor->name(), mean(scores_of(copies)));
  }
  return means;
}

Json sample_record(const Trajectory& trajectory) {
  return {{"prompt", trajectory.prompt.question()},
          {"completion", trajectory.completion},
          {"completion_tokens", trajectory.completion_tokens},
          {"ended", trajectory.ended},
          {"score", trajectory.score}};
}

}  // namespace nudge
