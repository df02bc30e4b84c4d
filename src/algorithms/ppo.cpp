// Proximal policy optimisation for language models, top to bottom: roll out, score, put the leash into the
// reward, estimate advantages, take several clipped steps on policy and value. The numbers in brackets are
// the points of docs/ppo.md.

#include "algorithms/ppo.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/random.h"
#include "data/sampler.h"
#include "generation/engine.h"
#include "model/checkpoint.h"
#include "objectives/advantage.h"
#include "objectives/kl.h"
#include "objectives/kl_controller.h"
#include "objectives/policy_loss.h"
#include "objectives/token_rewards.h"
#include "rollout/collector.h"
#include "rollout/completion_numbers.h"
#include "rollout/describe.h"
#include "rollout/first_ratio.h"
#include "rollout/lessons.h"
#include "rollout/scoring.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

// Everything known about one rollout, one entry a trajectory, one number a completion token.
struct Experience {
  std::vector<Trajectory> sampled, trajectories;  // the second ones could be scored
  Ragged logprobs, reference_logprobs;
  Ragged values;
  Ragged kl;       // estimated per token
  Ragged rewards;  // -kl_coef * kl, and the score at the token that ends the completion
  Ragged advantages;
  Ragged returns;
  std::int64_t after_end_below = 0;  // completions shorter than this have one more state
};

// [1, 16] Rollout and learner compute the same log-probs.
RatioCheck ratio_check(const PpoConfig& config) {
  return {"ppo", config.rollout.temperature, config.ratio_tolerance};
}

// [5] TRL gives the score, and with it a state and its value, one step after the end of a completion, where
// its rollout, padded to the longest completion, has a place for it.
std::int64_t after_end_below(const PpoConfig& config, const std::vector<Trajectory>& trajectories) {
  std::int64_t longest = 0;
  if (config.terminal_reward != "after_end") return longest;
  for (const Trajectory& each : trajectories) longest = std::max(longest, std::ssize(each.completion_tokens));
  return longest;
}

// [21] A completion that no reward could score takes no part; an infinite score is a fault of the reward.
std::vector<Trajectory> scorable(std::vector<Trajectory> trajectories, const Reward& reward,
                                 const PpoConfig& config) {
  std::erase_if(trajectories, [](const Trajectory& trajectory) { return std::isnan(trajectory.score); });
  for (const Trajectory& trajectory : trajectories) {
    require(std::isfinite(trajectory.score),
            "ppo: the reward {} gave {} for the prompt \"{}\"; rewards must be finite.", reward.name(),
            trajectory.score, trajectory.prompt.question());
  }
  require(
      std::ssize(trajectories) >= config.num_mini_batches,
      "ppo: the reward {} could score {} of {} completions, too few for {} mini-batches; try it alone with "
      "nudge score.",
      reward.name(), trajectories.size(), config.rollout.prompts, config.num_mini_batches);
  return trajectories;
}

// One completion has none to be told apart from: the value model speaks for the others.
bool tells_apart(const std::vector<Trajectory>& trajectories, const PpoConfig& config) {
  const double first = penalised_score(trajectories.front(), config.rollout);
  return trajectories.size() == 1 || std::ranges::any_of(trajectories, [&](const Trajectory& trajectory) {
           return penalised_score(trajectory, config.rollout) != first;
         });
}

// The rollout and every constant of the update that follows it.
Experience make_experience(const PpoParts& parts, const PpoConfig& config, Engine& engine,
                           const std::vector<Prompt>& prompts, std::uint64_t seed, std::int64_t step,
                           double kl_coef) {
  SamplingOptions sampling;  // [2, 3] the full softmax at one temperature, which enters every log-prob below
  sampling.temperature = config.rollout.temperature;
  sampling.max_new_tokens = config.rollout.max_new_tokens;
  sampling.seed = Stream(seed, "rollout", static_cast<std::uint64_t>(step))();
  sampling.stop_tokens = parts.format.end_tokens();

  Experience experience;
  experience.sampled = collect(prompts, parts.format, engine, sampling, &parts.reward, step);
  experience.trajectories = scorable(experience.sampled, parts.reward, config);
  experience.logprobs = sampled_logprobs(experience.trajectories);
  experience.reference_logprobs = completion_logprobs(parts.reference, experience.trajectories,
                                                      config.rollout.temperature, config.micro_batch_tokens);
  experience.after_end_below = after_end_below(config, experience.trajectories);
  experience.values = completion_values(parts.value, experience.trajectories, config.micro_batch_tokens,
                                        experience.after_end_below);

  const Variance variance = value_of<Variance>(config.whiten_variance, "The variance");
  experience.kl = measured_kl(experience.logprobs, experience.reference_logprobs,
                              {.estimator = value_of<KlEstimator>(config.kl_estimator, "The KL estimator"),
                               .limit = config.kl_limit});
  std::vector<double> scores;
  std::vector<bool> after_end;
  for (const Trajectory& trajectory : experience.trajectories) {
    scores.push_back(penalised_score(trajectory, config.rollout));
    after_end.push_back(std::ssize(trajectory.completion_tokens) < experience.after_end_below);
  }
  experience.rewards = token_rewards(experience.kl, kl_coef, scores, after_end);                       // [6]
  if (config.whiten_rewards) whiten(experience.rewards, {.shift_mean = false, .variance = variance});  // [10]

  const AdvantageEstimate estimate =
      gae(experience.rewards, experience.values, config.gamma, config.lam);  // [11]
  experience.advantages = estimate.advantages.cut(experience.kl.lengths());  // none after the end
  experience.returns = estimate.returns;
  if (config.whiten_advantages)
    whiten(experience.advantages, {.variance = variance});  // [12] after the returns were taken
  return experience;
}

// [14, 15] Passes over the rollout in fresh permutations, cut into mini-batches (an optimizer step each) and
// micro-batches.
struct Update {
  MetricSums policy, value;
  double policy_grad_norm = 0, value_grad_norm = 0, learning_rate = 0;
  double first_ratio_deviation = 0;  // of the first mini-batch, before its step
  std::int64_t steps = 0, policy_steps = 0;
};

Update update(const PpoParts& parts, const PpoConfig& config, const Experience& experience,
              Learner& policy_learner, Learner& value_learner, bool policy_learns, std::uint64_t seed,
              std::int64_t step) {
  Update result{.learning_rate = policy_learner.learning_rate()};
  const auto size = static_cast<std::int64_t>(experience.trajectories.size());
  Stream stream(seed, "ppo-minibatches", static_cast<std::uint64_t>(step));
  for (std::int64_t epoch = 0; epoch < config.num_ppo_epochs; ++epoch) {
    const Indices order = stream.permutation(size);
    for (std::int64_t part = 0; part < config.num_mini_batches; ++part) {
      const Indices mini(order.begin() + size * part / config.num_mini_batches,
                         order.begin() + size * (part + 1) / config.num_mini_batches);
      const auto micro = trajectory_batches(experience.trajectories, mini, config.micro_batch_tokens);
      const auto count = static_cast<std::int64_t>(micro.size());

      const auto policy_loss = [&](std::int64_t i) {
        const PackedTrajectories packed = pack_trajectories(experience.trajectories, micro[i]);
        const TokenLogprobs now =
            next_token_logprobs(parts.policy, packed.batch, packed.predicting_N, packed.targets_N,
                                config.rollout.temperature, /*entropies=*/true);
        const at::Tensor old = experience.logprobs.gather(micro[i]);
        if (result.steps == 0) {
          result.first_ratio_deviation =
              std::max(result.first_ratio_deviation,
                       check_first_ratio(now.logprobs_N, old, ratio_check(config)));  // [16]
        }
        LossSum loss = clipped_policy_loss(
            now.logprobs_N, old, experience.advantages.gather(micro[i]),
            Completions(experience.logprobs.lengths(micro[i])),
            {.epsilon = config.cliprange, .delta = config.delta, .log_ratio_limit = config.log_ratio_limit});
        loss.metrics.add("policy/entropy_avg", now.entropies_N.detach().sum(at::kDouble).item<double>(),
                         loss.count);
        if (config.entropy_coef != 0) loss.sum = loss.sum - config.entropy_coef * now.entropies_N.sum();
        result.policy.merge(loss.metrics);
        return loss;
      };
      if (policy_learns) {
        const StepReport report = policy_learner.step(count, policy_loss);
        result.policy_grad_norm += report.grad_norm;
        result.learning_rate = report.learning_rate;
        ++result.policy_steps;
      } else if (epoch == 0) {  // measured all the same; it stays what it is over the other passes
        const at::NoGradGuard no_grad;
        for (std::int64_t i = 0; i < count; ++i) policy_loss(i);
      }
      const StepReport report = value_learner.step(count, [&](std::int64_t i) {
        const PackedTrajectories packed =
            pack_trajectories(experience.trajectories, micro[i], experience.after_end_below);
        LossSum loss =
            clipped_value_loss(predicted_values(parts.value, packed), experience.values.gather(micro[i]),
                               experience.returns.gather(micro[i]), config.cliprange_value);
        result.value.merge(loss.metrics);
        return loss;
      });
      result.value_grad_norm += report.grad_norm;
      ++result.steps;
    }
  }
  return result;
}

// 1 - Var(returns - values) / Var(returns), over all completion tokens [19].
double explained_variance(const Experience& experience) {
  double n = 0, returns = 0, returns_squared = 0, residuals = 0, residuals_squared = 0;
  for (std::int64_t t = 0; t < experience.returns.numbers(); ++t) {
    const double target = experience.returns.flat()[t], residual = target - experience.values.flat()[t];
    n += 1, returns += target, returns_squared += target * target;
    residuals += residual, residuals_squared += residual * residual;
  }
  const double variance = returns_squared / n - (returns / n) * (returns / n);
  return 1 - (residuals_squared / n - (residuals / n) * (residuals / n)) / variance;
}

// What the rollout says, under TRL's names; sums over a sequence, means over sequences.
Vitals describe_rollout(const Experience& experience, double kl_coef, Metrics& metrics) {
  const double n = static_cast<double>(experience.trajectories.size());
  const auto mean = [&](const Ragged& ragged) {
    const std::vector<double> sums = ragged.sums();
    return std::accumulate(sums.begin(), sums.end(), 0.0) / n;
  };
  const Vitals vitals =
      describe_rollout(experience.sampled, experience.logprobs, experience.reference_logprobs, metrics);
  metrics.set("objective/non_score_reward", -kl_coef * mean(experience.kl));
  metrics.set("objective/rlhf_reward", mean(experience.rewards));
  metrics.set("objective/kl_coef", kl_coef);
  metrics.set("val/num_eos_tokens",
              static_cast<double>(std::ranges::count_if(experience.trajectories, &Trajectory::ended)));
  metrics.set("val/explained_var", explained_variance(experience));
  return vitals;
}

void describe_update(const Update& update, Metrics& metrics) {
  metrics.merge(update.policy.values());
  metrics.merge(update.value.values());
  metrics.set("policy/grad_norm", update.policy_grad_norm / static_cast<double>(update.policy_steps));
  metrics.set("val/grad_norm", update.value_grad_norm / static_cast<double>(update.steps));
  metrics.set("val/first_ratio_deviation", update.first_ratio_deviation);
  metrics.set("lr", update.learning_rate);
}

// The critic is kept: a later run may start from it.
void save_value_model(const Decoder& value, const Tokenizer& tokenizer, const std::filesystem::path& folder) {
  AtomicDirectory directory(folder);
  save_model(value, directory.path());
  tokenizer.save(directory.path());
  directory.commit();
}

void log_samples(Run& run, std::int64_t step, const Experience& experience) {
  const std::vector<double> kl = experience.kl.sums();
  for (std::size_t i = 0; i < std::min<std::size_t>(4, experience.trajectories.size()); ++i) {
    Json record = sample_record(experience.trajectories[i]);
    record["kl"] = kl[i];
    run.log_sample("rollouts", step, record);
  }
}

OptimizerOptions value_optimizer(const PpoConfig& config) {
  OptimizerOptions optimizer = config.policy;
  if (config.value_learning_rate > 0) optimizer.learning_rate = config.value_learning_rate;
  if (config.value_adam_epsilon > 0) optimizer.adam_epsilon = config.value_adam_epsilon;
  return optimizer;
}

KlController leash_of(const PpoConfig& config) {
  return config.kl_target ? KlController::adaptive(config.kl_coef, *config.kl_target, config.kl_horizon)
                          : KlController::fixed(config.kl_coef);
}

void check(const PpoConfig& config) {
  check_options(config);
  if (config.num_mini_batches > config.rollout.prompts)
    throw UsageError(fmt::format("--num_mini_batches {} is more than --rollout_batch_size, {}.",
                                 config.num_mini_batches, config.rollout.prompts));
}

// What lives from one rollout to the next.
class Training {
 public:
  Training(const PpoParts& parts, const std::vector<Prompt>& prompts, const PpoConfig& config,
           std::uint64_t seed)
      : parts_(parts),
        prompts_(prompts),
        config_(config),
        seed_(seed),
        order_(static_cast<std::int64_t>(prompts.size()), config.rollout.prompts, seed),
        engine_(parts.policy, config.rollout.prompts),
        lessons_("ppo", parts.reward),
        policy_learner_(
            parts.policy, "policy", config.policy, config.schedule,
            updates(config, std::max<std::int64_t>(0, config.rollout.steps - config.critic_warmup)),
            updates_at_one_rate(config)),
        value_learner_(parts.value, "value", value_optimizer(config), config.schedule,
                       updates(config, config.rollout.steps), updates_at_one_rate(config)),
        leash_(leash_of(config)) {}

  std::vector<Kept> kept_over_steps() {
    const Kept leash{
        [this](State& state) { state.values["kl_coef"] = leash_.coefficient(); },
        [this](const State& state) { leash_.restore(get<double>(state.values, "kl_coef", "checkpoint")); }};
    return {kept(policy_learner_), kept(value_learner_), lessons_.kept(), leash};
  }

  void require_something_learned() const { lessons_.require_any(); }

  // One rollout and its updates; `step` counts from 0.
  StepNumbers take(std::int64_t step, Run& run) {
    const double began = now_seconds();
    const double kl_coef = leash_.coefficient();
    engine_.refresh();
    const Experience experience = make_experience(
        parts_, config_, engine_, prompts_at(prompts_, order_.batch_at(step)), seed_, step, kl_coef);
    lessons_.add({.completions = config_.rollout.prompts,
                  .scored = std::ssize(experience.trajectories),
                  .told_apart = tells_apart(experience.trajectories, config_)});
    if (step == 0)
      check_first_ratio(parts_.policy, experience.trajectories, config_.micro_batch_tokens,
                        ratio_check(config_));
    // Before the updates: an error here leaves the rollout to be taken again.
    const auto monitors = monitored(parts_.monitors, experience.trajectories);
    const double rolled_out = now_seconds();
    const Update updated = update(parts_, config_, experience, policy_learner_, value_learner_,
                                  step >= config_.critic_warmup, seed_, step);
    const double done = now_seconds();

    StepNumbers taken;
    auto& [metrics, latest, timing, shown, vitals] = taken;
    const auto prompts = static_cast<double>(config_.rollout.prompts);
    latest.set("episode", static_cast<double>(step + 1) * prompts);
    vitals = describe_rollout(experience, kl_coef, metrics);
    vitals.monitors = monitors;
    describe_update(updated, metrics);
    leash_.update(vitals.kl, prompts);
    timing.set("time/rollout", rolled_out - began);
    timing.set("time/update", done - rolled_out);
    timing.set("eps", prompts / (done - began));
    shown.set("score", vitals.reward);
    show_monitors(taken);
    shown.set("kl", vitals.kl);
    shown.set("len", vitals.length);
    log_samples(run, step + 1, experience);
    return taken;
  }

 private:
  static std::int64_t updates(const PpoConfig& config, std::int64_t rollouts) {
    return rollouts * config.num_ppo_epochs * config.num_mini_batches;
  }

  static std::int64_t updates_at_one_rate(const PpoConfig& config) {
    return config.lr_scheduler_unit == RateUnit::rollout ? updates(config, 1) : 1;
  }

  const PpoParts& parts_;
  const std::vector<Prompt>& prompts_;
  const PpoConfig& config_;
  std::uint64_t seed_;
  EpochSampler order_;
  Engine engine_;
  Lessons lessons_;
  Learner policy_learner_, value_learner_;
  KlController leash_;
};

std::string rollout_of(const PpoConfig& config) {
  return fmt::format("{} prompts, one completion each of at most {} tokens, and {} updates ({} passes x {})",
                     config.rollout.prompts, config.rollout.max_new_tokens,
                     config.num_ppo_epochs * config.num_mini_batches, config.num_ppo_epochs,
                     config.num_mini_batches);
}

}  // namespace

Ending train_ppo(const PpoParts& parts, const std::vector<Prompt>& prompts, const PpoConfig& config,
                 const RunOptions& options, Run& run) {
  check(config);
  Training training(parts, prompts, config, options.seed);
  StepLoop loop({"ppo", config.rollout.steps, rollout_of(config), "rollout"}, options, run,
                training.kept_over_steps());
  while (loop.next()) {
    const StepNumbers taken = training.take(loop.step(), run);
    loop.stop_above("objective/kl", taken.vitals.kl, config.max_kl);
    loop.record(taken, /*log=*/true);
  }
  training.require_something_learned();
  save_value_model(parts.value, parts.format.tokenizer(), run.folder() / "value_model");
  return loop.finish(parts.policy, parts.format.tokenizer());
}

}  // namespace nudge
