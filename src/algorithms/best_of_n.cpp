#include "algorithms/best_of_n.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/progress.h"
#include "data/messages.h"
#include "evaluation/answers.h"
#include "generation/engine.h"
#include "rollout/collector.h"

namespace nudge {

BestOfNResult best_of_n(const Decoder& model, const ChatFormat& format, std::span<const Prompt> prompts,
                        Reward& reward, Reward& gold, const BestOfNConfig& config) {
  require(!config.n.empty() && *std::min_element(config.n.begin(), config.n.end()) >= 1,
          "best-of-n: --n must list numbers of at least 1.");
  const std::int64_t samples = *std::max_element(config.n.begin(), config.n.end());
  SamplingOptions sampling;
  sampling.temperature = config.temperature;
  sampling.max_new_tokens = config.max_new_tokens;
  sampling.num_generations = samples;
  sampling.seed = config.seed;
  sampling.stop_tokens = format.end_tokens();

  Engine engine(model);
  Progress progress("best-of-n", static_cast<std::int64_t>(prompts.size()) * samples, "answer");
  std::vector<Trajectory> all = collect(prompts, format, engine, sampling, &reward, /*policy_version=*/0,
                                        [&](std::int64_t done) { progress.update(done); });
  progress.finish();
  const std::vector<double> gold_scores = scores_of(all, gold);
  std::vector<double> proxy_scores;
  for (const Trajectory& trajectory : all) proxy_scores.push_back(trajectory.score);

  // Of one prompt, by one scorer: the answers that both could score.
  const auto of_prompt = [&](const std::vector<double>& scores, std::size_t prompt) {
    std::vector<double> known;
    for (std::size_t i = prompt * static_cast<std::size_t>(samples),
                     end = i + static_cast<std::size_t>(samples);
         i < end; ++i) {
      if (!std::isnan(proxy_scores[i]) && !std::isnan(gold_scores[i])) known.push_back(scores[i]);
    }
    return known;
  };
  BestOfNResult result;
  for (std::int64_t n : config.n) {
    std::vector<double> proxy, picked, ideal;
    for (std::size_t prompt = 0; prompt < prompts.size(); ++prompt) {
      const auto by_proxy = of_prompt(proxy_scores, prompt), by_gold = of_prompt(gold_scores, prompt);
      if (std::ssize(by_proxy) < n) continue;  // too few of its answers could be scored
      proxy.push_back(best_of_n(by_proxy, by_proxy, n));
      picked.push_back(best_of_n(by_proxy, by_gold, n));
      ideal.push_back(best_of_n(by_gold, by_gold, n));
    }
    if (!proxy.empty())
      result.curve.push_back(
          {n, best_of_n_kl(n), mean_interval(proxy), mean_interval(picked), mean_interval(ideal)});
  }
  require(!result.curve.empty(),
          "best-of-n: of {} answers to each prompt too few could be scored for any --n.", samples);
  for (std::size_t prompt = 0; prompt < prompts.size(); ++prompt) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(prompt) * samples;
    const auto end_of_scored = std::stable_partition(
        first, first + samples, [](const Trajectory& answer) { return !std::isnan(answer.score); });
    if (end_of_scored == first) continue;
    const auto by_score = [](const Trajectory& a, const Trajectory& b) { return a.score < b.score; };
    result.best.push_back(*std::max_element(first, end_of_scored, by_score));
    result.worst.push_back(*std::min_element(first, end_of_scored, by_score));
  }
  return result;
}

std::vector<Json> demonstrations(const BestOfNResult& result) {
  std::vector<Json> records;
  for (const Trajectory& best : result.best) {
    if (!best.ended) continue;  // to imitate it would be to learn to stop there
    records.push_back({{"prompt", prompt_json(best.prompt)},
                       {"completion", reply_json(best.prompt, best.completion)},
                       {"score", best.score}});
  }
  return records;
}

std::vector<PreferencePair> best_worst_pairs(const BestOfNResult& result, const std::string& rater) {
  std::vector<PreferencePair> pairs;
  for (std::size_t i = 0; i < result.best.size(); ++i) {
    const Trajectory &best = result.best[i], &worst = result.worst[i];
    if (best.score == worst.score || best.completion == worst.completion) continue;
    pairs.push_back({.prompt = best.prompt,
                     .chosen = best.completion,
                     .rejected = worst.completion,
                     .rater = rater,
                     .protocol = "best-of-n",
                     .extra = {{"score_chosen", best.score}, {"score_rejected", worst.score}}});
    if (!best.ended) pairs.back().extra["chosen_ended"] = false;  // or it would be taught to end there
    if (!worst.ended) pairs.back().extra["rejected_ended"] = false;
  }
  return pairs;
}

}  // namespace nudge
