#include "algorithms/reward_model.h"

#include <cmath>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/random.h"
#include "data/sampler.h"
#include "evaluation/calibration.h"
#include "evaluation/statistics.h"
#include "generation/engine.h"
#include "objectives/bradley_terry.h"
#include "reward_models/reward_model.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

std::vector<TokenId> joined(const std::vector<TokenId>& prompt, const std::vector<TokenId>& completion) {
  std::vector<TokenId> sequence = prompt;
  sequence.insert(sequence.end(), completion.begin(), completion.end());
  return sequence;
}

// A short hash of a prompt's content decides its side, so that the split survives reordering and new pairs.
bool held_out(const std::string& prompt_key, double share, std::uint64_t seed) {
  return Stream(seed, "reward-split " + sha256(prompt_key)).uniform() < share;
}

std::int64_t tokens_of(const PromptPairs& prompt) {
  std::int64_t total = 0;
  for (const TokenizedPair& pair : prompt.pairs) {
    total += static_cast<std::int64_t>(pair.chosen.size() + pair.rejected.size());
  }
  return total;
}

// The Bradley-Terry loss of the chosen prompts as one packed batch, each pair weighing 1 / (pairs of its
// prompt). An answer that stands in several pairs, as those of a ranking do, is computed once.
LossSum preference_loss(const Decoder& model, const std::vector<PromptPairs>& prompts, const Indices& chosen,
                        const RewardModelConfig& config) {
  std::vector<std::vector<TokenId>> sequences;
  std::map<std::vector<TokenId>, std::int64_t> places;
  const auto place_of = [&](const std::vector<TokenId>& sequence) {
    const auto [found, fresh] = places.try_emplace(sequence, static_cast<std::int64_t>(sequences.size()));
    if (fresh) sequences.push_back(sequence);
    return found->second;
  };
  Indices chosen_P, rejected_P;
  std::vector<float> margins, weights;
  for (std::int64_t index : chosen) {
    for (const TokenizedPair& pair : prompts[index].pairs) {
      chosen_P.push_back(place_of(pair.chosen));
      rejected_P.push_back(place_of(pair.rejected));
      margins.push_back(config.use_margin ? static_cast<float>(pair.margin) : 0.0F);
      weights.push_back(1.0F / static_cast<float>(prompts[index].pairs.size()));
    }
  }
  const at::Tensor scores_B = model.sequence_scores(pack(sequences));
  LossSum loss = bradley_terry(scores_B.index_select(0, at::tensor(chosen_P, at::kLong)),
                               scores_B.index_select(0, at::tensor(rejected_P, at::kLong)),
                               at::tensor(margins, at::kFloat), at::tensor(weights, at::kFloat),
                               config.center_rewards_coefficient);
  const at::Tensor seen = scores_B.detach();
  const auto pairs = static_cast<double>(margins.size());
  loss.metrics.add("min_reward", seen.min().item<double>() * pairs, pairs);
  loss.metrics.add("max_reward", seen.max().item<double>() * pairs, pairs);
  return loss;
}

// Sets mean and std so that answers of the SFT model score 0 on average, with spread 1.
void normalize(Decoder& model, const Decoder& sft, const ChatFormat& format,
               const std::vector<PromptPairs>& prompts, const RewardModelConfig& config, std::uint64_t seed) {
  std::vector<std::vector<TokenId>> chosen;
  const auto room = static_cast<std::size_t>(
      std::max<std::int64_t>(0, sft.config().max_position_embeddings - config.normalization_max_new_tokens));
  for (const PromptPairs& prompt : prompts) {
    if (static_cast<std::int64_t>(chosen.size()) == config.normalization_samples) break;
    if (prompt.prompt.size() <= room) chosen.push_back(prompt.prompt);
  }
  require(chosen.size() > 1,
          "reward: normalisation needs at least two prompts that leave room for {} new tokens.",
          config.normalization_max_new_tokens);
  SamplingOptions sampling;
  sampling.temperature = config.normalization_temperature;
  sampling.max_new_tokens = config.normalization_max_new_tokens;
  sampling.seed = Stream(seed, "reward-normalization")();
  sampling.stop_tokens = {format.stop_token()};
  const std::vector<Sampled> sampled = Engine(sft).generate(chosen, sampling);
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = joined(chosen[i], sampled[i].tokens);

  model.config().reward_mean = 0;
  model.config().reward_std = 1;
  const std::vector<double> scores = sequence_scores(model, chosen, config.micro_batch_tokens);
  double mean = 0, variance = 0;
  for (double score : scores) mean += score / static_cast<double>(scores.size());
  for (double score : scores)
    variance += (score - mean) * (score - mean) / static_cast<double>(scores.size() - 1);
  require(variance > 0,
          "reward: every answer of the SFT model gets the same score {}; the reward model learned nothing.",
          mean);
  model.config().reward_mean = mean;
  model.config().reward_std = std::sqrt(variance);
}

}  // namespace

void declare(Options& options, RewardModelConfig& config) {
  options.section("Training");
  options.add("per_device_train_batch_size", config.per_device_train_batch_size,
              "Prompts in each optimizer step, with all pairs of each.");
  options.add("micro_batch_tokens", config.micro_batch_tokens,
              "Tokens in one forward and backward pass; changes memory and speed, not the result.");
  options.add("num_train_epochs", config.num_train_epochs,
              "Passes over the pairs; more than one overfits soon.");
  options.add("max_length", config.max_length, "Pairs with a longer side (prompt and answer) are left out.");
  options.add("center_rewards_coefficient", config.center_rewards_coefficient,
              "Weight of (chosen + rejected)^2, which keeps scores near 0; 0.01 is usual.");
  options.add("use_margin", config.use_margin, "Use the column margin as the least difference of scores.");
  options.add("eval_share", config.eval_share, "Share of prompts held out.");
  options.section("Normalisation");
  options.add("normalization_samples", config.normalization_samples,
              "Answers of the SFT model whose scores become mean 0 and standard deviation 1.");
  options.add("normalization_temperature", config.normalization_temperature,
              "Temperature at which they are sampled.");
  options.add("normalization_max_new_tokens", config.normalization_max_new_tokens,
              "Longest of them, in tokens.");
  declare(options, config.optimizer);
  declare(options, config.schedule);
}

RewardModelData reward_model_data(const std::vector<PreferencePair>& pairs, const ChatFormat& format,
                                  const RewardModelConfig& config, std::uint64_t seed) {
  RewardModelData data;
  std::map<std::vector<TokenId>, std::pair<bool, std::size_t>> seen;  // prompt -> (held out, index)
  for (const PreferencePair& pair : pairs) {
    if (pair.tie) {
      ++data.ties;
      continue;
    }
    const std::vector<TokenId> prompt = format.encode_prompt(pair.prompt);
    const auto encoded = [&](const std::string& completion, const char* ended) {
      return format.encode_completion(completion, get_or<bool>(pair.extra, ended, true, "preference pair"));
    };
    const std::vector<TokenId> chosen = encoded(pair.chosen, "chosen_ended");
    const std::vector<TokenId> rejected = encoded(pair.rejected, "rejected_ended");
    if (static_cast<std::int64_t>(prompt.size() + std::max(chosen.size(), rejected.size())) >
        config.max_length) {
      ++data.too_long;
      continue;
    }
    auto [place, fresh] = seen.try_emplace(prompt);
    if (fresh) {
      const std::string key(reinterpret_cast<const char*>(prompt.data()), prompt.size() * sizeof(TokenId));
      const bool out = held_out(key, config.eval_share, seed);
      auto& side = out ? data.eval : data.train;
      place->second = {out, side.size()};
      side.push_back({prompt, {}});
    }
    auto& side = place->second.first ? data.eval : data.train;
    side[place->second.second].pairs.push_back({joined(prompt, chosen), joined(prompt, rejected),
                                                static_cast<std::int64_t>(chosen.size()),
                                                static_cast<std::int64_t>(rejected.size()), pair.margin});
  }
  require(!data.train.empty(),
          "reward: no pair is left to train on ({} ties, {} longer than --max_length {}).", data.ties,
          data.too_long, config.max_length);
  return data;
}

Json reward_model_evaluation(const Decoder& model, const std::vector<PromptPairs>& prompts,
                             std::int64_t micro_batch_tokens) {
  std::vector<std::vector<TokenId>> sequences;
  std::vector<double> length_differences;
  for (const PromptPairs& prompt : prompts) {
    for (const TokenizedPair& pair : prompt.pairs) {
      sequences.push_back(pair.chosen);
      sequences.push_back(pair.rejected);
      length_differences.push_back(static_cast<double>(pair.chosen_length - pair.rejected_length));
    }
  }
  const std::vector<double> scores = sequence_scores(model, sequences, micro_batch_tokens);
  std::vector<double> differences, probabilities, outcomes;
  double right = 0, longer_chosen = 0, length_differs = 0, longer_scored_higher = 0;
  for (std::size_t i = 0; i < length_differences.size(); ++i) {
    const double difference = (scores[2 * i] - scores[2 * i + 1]) * model.config().reward_std;
    differences.push_back(difference);
    right += difference > 0 ? 1 : difference == 0 ? 0.5 : 0;
    if (length_differences[i] == 0) continue;
    length_differs += 1;
    longer_chosen += length_differences[i] > 0;
    longer_scored_higher += (difference > 0) == (length_differences[i] > 0);
  }
  // Calibration looks at each pair from the side that the model favours.
  for (double difference : differences) {
    probabilities.push_back(1 / (1 + std::exp(-std::abs(difference))));
    outcomes.push_back(difference > 0 ? 1 : difference == 0 ? 0.5 : 0);
  }
  const auto count = static_cast<std::int64_t>(differences.size());
  const Interval accuracy = wilson_interval(right, count);
  const Interval longer = wilson_interval(longer_chosen, static_cast<std::int64_t>(length_differs));
  const double length_alone = std::max(longer.value, 1 - longer.value);
  const double temperature = fit_temperature(differences);
  std::vector<double> tempered;
  for (double difference : differences)
    tempered.push_back(1 / (1 + std::exp(-std::abs(difference) / temperature)));
  return {{"pairs", count},
          {"prompts", prompts.size()},
          {"accuracy", {{"value", accuracy.value}, {"low", accuracy.low}, {"high", accuracy.high}}},
          {"longer_preferred", {{"value", longer.value}, {"low", longer.low}, {"high", longer.high}}},
          {"length_alone_accuracy", length_alone},
          {"longer_scored_higher", length_differs > 0 ? Json(longer_scored_higher / length_differs) : Json()},
          {"length_correlation", pearson(length_differences, differences)},
          {"ece", expected_calibration_error(probabilities, outcomes)},
          {"temperature", temperature},
          {"ece_after_temperature", expected_calibration_error(tempered, outcomes)}};
}

void train_reward_model(Decoder& model, const Decoder& sft, const ChatFormat& format,
                        const RewardModelData& data, const RewardModelConfig& config,
                        const RunOptions& options, Run& run) {
  const EpochSampler sampler(static_cast<std::int64_t>(data.train.size()), config.per_device_train_batch_size,
                             options.seed);
  const std::int64_t total = sampler.steps(config.num_train_epochs);
  Learner learner(model, "reward", config.optimizer, config.schedule, total);
  StepLoop loop("reward", total, learner, options, run);

  while (loop.next()) {
    const auto parts = micro_batches(sampler.batch_at(loop.step()), config.micro_batch_tokens,
                                     [&](std::int64_t index) { return tokens_of(data.train[index]); });
    const StepReport report = learner.step(static_cast<std::int64_t>(parts.size()), [&](std::int64_t i) {
      return preference_loss(model, data.train, parts[i], config);
    });
    Metrics metrics = described(report), timing, shown;
    metrics.set("epoch", sampler.epochs_after(loop.step()));
    timing.set("prompts_per_second", static_cast<double>(sampler.batch()) / loop.seconds());
    shown.set("accuracy", metrics.get("accuracy"));
    loop.record(metrics, timing, shown);
  }

  normalize(model, sft, format, data.train, config, options.seed);
  Json evaluation = Json::object();
  if (!data.eval.empty()) evaluation = reward_model_evaluation(model, data.eval, config.micro_batch_tokens);
  evaluation["ties_left_out"] = data.ties;
  evaluation["too_long_left_out"] = data.too_long;
  write_file(run.folder() / "evaluation.json", to_pretty(evaluation));
  run.save_final(model, format.tokenizer());
}

}  // namespace nudge
