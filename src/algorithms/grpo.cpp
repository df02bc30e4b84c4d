// Policy optimisation without a critic, top to bottom: sample groups, score them, compare within the group,
// take clipped steps. Which of the family it is, GRPO, RLOO, REINFORCE++ ..., is a matter of options;
// docs/grpo.md has the table.

#include "algorithms/grpo.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/progress.h"
#include "base/random.h"
#include "objectives/advantage.h"
#include "objectives/aggregation.h"
#include "objectives/group_advantage.h"
#include "objectives/kl.h"
#include "objectives/overlong.h"
#include "objectives/surrogate.h"
#include "objectives/token_rewards.h"
#include "rewards/component_metrics.h"
#include "rollout/completion_numbers.h"
#include "rollout/describe.h"
#include "rollout/first_ratio.h"
#include "rollout/group_sampler.h"
#include "rollout/lessons.h"
#include "rollout/scoring.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

// The choices that are made by name, read once.
struct Choices {
  GroupAdvantageOptions advantage;
  SurrogateOptions surrogate;
  KlOptions kl;
  bool kl_is_exact;  // over the whole vocabulary; then `kl` has no say
  bool kl_in_loss, kl_in_sequence_reward, kl_in_token_reward;
};

Choices read_choices(const GrpoConfig& config, const GrpoParts& parts) {
  check(config);
  parse_loss_type(config.loss_type);
  Choices choices{
      .advantage = {.group_size = config.num_generations,
                    .baseline = parse_baseline(config.baseline),
                    .scale = parse_reward_scale(config.scale_rewards),
                    .epsilon = config.advantage_epsilon,
                    .lone_keeps_reward = config.lone_completion == "reward"},
      .surrogate = {.surrogate = parse_surrogate(config.surrogate),
                    .level = parse_importance_level(config.importance_sampling_level),
                    .epsilon = config.epsilon,
                    .epsilon_high = config.epsilon_high,
                    .delta = config.delta,
                    .cispo_both_sides = config.cispo_range == "both",
                    .sapo_temperature_pos = config.sapo_temperature_pos,
                    .sapo_temperature_neg = config.sapo_temperature_neg,
                    .log_ratio_limit = config.log_ratio_limit},
      .kl = config.kl_estimator == "exact" ? KlOptions{} : parse_kl(config.kl_estimator),
      .kl_is_exact = config.kl_estimator == "exact",
      .kl_in_loss = config.beta != 0 && config.kl_in == "loss",
      .kl_in_sequence_reward = config.beta != 0 && config.kl_in == "sequence_reward",
      .kl_in_token_reward = config.beta != 0 && config.kl_in == "token_reward",
  };
  choices.kl.limit = config.kl_limit;
  require(parts.reference != nullptr || (config.beta == 0 && !config.max_kl),
          "A KL leash (beta, max_kl) needs the reference model.");
  return choices;
}

// Everything known about one rollout, one entry a completion; groups lie side by side.
struct Experience {
  std::vector<Trajectory> trajectories;
  Ragged logprobs;                 // as sampled
  Ragged reference_logprobs;       // empty without a reference
  Ragged kl;                       // by the estimator; empty without a reference
  std::vector<double> rewards;     // the score and what shapes it; NaN: unscorable
  std::vector<double> advantages;  // of each completion; NaN: unscorable
  Ragged token_advantages;         // what the loss sees; no tokens of completions that take no part
  Indices active;                  // the completions that take part
  double kept_ratio = 1;           // of the completions sampled; below 1 with dynamic sampling
  Lesson lesson;
};

GroupSamplerOptions sampler_options(const GrpoConfig& config, std::uint64_t seed) {
  return {.prompts = config.rollout_batch_size,
          .group_size = config.num_generations,
          .max_new_tokens = config.max_completion_length,
          .temperature = config.temperature,
          .greedy = config.baseline == "greedy",
          .tries = config.dynamic_sampling ? config.dynamic_sampling_budget : 1,
          .only_mixed = config.dynamic_sampling,
          .seed = seed};
}

double clipped(double value, const std::vector<double>& range) {
  return range.empty() || std::isnan(value) ? value : std::clamp(value, range[0], range[1]);
}

// What a completion is worth as a whole.
double shaped_reward(const Trajectory& trajectory, const GrpoConfig& config) {
  double reward = trajectory.score;
  if (!trajectory.ended) reward -= config.missing_eos_penalty.value_or(0);
  const auto length = static_cast<std::int64_t>(trajectory.completion_tokens.size());
  if (config.overlong_buffer > 0) {
    reward += config.overlong_penalty_factor *
              overlong_punishment(length, config.max_completion_length, config.overlong_buffer);
  }
  return clipped(reward, config.reward_clip_range);
}

void measure_kl(const GrpoParts& parts, const GrpoConfig& config, const Choices& choices,
                Experience& experience) {
  if (parts.reference == nullptr) return;
  const auto& trajectories = experience.trajectories;
  experience.reference_logprobs =
      completion_logprobs(*parts.reference, trajectories, config.temperature, config.micro_batch_tokens);
  if (choices.kl_is_exact) {
    experience.kl = completion_kl(parts.policy, *parts.reference, trajectories, config.temperature,
                                  config.micro_batch_tokens);
    return;
  }
  experience.kl = measured_kl(experience.logprobs, experience.reference_logprobs,
                              {.estimator = choices.kl.estimator, .limit = config.kl_limit});
}

// From scores to the advantage of each token: every constant of the updates that follow.
Experience make_experience(const GrpoParts& parts, const GrpoConfig& config, const Choices& choices,
                           GroupRollout rollout) {
  Experience experience;
  experience.trajectories = std::move(rollout.trajectories);
  const std::size_t size = experience.trajectories.size();
  experience.kept_ratio = static_cast<double>(size) / static_cast<double>(rollout.sampled);
  experience.lesson = {.completions = rollout.sampled, .scored = rollout.scored};
  experience.logprobs = sampled_logprobs(experience.trajectories);
  measure_kl(parts, config, choices, experience);
  const std::vector<double> sequence_kl = experience.kl.sums();
  for (std::size_t i = 0; i < size; ++i) {
    double reward = shaped_reward(experience.trajectories[i], config);
    if (choices.kl_in_sequence_reward) reward -= config.beta * sequence_kl[i];
    experience.rewards.push_back(reward);
  }
  std::vector<double> greedy_rewards;
  for (const Trajectory& greedy : rollout.greedy) greedy_rewards.push_back(shaped_reward(greedy, config));
  experience.advantages = group_advantages(experience.rewards, greedy_rewards, choices.advantage);
  experience.lesson.told_apart =  // NaN is neither; 1e-8 is more than rounding leaves of equal rewards
      std::ranges::any_of(experience.advantages, [](double advantage) { return std::abs(advantage) > 1e-8; });
  if (config.normalize_advantages == "sequences") normalize(experience.advantages, config.advantage_epsilon);
  for (double& advantage : experience.advantages) {
    if (config.unscorable == "zero" && std::isnan(advantage)) advantage = 0;
    advantage = clipped(advantage, config.advantage_clip_range);
  }

  std::vector<std::int64_t> lengths(size);  // of those that take part
  for (std::size_t i = 0; i < size; ++i) {
    const Trajectory& trajectory = experience.trajectories[i];
    if (std::isnan(experience.advantages[i])) continue;
    if (config.mask_truncated_completions && !trajectory.ended) continue;
    experience.active.push_back(static_cast<std::int64_t>(i));
    lengths[i] = std::ssize(trajectory.completion_tokens);
  }
  const Ragged zeros = Ragged::zeros(lengths);
  const Ragged rewards = token_rewards(choices.kl_in_token_reward ? experience.kl.cut(lengths) : zeros,
                                       config.beta, experience.advantages);
  // Without a critic an advantage is what is still to come: GAE with values 0 and lambda 1.
  experience.token_advantages = gae(rewards, zeros, config.gamma, /*lambda=*/1).advantages;
  if (config.normalize_advantages == "tokens") {
    whiten(experience.token_advantages, {.variance = parse_variance(config.whiten_variance)});
  }
  return experience;
}

// Rollout and learner compute the same log-probs.
RatioCheck ratio_check(const GrpoConfig& config) {
  return {"grpo", config.temperature, config.ratio_tolerance};
}

// Passes over the rollout in fresh permutations, cut into mini-batches (an optimizer step each) and
// micro-batches.
struct Update {
  MetricSums sums;
  double low_min = 1, high_max = 0;  // of the clipped shares of single completions
  double loss = 0, grad_norm = 0, learning_rate = 0;
  double first_ratio_deviation = 0;  // of the first mini-batch, before its step
  std::int64_t steps = 0;
};

double completion_tokens_of(const Experience& experience, const Indices& chosen) {
  double tokens = 0;
  for (const std::int64_t i : chosen)
    tokens += static_cast<double>(experience.trajectories[i].completion_tokens.size());
  return tokens;
}

// How the losses of one mini-batch are averaged.
AggregationOptions aggregation_options(const GrpoConfig& config, const Experience& experience,
                                       const Indices& mini) {
  AggregationOptions options{.type = parse_loss_type(config.loss_type),
                             .tokens_per_completion = static_cast<double>(config.max_completion_length)};
  const bool by_completions = options.type != LossType::dapo && options.type != LossType::bnpo;
  if (config.count_left_out && by_completions) {
    options.count_scale =
        static_cast<double>(experience.trajectories.size()) / static_cast<double>(experience.active.size());
  }
  if (config.token_mean == "rollout" && options.type == LossType::dapo) {
    options.count_scale = completion_tokens_of(experience, experience.active) /
                          static_cast<double>(config.steps_per_generation) /
                          completion_tokens_of(experience, mini);
  }
  return options;
}

LossSum micro_batch_loss(const GrpoParts& parts, const GrpoConfig& config, const Choices& choices,
                         const Experience& experience, const AggregationOptions& aggregation,
                         const Indices& micro, Update& update) {
  const PackedTrajectories packed = pack_trajectories(experience.trajectories, micro);
  const Completions completions(experience.logprobs.lengths(micro));
  const at::Tensor states_ND = predicting_states(parts.policy, packed.batch, packed.predicting_N);
  const TokenLogprobs now =
      logprobs_from_states(parts.policy, states_ND, packed.targets_N, config.temperature,
                           /*entropies=*/true);
  const at::Tensor old_N = experience.logprobs.gather(micro);
  if (update.steps == 0) {
    update.first_ratio_deviation =
        std::max(update.first_ratio_deviation, check_first_ratio(now.logprobs_N, old_N, ratio_check(config)));
  }

  const SurrogateLoss policy = surrogate_loss(
      now.logprobs_N, old_N, experience.token_advantages.gather(micro), completions, choices.surrogate);
  at::Tensor per_token_N = policy.per_token_N, kl_N;
  if (parts.reference != nullptr) {
    kl_N = choices.kl_is_exact
               ? predicted_kl(parts.policy, states_ND, *parts.reference, packed, config.temperature)
               : kl_per_token(now.logprobs_N, experience.reference_logprobs.gather(micro), choices.kl);
    if (config.use_bias_correction_kl) kl_N = kl_N * policy.ratio_N;
  }
  if (choices.kl_in_loss) per_token_N = per_token_N + config.beta * kl_N;
  if (config.entropy_coef != 0) per_token_N = per_token_N - config.entropy_coef * now.entropies_N;
  LossSum loss = aggregate(per_token_N, completions, aggregation);

  const auto add_mean = [&](const char* name, const at::Tensor& values_N) {
    update.sums.add(name, values_N.detach().sum(at::kDouble).item<double>(),
                    static_cast<double>(completions.tokens()));
  };
  if (kl_N.defined()) add_mean("kl", kl_N);
  add_mean("entropy", now.entropies_N);
  add_mean("ratio", policy.ratio_N);
  add_mean("clip_ratio/low_mean", policy.clipped_low_N);
  add_mean("clip_ratio/high_mean", policy.clipped_high_N);
  add_mean("clip_ratio/region_mean", policy.clipped_low_N.logical_or(policy.clipped_high_N));
  const auto low_B = completions.means(policy.clipped_low_N.to(at::kFloat));
  const auto high_B = completions.means(policy.clipped_high_N.to(at::kFloat));
  update.low_min = std::min(update.low_min, low_B.min().item<double>());
  update.high_max = std::max(update.high_max, high_B.max().item<double>());
  return loss;
}

Update update(const GrpoParts& parts, const GrpoConfig& config, const Choices& choices,
              const Experience& experience, Learner& learner, std::uint64_t seed, std::int64_t step) {
  Update result{.learning_rate = learner.learning_rate()};
  const auto size = static_cast<std::int64_t>(experience.active.size());
  Stream stream(seed, "grpo-minibatches", static_cast<std::uint64_t>(step));
  for (std::int64_t pass = 0; pass < config.num_iterations; ++pass) {
    Indices order = experience.active;
    stream.shuffle(order);
    for (std::int64_t part = 0; part < config.steps_per_generation; ++part) {
      const Indices mini(order.begin() + size * part / config.steps_per_generation,
                         order.begin() + size * (part + 1) / config.steps_per_generation);
      if (mini.empty()) continue;
      const AggregationOptions aggregation = aggregation_options(config, experience, mini);
      const auto micro = trajectory_batches(experience.trajectories, mini, config.micro_batch_tokens);
      const StepReport report = learner.step(static_cast<std::int64_t>(micro.size()), [&](std::int64_t i) {
        return micro_batch_loss(parts, config, choices, experience, aggregation, micro[i], result);
      });
      result.loss += report.loss;
      result.grad_norm += report.grad_norm;
      result.learning_rate = report.learning_rate;
      ++result.steps;
    }
  }
  return result;
}

// What the rollout says, under TRL's names.
void describe_rollout(const Experience& experience, const GrpoConfig& config, Metrics& metrics) {
  const auto size = static_cast<std::size_t>(config.num_generations);
  const Moments reward = moments(experience.rewards);
  double flat = 0;
  for (std::size_t begin = 0; begin < experience.rewards.size(); begin += size) {
    const Moments group = moments(std::span(experience.rewards).subspan(begin, size));
    flat += group.count > 1 && group.deviation < 1e-8;  // one alone equals no other
  }
  const auto total = static_cast<double>(experience.trajectories.size());
  metrics.set("reward", reward.mean);
  metrics.set("reward_std", reward.deviation);
  metrics.set("frac_reward_zero_std", flat * static_cast<double>(size) / total);
  metrics.merge(component_metrics(experience.trajectories));
  metrics.set("rewards/unscorable", 1 - reward.count / total);
  describe_completions(experience.trajectories, metrics);
  metrics.set("completions/active_ratio", static_cast<double>(experience.active.size()) / total);
  if (config.dynamic_sampling) {
    metrics.set("dynamic_sampling/kept_ratio", experience.kept_ratio);
  }
  if (experience.reference_logprobs.rows() == 0) return;
  const std::vector<double> sampled = experience.logprobs.sums(),
                            under_reference = experience.reference_logprobs.sums();
  double kl = 0;  // k1, whatever the estimator: what was sampled, summed over the completion
  for (std::size_t i = 0; i < sampled.size(); ++i) kl += sampled[i] - under_reference[i];
  metrics.set("objective/kl", kl / total);
}

void describe_update(const Update& update, Metrics& metrics) {
  const auto steps = static_cast<double>(update.steps);
  metrics.merge(update.sums.values());
  if (update.steps > 0) {
    metrics.set("clip_ratio/low_min", update.low_min);
    metrics.set("clip_ratio/high_max", update.high_max);
    metrics.set("first_ratio_deviation", update.first_ratio_deviation);
  }
  metrics.set("loss", update.loss / steps);
  metrics.set("grad_norm", update.grad_norm / steps);
  metrics.set("learning_rate", update.learning_rate);
}

// The first group of the rollout, so that it can be seen what was compared with what.
void log_samples(Run& run, std::int64_t step, const Experience& experience, const GrpoConfig& config) {
  const auto shown =
      std::min<std::size_t>(static_cast<std::size_t>(config.num_generations), experience.trajectories.size());
  for (std::size_t i = 0; i < shown; ++i) {
    Json record = sample_record(experience.trajectories[i]);
    record["reward"] = experience.rewards[i];
    record["advantage"] = experience.advantages[i];
    run.log_sample("rollouts", step, record);
  }
}

std::string nothing_to_learn(std::int64_t step) {
  return fmt::format(
      "rollout {} holds nothing to learn from: no completion takes part, or (with dynamic_sampling) all of "
      "each prompt scored the same; the weights stay as they were.",
      step + 1);
}

double tokens_of(std::span<const Trajectory> trajectories) {
  std::size_t tokens = 0;
  for (const Trajectory& trajectory : trajectories) {
    tokens += trajectory.prompt_tokens.size() + trajectory.completion_tokens.size();
  }
  return static_cast<double>(tokens);
}

// What lives from one rollout to the next.
class Training {
 public:
  Training(const GrpoParts& parts, const std::vector<Prompt>& prompts, const GrpoConfig& config,
           std::uint64_t seed)
      : parts_(parts),
        config_(config),
        seed_(seed),
        choices_(read_choices(config, parts)),
        sampler_(parts.policy, parts.format, parts.reward, prompts, sampler_options(config, seed)),
        lessons_("grpo", parts.reward),
        learner_(parts.policy, "policy", config.policy, config.schedule, config.steps * updates(config),
                 config.lr_scheduler_unit == "rollout" ? updates(config) : 1) {}

  std::vector<Kept> kept_over_steps() {
    return {kept(learner_), lessons_.kept(), kept("next_batch", sampler_.next_batch),
            kept("num_tokens", num_tokens_)};
  }

  std::string rollout_in_words() const {
    return sampler_.rollout_in_words(config_.num_iterations, config_.steps_per_generation);
  }

  void require_something_learned() const { lessons_.require_any(); }

  // One rollout and its updates; `step` counts from 0.
  StepNumbers take(std::int64_t step, Run& run) {
    const double began = now_seconds();
    const Experience experience = make_experience(parts_, config_, choices_, sampler_.rollout(step));
    lessons_.add(experience.lesson);
    if (experience.active.empty() && experience.lesson.scored > 0) warn(nothing_to_learn(step));
    if (step == 0)
      check_first_ratio(parts_.policy, experience.trajectories, config_.micro_batch_tokens,
                        ratio_check(config_));
    // Before the updates: an error here leaves the rollout to be taken again.
    const auto monitors = monitored(parts_.monitors, experience.trajectories);
    const double rolled_out = now_seconds();
    const Update updated = update(parts_, config_, choices_, experience, learner_, seed_, step);
    const double done = now_seconds();

    StepNumbers taken;
    auto& [metrics, latest, timing, shown, vitals] = taken;
    describe_rollout(experience, config_, metrics);
    describe_update(updated, metrics);
    latest.set("num_tokens", num_tokens_ += tokens_of(experience.trajectories));
    timing.set("time/rollout", rolled_out - began);
    timing.set("time/update", done - rolled_out);
    timing.set("step_time", done - began);
    vitals = {.reward = metrics.get("reward"),
              .monitors = monitors,
              .kl = metrics.get("objective/kl"),
              .answers = std::ssize(experience.trajectories),
              .distinct = metrics.get("completions/distinct"),
              .length = metrics.get("completions/mean_length")};
    shown.set("reward", vitals.reward);
    show_monitors(taken);
    shown.set("kl", vitals.kl);
    shown.set("len", vitals.length);
    log_samples(run, step + 1, experience, config_);
    return taken;
  }

 private:
  static std::int64_t updates(const GrpoConfig& config) {  // of a rollout
    return config.num_iterations * config.steps_per_generation;
  }

  const GrpoParts& parts_;
  const GrpoConfig& config_;
  std::uint64_t seed_;
  Choices choices_;
  GroupSampler sampler_;
  Lessons lessons_;
  Learner learner_;
  double num_tokens_ = 0;  // in prompts and completions
};

}  // namespace

Ending train_grpo(const GrpoParts& parts, const std::vector<Prompt>& prompts, const GrpoConfig& config,
                  const RunOptions& options, Run& run) {
  Training training(parts, prompts, config, options.seed);
  StepLoop loop({"grpo", config.steps, training.rollout_in_words(), "rollout"}, options, run,
                training.kept_over_steps());
  while (loop.next()) {
    const StepNumbers taken = training.take(loop.step(), run);
    loop.stop_above("objective/kl", taken.vitals.kl, config.max_kl);
    loop.record(taken, /*log=*/true);
  }
  training.require_something_learned();
  return loop.finish(parts.policy, parts.format.tokenizer());
}

}  // namespace nudge
