// Online DPO, in the order of time: answer each prompt more than once, let the reward pick the better and the
// worse answer, and take DPO steps on these pairs while they are fresh.

#include "algorithms/online_dpo.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/idle_memory.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/random.h"
#include "objectives/completions.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/sigmoid.h"
#include "rollout/completion_numbers.h"
#include "rollout/describe.h"
#include "rollout/group_sampler.h"
#include "rollout/lessons.h"
#include "rollout/mini_batches.h"
#include "rollout/scoring.h"
#include "tensor/add_mean.h"
#include "tensor/aten.h"
#include "training/learner.h"
#include "training/step_loop.h"
#include "training/updates.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;
using Monitored = std::vector<std::pair<std::string, double>>;

// The share of the pairs whose better answer the policy has come to prefer.
constexpr Metric kAccuracy{"rewards/accuracies"};

// One rollout: all answers, and which two of each prompt make a pair.
struct Experience {
  struct Pair {
    std::int64_t chosen, rejected;  // indices of trajectories
  };
  std::vector<Trajectory> trajectories;
  Ragged logprobs;            // as sampled
  Ragged reference_logprobs;  // of the same tokens
  std::vector<Pair> pairs;    // only of prompts whose answers the reward tells apart
  Lesson lesson;
};

class OnlineDpo {
 public:
  OnlineDpo(const OnlineDpoModels& models, const std::vector<Prompt>& prompts,
            const OnlineDpoOptions& options, std::uint64_t seed);

  // One rollout and its updates; `step` counts from 0.
  StepNumbers take(std::int64_t step, Run& run);

  std::vector<Kept> kept_over_steps();
  std::string rollout_in_words() const;
  void require_something_learned() const { lessons_.require_any(); }

 private:
  Experience roll_out(std::int64_t step);
  std::vector<Experience::Pair> told_apart(const std::vector<Trajectory>& trajectories) const;
  double reward_of(const Trajectory& trajectory) const;
  Updates learn(const Experience& experience, std::int64_t step);
  LossSum loss(const Experience& experience, const Indices& pairs) const;
  at::Tensor losses_P(const PairTerms& terms) const;
  StepNumbers described(const Experience& experience, const Updates& updates,
                        const Monitored& monitors) const;

  const OnlineDpoModels& models_;
  const OnlineDpoOptions& options_;
  const std::uint64_t seed_;
  GroupSampler sampler_;
  Lessons lessons_;
  Learner learner_;
};

}  // namespace

Ending train_online_dpo(const OnlineDpoModels& models, const std::vector<Prompt>& prompts,
                        const OnlineDpoOptions& online, const RunOptions& options, Run& run) {
  check_options(online);
  OnlineDpo training(models, prompts, online, options.seed);
  StepLoop loop({"online-dpo", online.rollout.steps, training.rollout_in_words(), "rollout"}, options, run,
                training.kept_over_steps());
  while (loop.next()) {
    StepNumbers taken = training.take(loop.step(), run);
    taken.timing.set("step_time", loop.seconds());
    loop.record(taken, /*log=*/true);
  }
  training.require_something_learned();
  return loop.finish(models.policy, models.format.tokenizer());
}

namespace {

OnlineDpo::OnlineDpo(const OnlineDpoModels& models, const std::vector<Prompt>& prompts,
                     const OnlineDpoOptions& options, std::uint64_t seed)
    : models_(models),
      options_(options),
      seed_(seed),
      sampler_(models.policy, models.format, models.reward, prompts,
               {.rollout = options.rollout, .seed = seed}),
      lessons_("online-dpo", models.reward),
      learner_(models.policy, "policy", options.policy, options.schedule,
               options.rollout.steps * options.updates_of_a_rollout()) {}

std::vector<Kept> OnlineDpo::kept_over_steps() {
  return {kept(learner_), lessons_.kept(), kept("next_batch", sampler_.next_batch)};
}

std::string OnlineDpo::rollout_in_words() const {
  return sampler_.rollout_in_words(options_.num_iterations, options_.steps_per_generation);
}

// The first pair of the rollout.
void log_samples(const Experience& experience, std::int64_t step, Run& run) {
  if (experience.pairs.empty()) return;
  const auto& [chosen, rejected] = experience.pairs.front();
  for (const auto& [side, i] : {std::pair{"chosen", chosen}, {"rejected", rejected}}) {
    Json record = sample_record(experience.trajectories[i]);
    record["side"] = side;
    run.log_sample("rollouts", step + 1, record);
  }
}

StepNumbers OnlineDpo::take(std::int64_t step, Run& run) {
  const Experience experience = roll_out(step);
  lessons_.add(experience.lesson);
  if (experience.pairs.empty() && experience.lesson.scored > 0)
    warn(fmt::format("rollout {}: the reward tells no two answers apart; the weights stay as they were.",
                     step + 1));
  // Before the updates: an error here leaves the rollout to be taken again.
  const Monitored monitors = monitored(models_.monitors, experience.trajectories);
  return_idle_memory();
  const Updates updates = learn(experience, step);
  log_samples(experience, step, run);
  return described(experience, updates, monitors);
}

// Every constant of the updates that follow.
Experience OnlineDpo::roll_out(std::int64_t step) {
  GroupRollout rollout = sampler_.rollout(step);
  Experience experience{.trajectories = std::move(rollout.trajectories)};
  experience.pairs = told_apart(experience.trajectories);
  experience.lesson = {rollout.sampled, rollout.scored, /*told_apart=*/!experience.pairs.empty()};
  experience.logprobs = sampled_logprobs(experience.trajectories);
  experience.reference_logprobs = completion_logprobs(
      models_.reference, experience.trajectories, options_.rollout.temperature, options_.micro_batch_tokens);
  return experience;
}

double OnlineDpo::reward_of(const Trajectory& trajectory) const {
  return penalised_score(trajectory, options_.rollout);
}

// Of each prompt the best answer and the worst.
std::vector<Experience::Pair> OnlineDpo::told_apart(const std::vector<Trajectory>& trajectories) const {
  std::vector<Experience::Pair> pairs;
  const auto reward = [&](std::int64_t i) { return reward_of(trajectories[i]); };
  const std::int64_t group = options_.rollout.num_generations;
  for (std::int64_t begin = 0; begin < std::ssize(trajectories); begin += group) {
    Experience::Pair pair{-1, -1};
    for (std::int64_t i = begin; i < begin + group; ++i) {
      if (std::isnan(reward(i))) continue;
      if (pair.chosen < 0 || reward(i) > reward(pair.chosen)) pair.chosen = i;
      if (pair.rejected < 0 || reward(i) < reward(pair.rejected)) pair.rejected = i;
    }
    if (pair.chosen != pair.rejected) pairs.push_back(pair);
  }
  return pairs;
}

// Of both sides and the prompt that they share.
std::int64_t tokens_of(const Experience& experience, std::int64_t pair) {
  const auto& [chosen, rejected] = experience.pairs[pair];
  return std::ssize(experience.trajectories[chosen].prompt_tokens) + experience.logprobs.length(chosen) +
         experience.logprobs.length(rejected);
}

// Passes over the pairs in fresh permutations, cut into mini-batches (an optimizer step each) and
// micro-batches.
Updates OnlineDpo::learn(const Experience& experience, std::int64_t step) {
  Updates updates{.learning_rate = learner_.learning_rate()};
  Stream stream(seed_, "online-dpo-minibatches", static_cast<std::uint64_t>(step));
  for (std::int64_t pass = 0; pass < options_.num_iterations; ++pass) {
    const Indices order = stream.permutation(std::ssize(experience.pairs));
    for (const Indices& mini : mini_batches(order, options_.steps_per_generation)) {
      const auto micro = micro_batches(mini, options_.micro_batch_tokens,
                                       [&](std::int64_t pair) { return tokens_of(experience, pair); });
      updates.add(
          learner_.step(std::ssize(micro), [&](std::int64_t i) { return loss(experience, micro[i]); }));
    }
  }
  return updates;
}

// The trajectories of some pairs: all chosen ones, then all rejected ones.
Indices sides_of(const Experience& experience, const Indices& pairs) {
  Indices sides;
  for (const std::int64_t p : pairs) sides.push_back(experience.pairs[p].chosen);
  for (const std::int64_t p : pairs) sides.push_back(experience.pairs[p].rejected);
  return sides;
}

// TRL averages ipo's log-ratios over tokens in DPO, and sums them in online DPO.
at::Tensor OnlineDpo::losses_P(const PairTerms& terms) const {
  switch (options_.loss_type) {
    case OnlineDpoLoss::sigmoid:
      return sigmoid(terms, options_.beta);
    case OnlineDpoLoss::hinge:
      return hinge(terms, options_.beta);
    case OnlineDpoLoss::ipo:
      return ipo_of_sums(terms, options_.beta);
  }
  fail("unknown loss of pairs");
}

LossSum OnlineDpo::loss(const Experience& experience, const Indices& pairs) const {
  const Indices sides = sides_of(experience, pairs);
  const std::int64_t count = std::ssize(pairs);
  const PackedTrajectories packed = pack_trajectories(experience.trajectories, sides);
  const Completions completions(experience.logprobs.lengths(sides));
  const TokenLogprobs now =
      next_token_logprobs(models_.policy, packed.batch, packed.predicting_N, packed.targets_N,
                          options_.rollout.temperature, /*entropies=*/true);
  const at::Tensor logprobs_B = completions.sums(now.logprobs_N);
  const at::Tensor reference_B = completions.sums(experience.reference_logprobs.gather(sides));
  PairTerms terms{.chosen = logprobs_B.narrow(0, 0, count),
                  .rejected = logprobs_B.narrow(0, count, count),
                  .reference_chosen = reference_B.narrow(0, 0, count),
                  .reference_rejected = reference_B.narrow(0, count, count)};
  terms.chosen_score = terms.chosen_ratio();
  terms.rejected_score = terms.rejected_ratio();
  LossSum result{losses_P(terms).sum(), static_cast<double>(count), {}};

  const at::Tensor chosen_P = options_.beta * terms.chosen_ratio(),
                   rejected_P = options_.beta * terms.rejected_ratio();
  add_mean(result.metrics, "rewards/chosen", chosen_P);
  add_mean(result.metrics, "rewards/rejected", rejected_P);
  add_mean(result.metrics, kAccuracy, chosen_P > rejected_P);
  add_mean(result.metrics, "rewards/margins", chosen_P - rejected_P);
  add_mean(result.metrics, "logps/chosen", terms.chosen);
  add_mean(result.metrics, "logps/rejected", terms.rejected);
  add_mean(result.metrics, "entropy", now.entropies_N);
  return result;
}

StepNumbers OnlineDpo::described(const Experience& experience, const Updates& updates,
                                 const Monitored& monitors) const {
  StepNumbers numbers;
  auto& [metrics, latest, timing, shown, vitals] = numbers;
  const auto& all = experience.trajectories;
  vitals = describe_rollout(all, experience.logprobs, experience.reference_logprobs, metrics);
  vitals.monitors = monitors;
  vitals.accuracy = updates.metrics.mean(kAccuracy);
  double margin = 0;
  for (const auto& [chosen, rejected] : experience.pairs)
    margin += reward_of(all[chosen]) - reward_of(all[rejected]);
  metrics.set("objective/scores_margin", margin / static_cast<double>(experience.pairs.size()));
  metrics.set("val/contain_eos_token", static_cast<double>(std::ranges::count_if(all, &Trajectory::ended)) /
                                           static_cast<double>(all.size()));
  metrics.set("pairs", static_cast<double>(experience.pairs.size()));
  metrics.merge(updates.values());
  shown.set("score", vitals.reward);
  show_monitors(numbers);
  shown.set("kl", vitals.kl);
  shown.set("accuracy", vitals.accuracy);
  return numbers;
}

}  // namespace
}  // namespace nudge
