// Policy optimisation without a critic, in the order of time: sample groups, score them, compare within the
// group, take clipped steps. Which of the family it is, GRPO, RLOO, REINFORCE++ ..., is a matter of options;
// docs/grpo.md has the table, grpo_objective.h the arithmetic.

#include "algorithms/grpo.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "algorithms/grpo_objective.h"
#include "base/error.h"
#include "base/idle_memory.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/random.h"
#include "rollout/completion_numbers.h"
#include "rollout/describe.h"
#include "rollout/first_ratio.h"
#include "rollout/group_sampler.h"
#include "rollout/lessons.h"
#include "rollout/mini_batches.h"
#include "rollout/scoring.h"
#include "tensor/aten.h"
#include "training/learner.h"
#include "training/step_loop.h"
#include "training/updates.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;
using Monitored = std::vector<std::pair<std::string, double>>;

// Everything known about one rollout, one entry a completion; groups lie side by side.
struct Experience {
  std::vector<Trajectory> trajectories;
  Ragged logprobs;            // as sampled
  Ragged reference_logprobs;  // no rows without a reference
  Ragged kl;                  // by the estimator; no rows without a reference
  Comparison compared;
  Indices active;           // the completions that take part
  Ragged token_advantages;  // what the loss sees; no tokens of completions that take no part
  double kept_ratio = 1;    // of the completions sampled; below 1 with dynamic sampling
  Lesson lesson;
};

class Grpo {
 public:
  Grpo(const GrpoModels& models, const std::vector<Prompt>& prompts, const GrpoOptions& options,
       std::uint64_t seed);

  // One rollout and its updates; `step` counts from 0.
  StepNumbers take(std::int64_t step, Run& run);

  std::vector<Kept> kept_over_steps();
  std::string rollout_in_words() const;
  void require_something_learned() const { lessons_.require_any(); }

 private:
  Experience roll_out(std::int64_t step);
  void measure_kl(Experience& experience) const;
  void admit(Experience& experience) const;
  void check_first_rollout(const Experience& experience) const;
  Updates learn(const Experience& experience, std::int64_t step);
  CountScale count_scale(const Experience& experience, const Indices& mini) const;
  LossSum loss(const Experience& experience, const Indices& micro, const CountScale& scale,
               bool first_update) const;
  StepNumbers described(const Experience& experience, const Updates& updates,
                        const Monitored& monitors) const;
  void log_samples(const Experience& experience, std::int64_t step, Run& run) const;
  RatioCheck ratio_check() const;

  const GrpoModels& models_;
  const GrpoOptions& options_;
  const std::uint64_t seed_;
  GroupSampler sampler_;
  Lessons lessons_;
  Learner learner_;
  double num_tokens_ = 0;  // in prompts and completions, of the whole run
};

}  // namespace

Ending train_grpo(const GrpoModels& models, const std::vector<Prompt>& prompts, const GrpoOptions& grpo,
                  const RunOptions& options, Run& run) {
  check_options(grpo);
  require(models.reference != nullptr || (grpo.leash.beta == 0 && !grpo.leash.max_kl),
          "A KL leash (beta, max_kl) needs the reference model.");
  Grpo training(models, prompts, grpo, options.seed);
  StepLoop loop({"grpo", grpo.rollout.steps, training.rollout_in_words(), "rollout"}, options, run,
                training.kept_over_steps());
  while (loop.next()) {
    const StepNumbers taken = training.take(loop.step(), run);
    loop.stop_above("objective/kl", taken.vitals.kl, grpo.leash.max_kl);
    loop.record(taken, /*log=*/true);
  }
  training.require_something_learned();
  return loop.finish(models.policy, models.format.tokenizer());
}

namespace {

GroupSamplerOptions sampler_options(const GrpoOptions& grpo, std::uint64_t seed) {
  std::function<bool(std::span<const Trajectory>)> keeps;
  if (grpo.dynamic_sampling)
    keeps = [&grpo](std::span<const Trajectory> group) { return is_mixed(group, grpo); };
  return {.rollout = grpo.rollout,
          .greedy = grpo.advantage.baseline == Baseline::greedy,
          .tries = grpo.dynamic_sampling ? grpo.dynamic_sampling_budget : 1,
          .keeps = keeps,
          .seed = seed};
}

Grpo::Grpo(const GrpoModels& models, const std::vector<Prompt>& prompts, const GrpoOptions& options,
           std::uint64_t seed)
    : models_(models),
      options_(options),
      seed_(seed),
      sampler_(models.policy, models.format, models.reward, prompts, sampler_options(options, seed)),
      lessons_("grpo", models.reward),
      learner_(models.policy, "policy", options.policy, options.schedule,
               options.rollout.steps * options.updates_of_a_rollout(),
               options.lr_scheduler_unit == RateUnit::rollout ? options.updates_of_a_rollout() : 1) {}

std::vector<Kept> Grpo::kept_over_steps() {
  return {kept(learner_), lessons_.kept(), kept("next_batch", sampler_.next_batch),
          kept("num_tokens", num_tokens_)};
}

std::string Grpo::rollout_in_words() const {
  return sampler_.rollout_in_words(options_.num_iterations, options_.steps_per_generation);
}

std::string nothing_to_learn(std::int64_t step) {
  return fmt::format(
      "rollout {} holds nothing to learn from: no completion takes part, or (with dynamic_sampling) all of "
      "each prompt scored the same; the weights stay as they were.",
      step + 1);
}

double tokens_of(std::span<const Trajectory> trajectories) {
  double tokens = 0;
  for (const Trajectory& each : trajectories)
    tokens += static_cast<double>(each.prompt_tokens.size() + each.completion_tokens.size());
  return tokens;
}

StepNumbers Grpo::take(std::int64_t step, Run& run) {
  const double began = now_seconds();
  const Experience experience = roll_out(step);
  lessons_.add(experience.lesson);
  if (experience.active.empty() && experience.lesson.scored > 0) warn(nothing_to_learn(step));
  if (step == 0) check_first_rollout(experience);
  // Before the updates: an error here leaves the rollout to be taken again.
  const Monitored monitors = monitored(models_.monitors, experience.trajectories);
  return_idle_memory();
  const double rolled_out = now_seconds();
  const Updates updates = learn(experience, step);
  const double done = now_seconds();

  num_tokens_ += tokens_of(experience.trajectories);
  log_samples(experience, step, run);
  StepNumbers taken = described(experience, updates, monitors);
  taken.latest.set("num_tokens", num_tokens_);
  taken.timing.set("time/rollout", rolled_out - began);
  taken.timing.set("time/update", done - rolled_out);
  taken.timing.set("step_time", done - began);
  return taken;
}

// Every constant of the updates that follow.
Experience Grpo::roll_out(std::int64_t step) {
  GroupRollout rollout = sampler_.rollout(step);
  Experience experience{.trajectories = std::move(rollout.trajectories)};
  experience.kept_ratio =
      static_cast<double>(experience.trajectories.size()) / static_cast<double>(rollout.sampled);
  experience.lesson = {.completions = rollout.sampled, .scored = rollout.scored};
  experience.logprobs = sampled_logprobs(experience.trajectories);
  measure_kl(experience);
  experience.compared = compare_completions(experience.trajectories, rollout.greedy, experience.kl, options_);
  experience.lesson.told_apart = experience.compared.told_apart;
  admit(experience);
  return experience;
}

void Grpo::measure_kl(Experience& experience) const {
  if (models_.reference == nullptr) return;
  const auto& trajectories = experience.trajectories;
  const double temperature = options_.rollout.temperature;
  experience.reference_logprobs =
      completion_logprobs(*models_.reference, trajectories, temperature, options_.micro_batch_tokens);
  experience.kl = options_.leash.kl.estimator == KlEstimator::exact
                      ? completion_kl(models_.policy, *models_.reference, trajectories, temperature,
                                      options_.micro_batch_tokens)
                      : measured_kl(experience.logprobs, experience.reference_logprobs, options_.leash.kl);
}

// Who takes part, and with what at each token.
void Grpo::admit(Experience& experience) const {
  std::vector<std::int64_t> lengths(experience.trajectories.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const Trajectory& trajectory = experience.trajectories[i];
    if (std::isnan(experience.compared.advantages[i])) continue;
    if (options_.mask_truncated_completions && !trajectory.ended) continue;
    experience.active.push_back(i);
    lengths[i] = std::ssize(trajectory.completion_tokens);
  }
  experience.token_advantages =
      token_advantages(experience.compared.advantages, lengths, experience.kl, options_);
}

// Rollout and learner compute the same log-probs.
RatioCheck Grpo::ratio_check() const {
  return {"grpo", options_.rollout.temperature,
          first_ratio_tolerance(models_.policy, options_.ratio_tolerance)};
}

void Grpo::check_first_rollout(const Experience& experience) const {
  check_first_ratio(models_.policy, experience.trajectories, options_.micro_batch_tokens, ratio_check());
}

// Passes over the rollout in fresh permutations, cut into mini-batches (an optimizer step each) and
// micro-batches.
Updates Grpo::learn(const Experience& experience, std::int64_t step) {
  Updates updates{.learning_rate = learner_.learning_rate()};
  Stream stream(seed_, "grpo-minibatches", static_cast<std::uint64_t>(step));
  for (std::int64_t pass = 0; pass < options_.num_iterations; ++pass) {
    Indices order = experience.active;
    stream.shuffle(order);
    for (const Indices& mini : mini_batches(order, options_.steps_per_generation)) {
      const CountScale scale = count_scale(experience, mini);
      const auto micro = trajectory_batches(experience.trajectories, mini, options_.micro_batch_tokens);
      const bool first = updates.steps == 0;
      updates.add(learner_.step(std::ssize(micro),
                                [&](std::int64_t i) { return loss(experience, micro[i], scale, first); }));
    }
  }
  return updates;
}

CountScale Grpo::count_scale(const Experience& experience, const Indices& mini) const {
  const auto tokens = [&](const Indices& rows) {
    const std::vector<std::int64_t> lengths = experience.logprobs.lengths(rows);
    return static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}));
  };
  const UpdateShare share{
      .completions = static_cast<double>(experience.trajectories.size()),
      .active = static_cast<double>(experience.active.size()),
      .tokens = tokens(mini),
      .tokens_of_an_update = tokens(experience.active) / static_cast<double>(options_.steps_per_generation)};
  return {.tokens_per_completion = static_cast<double>(options_.rollout.max_new_tokens),
          .factor = count_factor(options_.aggregation, share)};
}

LossSum Grpo::loss(const Experience& experience, const Indices& micro, const CountScale& scale,
                   bool first_update) const {
  const double temperature = options_.rollout.temperature;
  const PackedTrajectories packed = pack_trajectories(experience.trajectories, micro);
  const at::Tensor states_ND = predicting_states(models_.policy, packed.batch, packed.predicting_N);
  const TokenLogprobs now =
      logprobs_from_states(models_.policy, states_ND, packed.targets_N, temperature, /*entropies=*/true);
  GrpoTokens tokens{.logprobs_N = now.logprobs_N,
                    .entropies_N = now.entropies_N,
                    .old_logprobs_N = experience.logprobs.gather(micro),
                    .advantages_N = experience.token_advantages.gather(micro)};
  if (models_.reference != nullptr) {
    tokens.reference_logprobs_N = experience.reference_logprobs.gather(micro);
    if (options_.leash.kl.estimator == KlEstimator::exact)
      tokens.exact_kl_N = predicted_kl(models_.policy, states_ND, *models_.reference, packed, temperature);
  }
  LossSum loss = grpo_loss(tokens, Completions(experience.logprobs.lengths(micro)), scale, options_);
  if (first_update)
    loss.metrics.highest("first_ratio_deviation",
                         check_first_ratio(now.logprobs_N, tokens.old_logprobs_N, ratio_check()));
  return loss;
}

StepNumbers Grpo::described(const Experience& experience, const Updates& updates,
                            const Monitored& monitors) const {
  StepNumbers numbers;
  Metrics& metrics = numbers.metrics;
  const Moments reward = moments(experience.compared.rewards);
  metrics.set("reward", reward.mean);
  metrics.set("reward_std", reward.deviation);
  metrics.set("frac_reward_zero_std", experience.compared.flat_share);
  numbers.vitals =
      describe_rollout(experience.trajectories, experience.logprobs, experience.reference_logprobs, metrics);
  numbers.vitals.reward = reward.mean;
  numbers.vitals.monitors = monitors;
  metrics.set("completions/active_ratio", static_cast<double>(experience.active.size()) /
                                              static_cast<double>(experience.trajectories.size()));
  if (options_.dynamic_sampling) metrics.set("dynamic_sampling/kept_ratio", experience.kept_ratio);
  metrics.merge(updates.values());
  numbers.shown.set("reward", numbers.vitals.reward);
  show_monitors(numbers);
  numbers.shown.set("kl", numbers.vitals.kl);
  numbers.shown.set("len", numbers.vitals.length);
  return numbers;
}

// The first group, so that it can be seen what was compared with what.
void Grpo::log_samples(const Experience& experience, std::int64_t step, Run& run) const {
  const auto shown = std::min<std::size_t>(options_.rollout.num_generations, experience.trajectories.size());
  for (std::size_t i = 0; i < shown; ++i) {
    Json record = sample_record(experience.trajectories[i]);
    record["reward"] = experience.compared.rewards[i];
    record["advantage"] = experience.compared.advantages[i];
    run.log_sample("rollouts", step + 1, record);
  }
}

}  // namespace
}  // namespace nudge
