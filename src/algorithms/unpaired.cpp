// Preference optimisation on single labelled completions, top to bottom: find the step's anchor, then push
// desirable completions above it and the others below.

#include "algorithms/unpaired.h"

#include <ATen/core/grad_mode.h>

#include <numeric>

#include "base/error.h"
#include "base/excerpt.h"
#include "base/options.h"
#include "data/sampler.h"
#include "evaluation/answer_watch.h"
#include "objectives/unpaired/bco.h"
#include "objectives/unpaired/kto.h"
#include "rollout/pair_batch.h"
#include "rollout/reference.h"
#include "tensor/add_mean.h"
#include "training/finite_step.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

// Means over the desirable completions of a step, and over the others, by which a run is judged.
constexpr Metric kChosenReward{"rewards/chosen"}, kRejectedReward{"rewards/rejected"},
    kChosen{"logps/chosen"};

// The distinct completions of some examples as one packed batch, and where each example's lies in it.
struct Batch {
  Indices completions;
  std::vector<TokenSpan> spans;  // [B]
  PackedTrajectories packed;
  at::Tensor desirable;  // bool [B]
  at::Tensor weights;    // [B]
};

Batch pack_examples(const LabelledTokens& data, const std::vector<float>& weights, const Indices& examples) {
  Batch batch;
  std::map<std::int64_t, TokenSpan> places;
  std::int64_t tokens = 0;
  at::Tensor desirable = at::empty({static_cast<std::int64_t>(examples.size())}, at::kBool);
  std::vector<float> weighs;
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const LabelledTokens::Example& example = data.examples[examples[b]];
    const auto [place, fresh] = places.try_emplace(example.completion);
    if (fresh) {
      place->second = {tokens, std::ssize(data.completions[example.completion].completion_tokens)};
      tokens += place->second.count;
      batch.completions.push_back(example.completion);
    }
    batch.spans.push_back(place->second);
    desirable.data_ptr<bool>()[b] = example.desirable;
    weighs.push_back(weights[examples[b]]);
  }
  batch.packed = pack_trajectories(data.completions, batch.completions);
  batch.desirable = desirable;
  batch.weights = at::tensor(weighs, at::kFloat);
  return batch;
}

at::Tensor differences(const Ragged& now, const Ragged& reference) {
  return at::tensor(now.sums(), at::kDouble) - at::tensor(reference.sums(), at::kDouble);
}

at::Tensor finite(const at::Tensor& values) {
  return values.masked_select(values.isfinite());
}

// Each prompt of the step with the completion of the example before it, cut where the two would be too long.
std::vector<Trajectory> mismatched(const LabelledTokens& data, const Indices& batch,
                                   std::int64_t max_length) {
  std::vector<Trajectory> result;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto completion = [&](std::size_t at) -> const Trajectory& {
      return data.completions[data.examples[batch[at]].completion];
    };
    Trajectory each{.prompt_tokens = completion(i).prompt_tokens,
                    .completion_tokens = completion((i + batch.size() - 1) % batch.size()).completion_tokens};
    const std::int64_t room = max_length - std::ssize(each.prompt_tokens);
    if (std::ssize(each.completion_tokens) > room)
      each.completion_tokens.resize(static_cast<std::size_t>(room));
    result.push_back(std::move(each));
  }
  return result;
}

double mismatched_kl(const UnpairedParts& parts, const UnpairedConfig& config, const Indices& batch) {
  const std::vector<Trajectory> others = mismatched(parts.data, batch, config.max_length);
  const auto logprobs = [&](const Decoder& model) {
    return completion_logprobs(model, others, 1.0, config.micro_batch_tokens);
  };
  return kto_reference_point(finite(differences(logprobs(parts.policy), logprobs(parts.reference))));
}

at::Tensor rewards_now(const UnpairedParts& parts, const UnpairedObjective& objective,
                       const UnpairedConfig& config, const Indices& batch) {
  Indices asked;
  std::vector<Trajectory> completions;
  for (const std::int64_t index : batch) {
    asked.push_back(parts.data.examples[index].completion);
    completions.push_back(parts.data.completions[asked.back()]);
  }
  const Ragged reference(parts.reference_logprobs.gather(asked), parts.reference_logprobs.lengths(asked));
  return objective.beta *
         differences(completion_logprobs(parts.policy, completions, 1.0, config.micro_batch_tokens),
                     reference);
}

// Taken over the optimizer step, before its update, so that cutting the batch changes nothing.
double anchor_of(const UnpairedParts& parts, const UnpairedObjective& objective, const UnpairedConfig& config,
                 const Indices& batch, RunningMean& rewards) {
  switch (objective.anchor) {
    case Anchor::zero:
      return 0;
    case Anchor::mismatched_kl:
      return mismatched_kl(parts, config, batch);
    case Anchor::running_mean:
      rewards.add(finite(rewards_now(parts, objective, config, batch)));
      return rewards.mean;
  }
  return 0;
}

// TRL's names: chosen are the desirable completions, rejected the others.
void describe(const Batch& batch, const at::Tensor& ratio, const at::Tensor& logprob, double beta,
              MetricSums& metrics) {
  const auto rejected = batch.desirable.logical_not();
  add_mean(metrics, kChosenReward, (beta * ratio).masked_select(batch.desirable));
  add_mean(metrics, kRejectedReward, (beta * ratio).masked_select(rejected));
  add_mean(metrics, kChosen, logprob.masked_select(batch.desirable));
  add_mean(metrics, "logps/rejected", logprob.masked_select(rejected));
}

// An example without a finite log-ratio is one that the step is taken without.
void require_finite(const Indices& examples, const at::Tensor& ratio_B) {
  const at::Tensor finite_B = ratio_B.detach().isfinite();
  NoFiniteLoss found;
  for (std::size_t b = 0; b < examples.size(); ++b)
    if (!finite_B[static_cast<std::int64_t>(b)].item<bool>()) found.indices.push_back(examples[b]);
  if (!found.indices.empty()) throw found;
}

std::string example_in_words(const UnpairedParts& parts, std::int64_t example) {
  const Trajectory& answered = parts.data.completions[parts.data.examples[example].completion];
  return fmt::format(
      "completion {} ({})", example + 1,
      excerpt(parts.format.tokenizer().decode(answered.prompt_tokens, /*with_specials=*/true)));
}

LossSum labelled_loss(const UnpairedParts& parts, const UnpairedObjective& objective, const Indices& examples,
                      double anchor) {
  const Batch batch = pack_examples(parts.data, parts.weights, examples);
  const TokenLogprobs now = next_token_logprobs(parts.policy, batch.packed.batch, batch.packed.predicting_N,
                                                batch.packed.targets_N, 1.0, /*entropies=*/true);
  const at::Tensor logprob = span_sums(now.logprobs_N, batch.spans);
  const at::Tensor reference = span_sums(parts.reference_logprobs.gather(batch.completions), batch.spans);
  const at::Tensor ratio = logprob - reference;
  if (at::GradMode::is_enabled()) require_finite(examples, ratio);  // what is measured is reported as it is
  LossSum loss{(batch.weights * objective.loss(ratio, batch.desirable, anchor)).sum(),
               static_cast<double>(examples.size()),
               {}};
  describe(batch, ratio, logprob, objective.beta, loss.metrics);
  add_mean(loss.metrics, "entropy", now.entropies_N);
  return loss;
}

std::int64_t tokens_of(const Trajectory& each) {
  return std::ssize(each.prompt_tokens) + std::ssize(each.completion_tokens);
}

// What a step or the held-out examples came to; nothing where they were not measured.
struct Outcome {
  double loss = Vitals::kUnknown, anchor = Vitals::kUnknown;
  MetricSums metrics;

  double margin() const { return metrics.mean(kChosenReward) - metrics.mean(kRejectedReward); }
};

// The difference of two means, and the anchor where it has a name.
void describe_derived(const Outcome& outcome, const std::string& anchor, const std::string& prefix,
                      Metrics& metrics) {
  metrics.set(prefix + "rewards/margins", outcome.margin());
  if (!anchor.empty()) metrics.set(prefix + anchor, outcome.anchor);
}

// The held-out examples, measured as a step's are; the running mean of rewards learns nothing from them.
Outcome evaluation(const UnpairedParts& parts, const UnpairedObjective& objective,
                   const UnpairedConfig& config, const RunningMean& rewards) {
  const at::NoGradGuard no_grad;
  Indices examples(static_cast<std::size_t>(parts.held_out));
  std::iota(examples.begin(), examples.end(), std::ssize(parts.data.examples) - parts.held_out);
  double anchor = objective.anchor == Anchor::running_mean ? rewards.mean : 0;
  if (objective.anchor == Anchor::mismatched_kl) anchor = mismatched_kl(parts, config, examples);
  MetricSums sums;
  double loss = 0;
  for (const Indices& part : micro_batches(examples, config.micro_batch_tokens, [&](std::int64_t example) {
         return tokens_of(parts.data.completions[parts.data.examples[example].completion]);
       })) {
    const LossSum one = labelled_loss(parts, objective, part, anchor);
    loss += one.sum.item<double>();
    sums.merge(one.metrics);
  }
  return {loss / static_cast<double>(parts.held_out), anchor, std::move(sums)};
}

// The reference's log-prob of what was liked is what the implicit reward leaves of the policy's.
Vitals vitals_of(const Outcome& step, const Outcome& held_out, double beta) {
  const double chosen = step.metrics.mean(kChosen);
  return {.loss = step.loss,
          .held_out_loss = held_out.loss,
          .margin = step.margin(),
          .chosen = chosen,
          .reference_chosen = chosen - step.metrics.mean(kChosenReward) / beta};
}

}  // namespace

void declare(Options& options, UnpairedConfig& config) {
  options.section("Training");
  options.add("per_device_train_batch_size", config.per_device_train_batch_size, "Completions in each batch.")
      .within(at_least(1));
  options
      .add("gradient_accumulation_steps", config.gradient_accumulation_steps,
           "Batches whose gradients are summed before one optimizer step.")
      .within(at_least(1));
  options
      .add("micro_batch_tokens", config.micro_batch_tokens,
           "Tokens in one forward and backward pass; changes memory and speed, not the result.")
      .within(at_least(1));
  options
      .add("max_length", config.max_length,
           "Examples that are longer (prompt and completion, in tokens) are left out; 0: as many as the "
           "model takes, at most 1024.")
      .within(or_else(at_least(2), 0));
  options.add("num_train_epochs", config.num_train_epochs, "Passes over the data; fractions are allowed.")
      .within(above(0));
  options.add("max_steps", config.max_steps, "Optimizer steps; absent or -1: as num_train_epochs says.")
      .within(or_else(at_least(1), -1))
      .also("steps");
  options
      .add("eval_steps", config.eval_steps,
           "Measure the held-out examples every so many steps; 0: at the end.")
      .within(at_least(0));
  declare(options, config.optimizer);
  declare(options, config.schedule);
}

Ending train_unpaired(const UnpairedParts& parts, const UnpairedObjective& objective,
                      const UnpairedConfig& config, const RunOptions& options, Run& run) {
  const EpochSampler sampler(std::ssize(parts.data.examples) - parts.held_out,
                             config.per_device_train_batch_size * config.gradient_accumulation_steps,
                             options.seed);
  require(objective.anchor != Anchor::mismatched_kl || (sampler.batch() > 1 && parts.held_out != 1),
          "{}: the reference point needs at least two completions in a step, and held out; raise "
          "--per_device_train_batch_size, or give more of --eval_dataset.",
          parts.name);
  const std::int64_t total = sampler.steps_of_training(config.num_train_epochs, config.max_steps);
  // Before a checkpoint is loaded: the start is the start.
  const AnswerWatch answers(parts.policy, parts.format, parts.watched, parts.monitors, config.watch);
  Learner learner(parts.policy, "policy", config.optimizer, config.schedule, total);
  std::int64_t seen_tokens = 0;
  RunningMean rewards;
  FiniteSteps steps(parts.name, "completion",
                    [&](std::int64_t example) { return example_in_words(parts, example); });
  StepLoop loop({parts.name, total, sampler.batch_in_words("completions", config.gradient_accumulation_steps),
                 "step", parts.before},
                options, run,
                {kept(learner), kept("num_tokens", seen_tokens), kept("rewards_mean", rewards.mean),
                 kept("rewards_count", rewards.count)});
  const auto tokens = [&](std::int64_t example) {
    return tokens_of(parts.data.completions[parts.data.examples[example].completion]);
  };

  while (loop.next()) {
    const Indices batch = sampler.batch_at(loop.step());
    const double anchor = anchor_of(parts, objective, config, batch, rewards);
    const auto micro = micro_batches(batch, config.micro_batch_tokens, tokens);
    const StepReport report = steps.take(micro, [&](const auto& finite) {
      return learner.step(std::ssize(finite),
                          [&](std::int64_t i) { return labelled_loss(parts, objective, finite[i], anchor); });
    });
    std::int64_t step_tokens = 0;
    for (const std::int64_t example : batch) step_tokens += tokens(example);
    seen_tokens += step_tokens;

    StepNumbers numbers = described(report);
    auto& [metrics, latest, timing, shown, vitals] = numbers;
    const Outcome outcome{report.loss, anchor, report.metrics};
    describe_derived(outcome, objective.anchor_metric, "", metrics);
    describe_left_out(steps, "completions", metrics);
    latest.set("num_tokens", static_cast<double>(seen_tokens));
    latest.set("epoch", sampler.epochs_after(loop.step()));
    timing.set("tokens_per_second", static_cast<double>(step_tokens) / loop.seconds());
    shown.set("loss", report.loss);
    shown.set("margin", outcome.margin());
    Outcome held_out;
    const bool evaluates = parts.held_out > 0 && loop.due(config.eval_steps);
    if (evaluates) {
      held_out = evaluation(parts, objective, config, rewards);
      metrics.set("eval_loss", held_out.loss);
      metrics.merge(held_out.metrics.values(), "eval_");
      describe_derived(held_out, objective.anchor_metric, "eval_", metrics);
    }
    vitals = vitals_of(outcome, held_out, objective.beta);
    answers.look(loop, numbers);
    loop.record(numbers, evaluates);
  }
  return loop.finish(parts.policy, parts.format.tokenizer());
}

}  // namespace nudge
