// Online DPO, top to bottom: answer each prompt more than once, let the reward pick the better and the worse
// answer, and take DPO steps on these pairs while they are fresh.

#include "algorithms/online_dpo.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/random.h"
#include "objectives/completions.h"
#include "objectives/pairs/pair_losses.h"
#include "rewards/component_metrics.h"
#include "rollout/completion_numbers.h"
#include "rollout/describe.h"
#include "rollout/group_sampler.h"
#include "rollout/lessons.h"
#include "rollout/scoring.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

// One rollout: all answers, and which two of each prompt make a pair.
struct Experience {
  struct Pair {
    std::int64_t chosen, rejected;  // indices of trajectories
  };
  std::vector<Trajectory> trajectories;
  Ragged reference_logprobs;
  std::vector<Pair> pairs;  // only of prompts whose answers the reward tells apart
  Lesson lesson;
};

double reward_of(const Trajectory& trajectory, const OnlineDpoConfig& config) {
  return trajectory.score - (trajectory.ended ? 0 : config.missing_eos_penalty.value_or(0));
}

Experience make_experience(const OnlineDpoParts& parts, const OnlineDpoConfig& config, GroupRollout rollout) {
  Experience experience;
  experience.trajectories = std::move(rollout.trajectories);
  const auto& all = experience.trajectories;
  const auto rewards = [&](std::int64_t i) { return reward_of(all[static_cast<std::size_t>(i)], config); };
  for (std::int64_t begin = 0; begin < static_cast<std::int64_t>(all.size());
       begin += config.num_generations) {
    Experience::Pair pair{-1, -1};
    for (std::int64_t i = begin; i < begin + config.num_generations; ++i) {
      if (std::isnan(rewards(i))) continue;
      if (pair.chosen < 0 || rewards(i) > rewards(pair.chosen)) pair.chosen = i;
      if (pair.rejected < 0 || rewards(i) < rewards(pair.rejected)) pair.rejected = i;
    }
    if (pair.chosen != pair.rejected) experience.pairs.push_back(pair);
  }
  experience.lesson = {rollout.sampled, rollout.scored, /*told_apart=*/!experience.pairs.empty()};
  experience.reference_logprobs =
      completion_logprobs(parts.reference, all, config.temperature, config.micro_batch_tokens);
  return experience;
}

// The trajectories of some pairs: all chosen ones, then all rejected ones.
Indices sides_of(const Experience& experience, const Indices& pairs) {
  Indices sides;
  for (std::int64_t p : pairs) sides.push_back(experience.pairs[static_cast<std::size_t>(p)].chosen);
  for (std::int64_t p : pairs) sides.push_back(experience.pairs[static_cast<std::size_t>(p)].rejected);
  return sides;
}

// TRL averages ipo's log-ratios over tokens in DPO, and sums them in online DPO.
NamedPairLoss pair_loss_of(const OnlineDpoConfig& config) {
  return parse_pair_loss(config.loss_type, {.beta = config.beta, .conventions = {.ipo_of_averages = false}});
}

LossSum pair_loss(const OnlineDpoParts& parts, const OnlineDpoConfig& config, const Experience& experience,
                  const Indices& pairs) {
  const Indices sides = sides_of(experience, pairs);
  const auto count = static_cast<std::int64_t>(pairs.size());
  const PackedTrajectories packed = pack_trajectories(experience.trajectories, sides);
  const Completions completions(experience.reference_logprobs.lengths(sides));
  const TokenLogprobs now = next_token_logprobs(parts.policy, packed.batch, packed.predicting_N,
                                                packed.targets_N, config.temperature, /*entropies=*/true);
  const at::Tensor logprobs_B = completions.sums(now.logprobs_N);
  const at::Tensor reference_B = completions.sums(experience.reference_logprobs.gather(sides));
  PairTerms terms{.chosen = logprobs_B.narrow(0, 0, count),
                  .rejected = logprobs_B.narrow(0, count, count),
                  .reference_chosen = reference_B.narrow(0, 0, count),
                  .reference_rejected = reference_B.narrow(0, count, count)};
  terms.chosen_score = terms.chosen_ratio();
  terms.rejected_score = terms.rejected_ratio();
  const NamedPairLoss loss = pair_loss_of(config);
  LossSum result{loss.loss(terms).sum(), static_cast<double>(count), {}};

  const auto add = [&](const char* name, const at::Tensor& values) {
    result.metrics.add(name, values.detach().sum(at::kDouble).item<double>(),
                       static_cast<double>(values.numel()));
  };
  const at::Tensor chosen_P = config.beta * terms.chosen_ratio(),
                   rejected_P = config.beta * terms.rejected_ratio();
  add("rewards/chosen", chosen_P);
  add("rewards/rejected", rejected_P);
  add("rewards/accuracies", chosen_P > rejected_P);
  add("rewards/margins", chosen_P - rejected_P);
  add("logps/chosen", terms.chosen);
  add("logps/rejected", terms.rejected);
  add("entropy", now.entropies_N);
  return result;
}

// Of both sides and the prompt that they share.
std::int64_t tokens_of(const Experience& experience, const Experience::Pair& pair) {
  const auto& chosen = experience.trajectories[static_cast<std::size_t>(pair.chosen)];
  const auto& rejected = experience.trajectories[static_cast<std::size_t>(pair.rejected)];
  return std::ssize(chosen.prompt_tokens) + std::ssize(chosen.completion_tokens) +
         std::ssize(rejected.completion_tokens);
}

struct Update {
  MetricSums sums;
  double loss = 0, grad_norm = 0, learning_rate = 0;
  std::int64_t steps = 0;
};

// Passes over the pairs in fresh permutations, cut into mini-batches (an optimizer step each) and
// micro-batches.
Update update(const OnlineDpoParts& parts, const OnlineDpoConfig& config, const Experience& experience,
              Learner& learner, std::uint64_t seed, std::int64_t step) {
  Update result{.learning_rate = learner.learning_rate()};
  const auto size = static_cast<std::int64_t>(experience.pairs.size());
  Stream stream(seed, "online-dpo-minibatches", static_cast<std::uint64_t>(step));
  for (std::int64_t pass = 0; pass < config.num_iterations; ++pass) {
    const Indices order = stream.permutation(size);
    for (std::int64_t part = 0; part < config.steps_per_generation; ++part) {
      const Indices mini(order.begin() + size * part / config.steps_per_generation,
                         order.begin() + size * (part + 1) / config.steps_per_generation);
      if (mini.empty()) continue;
      const auto micro = micro_batches(mini, config.micro_batch_tokens, [&](std::int64_t pair) {
        return tokens_of(experience, experience.pairs[static_cast<std::size_t>(pair)]);
      });
      const StepReport report = learner.step(static_cast<std::int64_t>(micro.size()), [&](std::int64_t i) {
        LossSum loss = pair_loss(parts, config, experience, micro[static_cast<std::size_t>(i)]);
        result.sums.merge(loss.metrics);
        return loss;
      });
      result.loss += report.loss;
      result.grad_norm += report.grad_norm;
      result.learning_rate = report.learning_rate;
      ++result.steps;
    }
  }
  return result;
}

// What the rollout says, under TRL's names; sums over a sequence, means over sequences.
void describe_rollout(const Experience& experience, const OnlineDpoConfig& config, Metrics& metrics) {
  const auto total = static_cast<double>(experience.trajectories.size());
  double kl = 0, entropy = 0, ended = 0, scored = 0, score = 0, margin = 0;
  for (std::size_t i = 0; i < experience.trajectories.size(); ++i) {
    const Trajectory& trajectory = experience.trajectories[i];
    for (float logprob : trajectory.logprobs) kl += logprob, entropy -= logprob;
    for (float logprob : experience.reference_logprobs.row(static_cast<std::int64_t>(i))) kl -= logprob;
    ended += trajectory.ended;
    if (std::isnan(trajectory.score)) continue;
    score += reward_of(trajectory, config);
    ++scored;
  }
  for (const Experience::Pair& pair : experience.pairs) {
    margin += reward_of(experience.trajectories[static_cast<std::size_t>(pair.chosen)], config) -
              reward_of(experience.trajectories[static_cast<std::size_t>(pair.rejected)], config);
  }
  metrics.set("objective/kl", kl / total);
  metrics.set("objective/entropy", entropy / total);
  metrics.set("objective/scores", score / scored);
  metrics.set("objective/scores_margin", margin / static_cast<double>(experience.pairs.size()));
  metrics.set("val/contain_eos_token", ended / total);
  metrics.set("pairs", static_cast<double>(experience.pairs.size()));
  metrics.merge(component_metrics(experience.trajectories));
  metrics.set("rewards/unscorable", 1 - scored / total);
  describe_completions(experience.trajectories, metrics);
}

void describe_update(const Update& update, Metrics& metrics) {
  const auto steps = static_cast<double>(update.steps);
  metrics.merge(update.sums.values());
  metrics.set("loss", update.loss / steps);
  metrics.set("grad_norm", update.grad_norm / steps);
  metrics.set("learning_rate", update.learning_rate);
}

// The first pair of the rollout.
void log_samples(Run& run, std::int64_t step, const Experience& experience) {
  if (experience.pairs.empty()) return;
  const auto& [chosen, rejected] = experience.pairs.front();
  for (const auto& [side, i] : {std::pair{"chosen", chosen}, {"rejected", rejected}}) {
    Json record = sample_record(experience.trajectories[static_cast<std::size_t>(i)]);
    record["side"] = side;
    run.log_sample("rollouts", step, record);
  }
}

}  // namespace

void declare(Options& options, OnlineDpoConfig& config) {
  options.section("Rollouts");
  options.add("max_steps", config.steps, "Rollouts to make, each followed by its updates.")
      .within(at_least(1))
      .also("steps");
  options.add("rollout_batch_size", config.rollout_batch_size, "Prompts in each rollout.")
      .within(at_least(1));
  options
      .add("num_generations", config.num_generations,
           "Answers to each prompt; the best and the worst make the pair.")
      .within(between(2, 1 << 20));
  options.add("max_new_tokens", config.max_new_tokens, "Longest answer in tokens.")
      .within(at_least(1))
      .also("max_completion_length")
      .also("response_length");
  options.add("temperature", config.temperature, "Sampling temperature; the same one enters every log-prob.")
      .within(above(0));
  options
      .add("missing_eos_penalty", config.missing_eos_penalty,
           "Taken from the reward of an answer that did not end itself.")
      .within(at_least(0));
  options.section("Loss");
  options.add("beta", config.beta, "Strength of the leash to the reference: the larger, the nearer.")
      .within(above(0));
  options.choose("loss_type", config.loss_type, {"sigmoid", "hinge", "ipo"}, "Loss on the pairs, as in dpo.");
  options.section("Updates");
  options.add("num_iterations", config.num_iterations, "Passes over each rollout's pairs.")
      .within(at_least(1));
  options.add("steps_per_generation", config.steps_per_generation, "Optimizer steps in each pass.")
      .within(at_least(1));
  options
      .add("micro_batch_tokens", config.micro_batch_tokens,
           "Tokens in one forward and backward pass; changes memory and speed, not the result.")
      .within(at_least(1));
  declare(options, config.policy);
  declare(options, config.schedule);
}

void check(const OnlineDpoConfig& config) {
  check_options(config);
  pair_loss_of(config);  // knows what beta may be
}

Ending train_online_dpo(const OnlineDpoParts& parts, const std::vector<Prompt>& prompts,
                        const OnlineDpoConfig& config, const RunOptions& options, Run& run) {
  check(config);
  GroupSampler sampler(parts.policy, parts.format, parts.reward, prompts,
                       {.prompts = config.rollout_batch_size,
                        .group_size = config.num_generations,
                        .max_new_tokens = config.max_new_tokens,
                        .temperature = config.temperature,
                        .seed = options.seed});
  Learner learner(parts.policy, "policy", config.policy, config.schedule,
                  config.steps * config.num_iterations * config.steps_per_generation);
  Lessons lessons("online-dpo", parts.reward);
  StepLoop loop({"online-dpo", config.steps,
                 sampler.rollout_in_words(config.num_iterations, config.steps_per_generation), "rollout"},
                options, run, {kept(learner), lessons.kept(), kept("next_batch", sampler.next_batch)});
  while (loop.next()) {
    const std::int64_t step = loop.step();
    const Experience experience = make_experience(parts, config, sampler.rollout(step));
    lessons.add(experience.lesson);
    if (experience.pairs.empty() && experience.lesson.scored > 0) {
      warn(fmt::format("rollout {}: the reward tells no two answers apart; the weights stay as they were.",
                       step + 1));
    }
    // Before the updates: an error here leaves the rollout to be taken again.
    const auto monitors = monitored(parts.monitors, experience.trajectories);
    const Update updated = update(parts, config, experience, learner, options.seed, step);
    StepNumbers numbers;
    auto& [metrics, latest, timing, shown, vitals] = numbers;
    describe_rollout(experience, config, metrics);
    describe_update(updated, metrics);
    timing.set("step_time", loop.seconds());
    log_samples(run, step + 1, experience);
    vitals = {.reward = metrics.get("objective/scores"),
              .monitors = monitors,
              .kl = metrics.get("objective/kl"),
              .answers = std::ssize(experience.trajectories),
              .distinct = metrics.get("completions/distinct"),
              .length = metrics.get("completions/mean_length"),
              .accuracy = metrics.get("rewards/accuracies")};
    shown.set("score", vitals.reward);
    show_monitors(numbers);
    shown.set("kl", vitals.kl);
    shown.set("accuracy", metrics.get("rewards/accuracies"));
    loop.record(numbers, /*log=*/true);
  }
  lessons.require_any();
  return loop.finish(parts.policy, parts.format.tokenizer());
}

}  // namespace nudge
