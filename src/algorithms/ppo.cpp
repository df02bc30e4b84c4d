// Proximal policy optimisation for language models, top to bottom: roll out, score, put the leash into the
// reward, estimate advantages, take several clipped steps on policy and value. The numbers in brackets are
// the points of docs/ppo.md.

#include "algorithms/ppo.h"

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/random.h"
#include "data/sampler.h"
#include "generation/engine.h"
#include "model/checkpoint.h"
#include "objectives/advantage.h"
#include "objectives/kl.h"
#include "objectives/policy_loss.h"
#include "objectives/token_rewards.h"
#include "rollout/collector.h"
#include "rollout/scoring.h"
#include "training/learner.h"

namespace nudge {
namespace {

using PerToken = std::vector<std::vector<float>>;
using Indices = std::vector<std::int64_t>;

// Everything known about one rollout, one entry a trajectory, one number a completion token.
struct Experience {
  std::vector<Trajectory> trajectories;
  PerToken reference_logprobs;
  PerToken values;
  PerToken kl;       // estimated per token
  PerToken rewards;  // -kl_coef * kl, and the score at the token that ends the completion
  PerToken advantages;
  PerToken returns;
};

std::vector<Prompt> chosen(const std::vector<Prompt>& prompts, const Indices& batch) {
  std::vector<Prompt> result;
  for (std::int64_t index : batch) result.push_back(prompts[index]);
  return result;
}

double sum(const std::vector<float>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0);
}

// [5] What the completion is worth as a whole; one that did not end itself pays for it.
double final_score(const Trajectory& trajectory, const PpoConfig& config) {
  return trajectory.score - (trajectory.ended ? 0 : config.missing_eos_penalty.value_or(0));
}

// The rollout and every constant of the update that follows it.
Experience make_experience(const PpoParts& parts, const PpoConfig& config, Engine& engine,
                           const std::vector<Prompt>& prompts, std::uint64_t seed, std::int64_t step,
                           double kl_coef) {
  SamplingOptions sampling;  // [2, 3] the full softmax at one temperature, which enters every log-prob below
  sampling.temperature = config.temperature;
  sampling.max_new_tokens = config.response_length;
  sampling.seed = Stream(seed, "rollout", static_cast<std::uint64_t>(step))();
  sampling.stop_tokens = {parts.format.stop_token()};

  Experience experience;
  experience.trajectories = collect(prompts, parts.format, engine, sampling, &parts.reward, step);
  for (const Trajectory& trajectory : experience.trajectories) {
    require(std::isfinite(trajectory.score),
            "ppo: the reward {} gave {} for the prompt \"{}\"; rewards must be finite.", parts.reward.name(),
            trajectory.score, trajectory.prompt.question());
  }
  experience.reference_logprobs = completion_logprobs(parts.reference, experience.trajectories,
                                                      config.temperature, config.micro_batch_tokens);
  experience.values = completion_values(parts.value, experience.trajectories, config.micro_batch_tokens);

  const KlEstimator estimator = parse_kl_estimator(config.kl_estimator);
  for (std::size_t i = 0; i < experience.trajectories.size(); ++i) {
    const Trajectory& trajectory = experience.trajectories[i];
    experience.kl.push_back(kl_per_token(estimator, trajectory.logprobs, experience.reference_logprobs[i]));
    experience.rewards.push_back(
        token_rewards(experience.kl[i], kl_coef, final_score(trajectory, config)));  // [6]
  }
  if (config.whiten_rewards) whiten(experience.rewards, /*shift_mean=*/false);  // [10]

  for (std::size_t i = 0; i < experience.trajectories.size(); ++i) {  // [11]
    AdvantageEstimate estimate = gae(experience.rewards[i], experience.values[i], config.gamma, config.lam);
    experience.advantages.push_back(std::move(estimate.advantages));
    experience.returns.push_back(std::move(estimate.returns));
  }
  if (config.whiten_advantages) whiten(experience.advantages);  // [12] after the returns were taken
  return experience;
}

at::Tensor gather(const PerToken& values, const Indices& mini) {
  std::vector<float> flat;
  for (std::int64_t index : mini) flat.insert(flat.end(), values[index].begin(), values[index].end());
  return at::tensor(flat, at::kFloat);
}

at::Tensor gather_logprobs(const std::vector<Trajectory>& trajectories, const Indices& mini) {
  std::vector<float> flat;
  for (std::int64_t index : mini) {
    const auto& logprobs = trajectories[index].logprobs;
    flat.insert(flat.end(), logprobs.begin(), logprobs.end());
  }
  return at::tensor(flat, at::kFloat);
}

double ratio_deviation(float now, float old) {
  return std::abs(std::exp(double{now} - old) - 1);
}

// [1, 16] Rollout and learner compute the same log-probs; if not, everything after would be wrong, so refuse
// to go on.
void require_first_ratio(double deviation, const PpoConfig& config) {
  require(
      deviation <= config.ratio_tolerance,
      "ppo: before the first update the ratio of new to old probabilities must be 1, but deviates by {:.3g} "
      "(tolerance {:.3g}): the decode engine and the training forward disagree. Raise --ratio_tolerance only "
      "if you "
      "know why.",
      deviation, config.ratio_tolerance);
}

// The start-up check: every token of the first rollout.
void check_every_ratio(const Decoder& policy, const Experience& experience, const PpoConfig& config) {
  const PerToken again =
      completion_logprobs(policy, experience.trajectories, config.temperature, config.micro_batch_tokens);
  double worst = 0;
  for (std::size_t i = 0; i < again.size(); ++i) {
    for (std::size_t t = 0; t < again[i].size(); ++t) {
      worst = std::max(worst, ratio_deviation(again[i][t], experience.trajectories[i].logprobs[t]));
    }
  }
  require_first_ratio(worst, config);
}

double worst_deviation(const at::Tensor& now, const at::Tensor& old) {
  return (now.detach() - old).to(at::kDouble).exp().sub(1).abs().max().item<double>();
}

// [14, 15] Passes over the rollout in fresh permutations, cut into mini-batches (an optimizer step each) and
// micro-batches.
struct Update {
  MetricSums policy, value;
  double policy_grad_norm = 0, value_grad_norm = 0, learning_rate = 0;
  double first_ratio_deviation = 0;  // of the first mini-batch, before its step
  std::int64_t steps = 0;
};

Update update(const PpoParts& parts, const PpoConfig& config, const Experience& experience,
              Learner& policy_learner, Learner& value_learner, bool policy_learns, std::uint64_t seed,
              std::int64_t step) {
  Update result;
  const auto size = static_cast<std::int64_t>(experience.trajectories.size());
  Stream stream(seed, "ppo-minibatches", static_cast<std::uint64_t>(step));
  for (std::int64_t epoch = 0; epoch < config.num_ppo_epochs; ++epoch) {
    const Indices order = stream.permutation(size);
    for (std::int64_t part = 0; part < config.num_mini_batches; ++part) {
      const Indices mini(order.begin() + size * part / config.num_mini_batches,
                         order.begin() + size * (part + 1) / config.num_mini_batches);
      const auto micro = trajectory_batches(experience.trajectories, mini, config.micro_batch_tokens);
      const auto count = static_cast<std::int64_t>(micro.size());

      if (policy_learns) {
        const StepReport report = policy_learner.step(count, [&](std::int64_t i) {
          const PackedTrajectories packed = pack_trajectories(experience.trajectories, micro[i]);
          const TokenLogprobs now = next_token_logprobs(parts.policy, packed.batch, packed.predicting_N,
                                                        config.temperature, /*entropies=*/true);
          const at::Tensor old = gather_logprobs(experience.trajectories, micro[i]);
          if (result.steps == 0) {
            result.first_ratio_deviation =
                std::max(result.first_ratio_deviation, worst_deviation(now.logprobs_N, old));
            require_first_ratio(result.first_ratio_deviation, config);
          }
          LossSum loss = clipped_policy_loss(now.logprobs_N, old, gather(experience.advantages, micro[i]),
                                             config.cliprange);
          loss.metrics.add("policy/entropy_avg", now.entropies_N.detach().sum(at::kDouble).item<double>(),
                           loss.count);
          if (config.entropy_coef != 0) loss.sum = loss.sum - config.entropy_coef * now.entropies_N.sum();
          result.policy.merge(loss.metrics);
          return loss;
        });
        result.policy_grad_norm += report.grad_norm;
        result.learning_rate = report.learning_rate;
      }
      const StepReport report = value_learner.step(count, [&](std::int64_t i) {
        const PackedTrajectories packed = pack_trajectories(experience.trajectories, micro[i]);
        LossSum loss =
            clipped_value_loss(predicted_values(parts.value, packed), gather(experience.values, micro[i]),
                               gather(experience.returns, micro[i]), config.cliprange_value);
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
  for (std::size_t i = 0; i < experience.returns.size(); ++i) {
    for (std::size_t t = 0; t < experience.returns[i].size(); ++t) {
      const double target = experience.returns[i][t], residual = target - experience.values[i][t];
      n += 1, returns += target, returns_squared += target * target;
      residuals += residual, residuals_squared += residual * residual;
    }
  }
  const double variance = returns_squared / n - (returns / n) * (returns / n);
  return 1 - (residuals_squared / n - (residuals / n) * (residuals / n)) / variance;
}

// What the rollout says, under TRL's names; sums over a sequence, means over sequences.
void describe_rollout(const Experience& experience, double kl_coef, Metrics& metrics) {
  const double n = static_cast<double>(experience.trajectories.size());
  double kl = 0, k1 = 0, k2 = 0, k3 = 0, entropy = 0, score = 0, total = 0, ended = 0, length = 0;
  for (std::size_t i = 0; i < experience.trajectories.size(); ++i) {
    const Trajectory& trajectory = experience.trajectories[i];
    const auto& reference = experience.reference_logprobs[i];
    kl += sum(experience.kl[i]);
    k1 += sum(kl_per_token(KlEstimator::k1, trajectory.logprobs, reference));
    k2 += sum(kl_per_token(KlEstimator::k2, trajectory.logprobs, reference));
    k3 += sum(kl_per_token(KlEstimator::k3, trajectory.logprobs, reference));
    entropy -= sum(trajectory.logprobs);
    score += trajectory.score;
    total += sum(experience.rewards[i]);
    ended += trajectory.ended;
    length += static_cast<double>(trajectory.completion_tokens.size());
  }
  metrics.set("objective/kl", k1 / n);
  metrics.set("objective/kl_k2", k2 / n);
  metrics.set("objective/kl_k3", k3 / n);
  metrics.set("objective/entropy", entropy / n);
  metrics.set("objective/non_score_reward", -kl_coef * kl / n);
  metrics.set("objective/scores", score / n);
  metrics.set("objective/rlhf_reward", total / n);
  metrics.set("objective/kl_coef", kl_coef);
  metrics.set("val/num_eos_tokens", ended);
  metrics.set("completions/mean_length", length / n);
  metrics.set("val/explained_var", explained_variance(experience));
}

void describe_update(const Update& update, Metrics& metrics) {
  metrics.merge(update.policy.means());
  metrics.merge(update.value.means());
  const double ratio = metrics.get("val/ratio");
  metrics.set("val/ratio_var", metrics.get("val/ratio_var") - ratio * ratio);  // was the mean of squares
  metrics.set("policy/grad_norm", update.policy_grad_norm / static_cast<double>(update.steps));
  metrics.set("val/grad_norm", update.value_grad_norm / static_cast<double>(update.steps));
  metrics.set("val/first_ratio_deviation", update.first_ratio_deviation);
  metrics.set("lr", update.learning_rate);
}

// Scores that are watched but not optimised, on the same completions.
void monitor(const PpoParts& parts, const Experience& experience, Metrics& metrics) {
  for (Reward* monitor : parts.monitors) {
    std::vector<Trajectory> copies = experience.trajectories;
    monitor->score(copies);
    double total = 0;
    for (const Trajectory& copy : copies) total += copy.score;
    metrics.set("monitor/" + monitor->name(), total / static_cast<double>(copies.size()));
  }
}

// The critic is kept: a later run may start from it.
void save_value_model(const Decoder& value, const Tokenizer& tokenizer, const std::filesystem::path& folder) {
  AtomicDirectory directory(folder);
  save_model(value, directory.path());
  tokenizer.save(directory.path());
  directory.commit();
}

void log_samples(Run& run, std::int64_t step, const Experience& experience) {
  for (std::size_t i = 0; i < std::min<std::size_t>(4, experience.trajectories.size()); ++i) {
    const Trajectory& trajectory = experience.trajectories[i];
    run.log_sample("rollouts", step,
                   {{"step", step},
                    {"prompt", trajectory.prompt.question()},
                    {"completion", trajectory.completion},
                    {"completion_tokens", trajectory.completion_tokens},
                    {"ended", trajectory.ended},
                    {"score", trajectory.score},
                    {"kl", sum(experience.kl[i])}});
  }
}

}  // namespace

void declare(Options& options, PpoConfig& config) {
  options.section("Rollouts");
  options.add("steps", config.steps, "Rollouts to make, each followed by its updates.");
  options.add("rollout_batch_size", config.rollout_batch_size,
              "Prompts in each rollout, one completion each.");
  options.add("response_length", config.response_length, "Longest completion in tokens.");
  options.add("temperature", config.temperature, "Sampling temperature; the same one enters every log-prob.");
  options.add("missing_eos_penalty", config.missing_eos_penalty,
              "Taken from the score of a completion that did not end itself.");
  options.section("The leash");
  options.add("kl_coef", config.kl_coef, "Coefficient of the per-token KL to the reference, in the reward.");
  options.add("kl_estimator", config.kl_estimator, "k1, k2 or k3, per sampled token.");
  options.add("kl_target", config.kl_target,
              "Sequence KL that an adaptive coefficient steers to; absent: fixed.");
  options.add("kl_horizon", config.kl_horizon, "Sequences over which the adaptive coefficient reacts.");
  options.add("max_kl", config.max_kl, "Stop when the mean sequence KL of a rollout exceeds this.");
  options.section("Advantages and losses");
  options.add("gamma", config.gamma, "Discount per token.");
  options.add("lam", config.lam, "Lambda of generalised advantage estimation.");
  options.add("whiten_rewards", config.whiten_rewards,
              "Scale token rewards to unit variance (the mean stays).");
  options.add("whiten_advantages", config.whiten_advantages,
              "Advantages to mean 0, variance 1 over the rollout.");
  options.add("cliprange", config.cliprange, "Clip range of the probability ratio.");
  options.add("cliprange_value", config.cliprange_value, "Clip range of the value around its rollout value.");
  options.add("entropy_coef", config.entropy_coef, "Weight of an entropy bonus.");
  options.section("Updates");
  options.add("num_ppo_epochs", config.num_ppo_epochs, "Passes over each rollout.");
  options.add("num_mini_batches", config.num_mini_batches, "Optimizer steps in each pass.");
  options.add("micro_batch_tokens", config.micro_batch_tokens,
              "Tokens in one forward and backward pass; changes memory and speed, not the result.");
  options.add("value_learning_rate", config.value_learning_rate,
              "Learning rate of the value model; 0: the policy's.");
  options.add("critic_warmup", config.critic_warmup, "First rollouts in which only the value model learns.");
  options.add("ratio_tolerance", config.ratio_tolerance,
              "How far the first ratio of a rollout may be from 1.");
  declare(options, config.policy);
  declare(options, config.schedule);
}

void train_ppo(const PpoParts& parts, const std::vector<Prompt>& prompts, const PpoConfig& config,
               const RunOptions& options, Run& run) {
  const EpochSampler sampler(static_cast<std::int64_t>(prompts.size()), config.rollout_batch_size,
                             options.seed);
  const std::int64_t updates = config.steps * config.num_ppo_epochs * config.num_mini_batches;
  OptimizerOptions value_optimizer = config.policy;
  if (config.value_learning_rate > 0) value_optimizer.learning_rate = config.value_learning_rate;
  Learner policy_learner(parts.policy, "policy", config.policy, config.schedule, updates);
  Learner value_learner(parts.value, "value", value_optimizer, config.schedule, updates);
  KlController leash = config.kl_target
                           ? KlController::adaptive(config.kl_coef, *config.kl_target, config.kl_horizon)
                           : KlController::fixed(config.kl_coef);
  std::int64_t step = 0;

  if (const auto state = run.latest()) {
    policy_learner.load(*state);
    value_learner.load(*state);
    leash.restore(get<double>(state->values, "kl_coef", "checkpoint"));
    step = get<std::int64_t>(state->values, "step", "checkpoint");
  }
  const auto save = [&] {
    State state;
    policy_learner.save(state);
    value_learner.save(state);
    state.values["step"] = step;
    state.values["kl_coef"] = leash.coefficient();
    run.save_checkpoint(step, state);
  };

  Engine engine(parts.policy, config.rollout_batch_size);
  Progress progress("ppo", config.steps, "rollout");
  bool stop = false, checked = false;
  while (step < config.steps && !stop) {
    const double began = now_seconds();
    const double kl_coef = leash.coefficient();
    engine.refresh();
    const Experience experience = make_experience(
        parts, config, engine, chosen(prompts, sampler.batch_at(step)), options.seed, step, kl_coef);
    Metrics metrics;
    metrics.set("episode", static_cast<double>((step + 1) * config.rollout_batch_size));
    if (!checked) check_every_ratio(parts.policy, experience, config);
    checked = true;
    const double rolled_out = now_seconds();

    const Update updated = update(parts, config, experience, policy_learner, value_learner,
                                  step >= config.critic_warmup, options.seed, step);
    describe_rollout(experience, kl_coef, metrics);
    describe_update(updated, metrics);
    monitor(parts, experience, metrics);
    leash.update(metrics.get("objective/kl"), static_cast<double>(config.rollout_batch_size));
    ++step;

    Metrics timing;
    timing.set("time/rollout", rolled_out - began);
    timing.set("time/update", now_seconds() - rolled_out);
    timing.set("eps", static_cast<double>(config.rollout_batch_size) / (now_seconds() - began));
    run.log(step, metrics, timing);
    log_samples(run, step, experience);
    Metrics shown;
    shown.set("score", metrics.get("objective/scores"));
    shown.set("kl", metrics.get("objective/kl"));
    shown.set("len", metrics.get("completions/mean_length"));
    progress.update(step, shown);

    if (config.max_kl && metrics.get("objective/kl") > *config.max_kl) {
      say(fmt::format("Stopping at rollout {}: KL {:.3f} exceeds --max_kl {}.", step,
                      metrics.get("objective/kl"), *config.max_kl));
      stop = true;
    }
    const bool last = stop || step == config.steps;
    if (!last && options.save_steps > 0 && step % options.save_steps == 0) save();
    if (!last && interrupt_requested()) {
      save();
      throw Interrupted(
          fmt::format("Stopped after rollout {}; the same command with --resume goes on from there.", step));
    }
  }
  progress.finish();
  save_value_model(parts.value, parts.format.tokenizer(), run.folder() / "value_model");
  run.save_final(parts.policy, parts.format.tokenizer());
}

}  // namespace nudge
