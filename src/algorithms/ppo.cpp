// Proximal policy optimisation for language models, in the order of time: the training, one rollout and its
// updates, then the parts of these as they come. The arithmetic between them is objectives/ppo_objective.h.
// The numbers in brackets are the points of docs/ppo.md.

#include "algorithms/ppo.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/files.h"
#include "base/idle_memory.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/random.h"
#include "data/sampler.h"
#include "generation/engine.h"
#include "model/checkpoint.h"
#include "rollout/collector.h"
#include "rollout/completion_numbers.h"
#include "rollout/describe.h"
#include "rollout/first_ratio.h"
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

// One rollout and every constant of the updates that follow it.
struct Experience {
  double kl_coef = 0;
  std::vector<Trajectory> sampled, trajectories;  // all completions, and those that could be scored
  std::int64_t after_end_below = 0;               // completions shorter than this have one more state
  PpoMeasurements measured;
  PpoTargets targets;
};

// What the updates of a rollout came to.
struct Learned {
  Updates policy, value;
};

class Ppo {
 public:
  Ppo(const PpoModels& models, const std::vector<Prompt>& prompts, const PpoOptions& options,
      std::uint64_t seed);

  StepNumbers take(std::int64_t step, Run& run);

  std::string rollout_in_words() const;
  std::vector<Kept> kept_over_steps();
  void require_something_learned() const { lessons_.require_any(); }

 private:
  // In the order in which they happen.
  Experience roll_out(std::int64_t step);
  std::vector<Trajectory> scorable(std::vector<Trajectory> trajectories) const;
  std::int64_t after_end_below(const std::vector<Trajectory>& trajectories) const;
  PpoMeasurements measure(const Experience& experience) const;
  Learned learn(const Experience& experience, std::int64_t step);
  double right_factor(const Experience& experience, const Indices& mini) const;
  LossSum policy_loss(const Experience& experience, const Indices& micro, double right_factor,
                      bool first_update) const;
  LossSum value_loss(const Experience& experience, const Indices& micro) const;
  StepNumbers described(const Experience& experience, const Learned& learned,
                        const Monitored& monitors) const;

  RatioCheck ratio_check() const;
  std::int64_t updates_at_one_rate() const;

  const PpoModels& models_;
  const std::vector<Prompt>& prompts_;
  const PpoOptions& options_;
  std::uint64_t seed_;
  EpochSampler order_;
  Engine engine_;
  Lessons lessons_;
  Learner policy_learner_, value_learner_;
  double kl_coef_;
};

void save_value_model(const PpoModels& models, const std::filesystem::path& folder);
void log_samples(const Experience& experience, std::int64_t step, Run& run);

}  // namespace

Ending train_ppo(const PpoModels& models, const std::vector<Prompt>& prompts, const PpoOptions& options,
                 const RunOptions& run_options, Run& run) {
  check_options(options);
  Ppo ppo(models, prompts, options, run_options.seed);
  StepLoop loop({"ppo", options.rollout.steps, ppo.rollout_in_words(), "rollout"}, run_options, run,
                ppo.kept_over_steps());
  while (loop.next()) {
    const StepNumbers taken = ppo.take(loop.step(), run);
    loop.stop_above("objective/kl", taken.vitals.kl, options.max_kl);
    loop.record(taken, /*log=*/true);
  }
  ppo.require_something_learned();
  save_value_model(models, run.folder() / "value_model");
  return loop.finish(models.policy, models.format.tokenizer());
}

namespace {

// One rollout and its updates; `step` counts from 0.
StepNumbers Ppo::take(std::int64_t step, Run& run) {
  const double began = now_seconds();
  const Experience experience = roll_out(step);
  // Before the updates: an error here leaves the rollout to be taken again.
  const Monitored monitors = monitored(models_.monitors, experience.trajectories);
  return_idle_memory();
  const double rolled_out = now_seconds();
  const Learned learned = learn(experience, step);
  const double done = now_seconds();

  StepNumbers taken = described(experience, learned, monitors);
  const auto completions = static_cast<double>(options_.rollout.completions());
  kl_coef_ = next_kl_coef(kl_coef_, taken.vitals.kl, completions, options_.kl_coef);
  taken.latest.set("episode", static_cast<double>(step + 1) * completions);
  taken.timing.set("time/rollout", rolled_out - began);
  taken.timing.set("time/update", done - rolled_out);
  taken.timing.set("eps", completions / (done - began));
  log_samples(experience, step + 1, run);
  return taken;
}

Experience Ppo::roll_out(std::int64_t step) {
  Experience experience{.kl_coef = kl_coef_};
  engine_.refresh();
  // [2, 3, 20] The full softmax at one temperature, which enters every log-prob below.
  const SamplingOptions sampling = sampling_of(options_.rollout, seed_, step);
  experience.sampled = collect(prompts_at(prompts_, order_.batch_at(step)), models_.format, engine_, sampling,
                               &models_.reward, step);
  experience.trajectories = scorable(experience.sampled);
  experience.after_end_below = after_end_below(experience.trajectories);
  experience.measured = measure(experience);
  experience.targets = ppo_targets(experience.measured, experience.kl_coef, options_.objective);

  const std::vector<double>& scores_B = experience.measured.scores_B;
  // One completion has none to be told apart from: the value model speaks for the others.
  const bool told_apart = scores_B.size() == 1 || std::ranges::min(scores_B) < std::ranges::max(scores_B);
  lessons_.add({.completions = std::ssize(experience.sampled),
                .scored = std::ssize(experience.trajectories),
                .told_apart = told_apart});
  if (step == 0)
    check_first_ratio(models_.policy, experience.trajectories, options_.micro_batch_tokens, ratio_check());
  return experience;
}

// [21] A completion that no reward could score takes no part; an infinite score is a fault of the reward.
std::vector<Trajectory> Ppo::scorable(std::vector<Trajectory> trajectories) const {
  std::erase_if(trajectories, [](const Trajectory& trajectory) { return std::isnan(trajectory.score); });
  for (const Trajectory& trajectory : trajectories) {
    require(std::isfinite(trajectory.score),
            "ppo: the reward {} gave {} for the prompt \"{}\"; rewards must be finite.",
            models_.reward.name(), trajectory.score, trajectory.prompt.question());
  }
  require(
      std::ssize(trajectories) >= options_.num_mini_batches,
      "ppo: the reward {} could score {} of {} completions, too few for {} mini-batches; try it alone with "
      "nudge score.",
      models_.reward.name(), trajectories.size(), options_.rollout.completions(), options_.num_mini_batches);
  return trajectories;
}

// [5] TRL gives the score, and with it a state and its value, one step after the end of a completion, where
// its rollout, padded to the longest completion, has a place for it.
std::int64_t Ppo::after_end_below(const std::vector<Trajectory>& trajectories) const {
  if (options_.terminal_reward == TerminalReward::last_token) return 0;
  return std::ranges::max(completion_lengths(trajectories));
}

// What policy, reference and value model say of each token [3, 4], and the reward of each completion [5].
PpoMeasurements Ppo::measure(const Experience& experience) const {
  const auto& all = experience.trajectories;
  const std::int64_t budget = options_.micro_batch_tokens;
  PpoMeasurements measured{
      .logprobs = sampled_logprobs(all),
      .reference_logprobs = completion_logprobs(models_.reference, all, options_.rollout.temperature, budget),
      .values = completion_values(models_.value, all, budget, experience.after_end_below)};
  for (const Trajectory& each : all) measured.scores_B.push_back(penalised_score(each, options_.rollout));
  return measured;
}

// [14, 15] Passes over the rollout in fresh permutations, cut into mini-batches (an optimizer step each) and
// micro-batches.
Learned Ppo::learn(const Experience& experience, std::int64_t step) {
  Learned learned{.policy = {.learning_rate = policy_learner_.learning_rate()}};
  const bool policy_learns = step >= options_.critic_warmup;
  Stream stream(seed_, "ppo-minibatches", static_cast<std::uint64_t>(step));
  for (std::int64_t epoch = 0; epoch < options_.num_ppo_epochs; ++epoch) {
    const Indices order = stream.permutation(std::ssize(experience.trajectories));
    for (const Indices& mini : mini_batches(order, options_.num_mini_batches)) {
      const auto micro = trajectory_batches(experience.trajectories, mini, options_.micro_batch_tokens);
      const bool first_update = learned.value.steps == 0;
      const double right = right_factor(experience, mini);
      const auto loss = [&](std::int64_t i) {
        return policy_loss(experience, micro[i], right, first_update);
      };
      if (policy_learns) {
        learned.policy.add(policy_learner_.step(std::ssize(micro), loss));
      } else if (epoch == 0) {  // measured all the same; it stays what it is over the other passes
        const at::NoGradGuard no_grad;
        for (std::int64_t i = 0; i < std::ssize(micro); ++i) learned.policy.metrics.merge(loss(i).metrics);
      }
      learned.value.add(value_learner_.step(
          std::ssize(micro), [&](std::int64_t i) { return value_loss(experience, micro[i]); }));
    }
  }
  return learned;
}

// Tokens of a mini-batch over those of its right answers (VAPO); 0 where none is right, or it is not asked
// for.
double Ppo::right_factor(const Experience& experience, const Indices& mini) const {
  if (options_.objective.positive_nll_weight == 0) return 0;
  double all = 0, right = 0;
  for (const std::int64_t i : mini) {
    const auto tokens = static_cast<double>(experience.measured.logprobs.length(i));
    all += tokens;
    right += experience.measured.scores_B[i] > 0 ? tokens : 0;
  }
  return right > 0 ? all / right : 0;
}

LossSum Ppo::policy_loss(const Experience& experience, const Indices& micro, double right_factor,
                         bool first_update) const {
  const PackedTrajectories packed = pack_trajectories(experience.trajectories, micro);  // [1]
  const TokenLogprobs now =
      next_token_logprobs(models_.policy, packed.batch, packed.predicting_N, packed.targets_N,
                          options_.rollout.temperature, /*entropies=*/true);
  const PpoMeasurements& measured = experience.measured;
  PpoTokens tokens{.logprobs_N = now.logprobs_N,
                   .entropies_N = now.entropies_N,
                   .old_logprobs_N = measured.logprobs.gather(micro),
                   .advantages_N = experience.targets.advantages.gather(micro)};
  if (right_factor > 0) {
    std::vector<double> scores;
    for (const std::int64_t i : micro) scores.push_back(measured.scores_B[i]);
    tokens.right_N =
        Completions(measured.logprobs.lengths(micro)).spread(at::tensor(scores, at::kDouble) > 0);
    tokens.right_factor = right_factor;
  }
  LossSum loss = ppo_policy_loss(tokens, options_.objective);
  if (first_update) {  // [16]
    loss.metrics.highest("val/first_ratio_deviation",
                         check_first_ratio(tokens.logprobs_N, tokens.old_logprobs_N, ratio_check()));
  }
  return loss;
}

LossSum Ppo::value_loss(const Experience& experience, const Indices& micro) const {
  const PackedTrajectories packed =
      pack_trajectories(experience.trajectories, micro, experience.after_end_below);
  return ppo_value_loss(predicted_values(models_.value, packed), experience.measured.values.gather(micro),
                        experience.targets.returns.gather(micro), options_.objective);
}

double mean_over_completions(const Ragged& ragged) {
  const std::vector<double> sums = ragged.sums();
  return std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(sums.size());
}

// [19] Under TRL's names; sums over a completion, means over completions.
StepNumbers Ppo::described(const Experience& experience, const Learned& learned,
                           const Monitored& monitors) const {
  StepNumbers numbers;
  auto& [metrics, latest, timing, shown, vitals] = numbers;
  const PpoMeasurements& measured = experience.measured;
  const PpoTargets& targets = experience.targets;
  vitals = describe_rollout(experience.sampled, measured.logprobs, measured.reference_logprobs, metrics);
  vitals.monitors = monitors;
  metrics.set("objective/kl_coef", experience.kl_coef);
  metrics.set("objective/non_score_reward", -experience.kl_coef * mean_over_completions(targets.kl));
  metrics.set("objective/rlhf_reward", mean_over_completions(targets.rewards));
  metrics.set("val/num_eos_tokens",
              static_cast<double>(std::ranges::count_if(experience.trajectories, &Trajectory::ended)));
  metrics.set("val/explained_var", explained_variance(measured.values, targets.returns));
  metrics.merge(learned.policy.metrics.values());
  metrics.merge(learned.value.metrics.values());
  metrics.set("policy/grad_norm", learned.policy.mean_grad_norm());
  metrics.set("val/grad_norm", learned.value.mean_grad_norm());
  metrics.set("lr", learned.policy.learning_rate);

  shown.set("score", vitals.reward);
  show_monitors(numbers);
  shown.set("kl", vitals.kl);
  shown.set("len", vitals.length);
  return numbers;
}

void log_samples(const Experience& experience, std::int64_t step, Run& run) {
  const std::vector<double> kl = experience.targets.kl.sums();
  for (std::size_t i = 0; i < std::min<std::size_t>(4, experience.trajectories.size()); ++i) {
    Json record = sample_record(experience.trajectories[i]);
    record["kl"] = kl[i];
    run.log_sample("rollouts", step, record);
  }
}

// [17] The critic is kept: a later run may start from it.
void save_value_model(const PpoModels& models, const std::filesystem::path& folder) {
  AtomicDirectory directory(folder);
  save_model(models.value, directory.path());
  models.format.tokenizer().save(directory.path());
  directory.commit();
}

OptimizerOptions value_optimizer(const PpoOptions& options) {
  OptimizerOptions optimizer = options.policy;
  if (options.value_learning_rate > 0) optimizer.learning_rate = options.value_learning_rate;
  if (options.value_adam_epsilon > 0) optimizer.adam_epsilon = options.value_adam_epsilon;
  return optimizer;
}

Ppo::Ppo(const PpoModels& models, const std::vector<Prompt>& prompts, const PpoOptions& options,
         std::uint64_t seed)
    : models_(models),
      prompts_(prompts),
      options_(options),
      seed_(seed),
      order_(std::ssize(prompts), options.rollout.prompts, seed),
      engine_(models.policy, options.rollout.completions()),
      lessons_("ppo", models.reward),
      policy_learner_(models.policy, "policy", options.policy, options.schedule,
                      std::max<std::int64_t>(0, options.rollout.steps - options.critic_warmup) *
                          options.updates_of_a_rollout(),
                      updates_at_one_rate()),
      value_learner_(models.value, "value", value_optimizer(options), options.schedule,
                     options.rollout.steps * options.updates_of_a_rollout(), updates_at_one_rate()),
      kl_coef_(options.kl_coef.start) {}

std::vector<Kept> Ppo::kept_over_steps() {
  return {kept(policy_learner_), kept(value_learner_), lessons_.kept(), kept("kl_coef", kl_coef_)};
}

std::int64_t Ppo::updates_at_one_rate() const {
  return options_.lr_scheduler_unit == RateUnit::rollout ? options_.updates_of_a_rollout() : 1;
}

// [1, 16] Rollout and learner compute the same log-probs.
RatioCheck Ppo::ratio_check() const {
  return {"ppo", options_.rollout.temperature,
          first_ratio_tolerance(models_.policy, options_.ratio_tolerance)};
}

std::string Ppo::rollout_in_words() const {
  return fmt::format("{} prompts, one completion each of at most {} tokens, and {} updates ({} passes x {})",
                     options_.rollout.prompts, options_.rollout.max_new_tokens,
                     options_.updates_of_a_rollout(), options_.num_ppo_epochs, options_.num_mini_batches);
}

}  // namespace
}  // namespace nudge
