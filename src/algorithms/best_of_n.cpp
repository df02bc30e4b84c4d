#include "algorithms/best_of_n.h"

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"
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
  sampling.stop_tokens = {format.stop_token()};

  Engine engine(model);
  Progress progress("best-of-n", static_cast<std::int64_t>(prompts.size()) * samples, "answer");
  std::vector<Trajectory> all = collect(prompts, format, engine, sampling, &reward, /*policy_version=*/0,
                                        [&](std::int64_t done) { progress.update(done); });
  progress.finish();
  const std::vector<double> gold_scores = scores_of(all, gold);
  std::vector<double> proxy_scores;
  for (const Trajectory& trajectory : all) proxy_scores.push_back(trajectory.score);

  const auto of_prompt = [&](const std::vector<double>& scores, std::size_t prompt) {
    return std::span(scores).subspan(prompt * static_cast<std::size_t>(samples),
                                     static_cast<std::size_t>(samples));
  };
  BestOfNResult result;
  for (std::int64_t n : config.n) {
    std::vector<double> proxy, picked, ideal;
    for (std::size_t prompt = 0; prompt < prompts.size(); ++prompt) {
      const auto by_proxy = of_prompt(proxy_scores, prompt), by_gold = of_prompt(gold_scores, prompt);
      proxy.push_back(best_of_n(by_proxy, by_proxy, n));
      picked.push_back(best_of_n(by_proxy, by_gold, n));
      ideal.push_back(best_of_n(by_gold, by_gold, n));
    }
    result.curve.push_back(
        {n, best_of_n_kl(n), mean_interval(proxy), mean_interval(picked), mean_interval(ideal)});
  }
  for (std::size_t prompt = 0; prompt < prompts.size(); ++prompt) {
    const auto scores = of_prompt(proxy_scores, prompt);
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    result.best.push_back(all[prompt * static_cast<std::size_t>(samples) + static_cast<std::size_t>(best)]);
  }
  return result;
}

}  // namespace nudge
