// Preference optimisation on single labelled completions, in the order of time: find the step's anchor, then
// push desirable completions above it and the others below. Whether it is KTO or BCO is a matter of the
// objective.

#include "algorithms/kto.h"

#include <numeric>

#include "base/error.h"
#include "base/excerpt.h"
#include "base/options.h"
#include "data/sampler.h"
#include "evaluation/answer_watch.h"
#include "objectives/unpaired/bco.h"
#include "objectives/unpaired/kto.h"
#include "rollout/labelled_batch.h"
#include "rollout/reference.h"
#include "tensor/add_mean.h"
#include "tensor/aten.h"
#include "training/finite_step.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

// Means over the desirable completions, and over the others, by which a run is judged.
constexpr Metric kChosenReward{"rewards/chosen"}, kRejectedReward{"rewards/rejected"},
    kChosen{"logps/chosen"};

// What a step, or the held-out examples, came to.
struct Outcome {
  double loss, anchor;
  MetricSums metrics;

  double margin() const { return metrics.mean(kChosenReward) - metrics.mean(kRejectedReward); }
};

class Kto {
 public:
  Kto(const KtoParts& parts, const LabelledObjective& objective, const LabelledTraining& training,
      std::uint64_t seed);

  std::int64_t steps() const;
  std::string step_in_words() const;
  std::vector<Kept> kept_over_steps();

  // One optimizer step.
  StepNumbers step(const StepLoop& loop);
  Outcome measure_held_out() const;
  void add_held_out(const Outcome& held_out, StepNumbers& numbers) const;

 private:
  double anchor_of(const Indices& examples);
  double mismatched_kl(const Indices& examples) const;
  std::vector<Trajectory> mismatched(const Indices& examples) const;
  at::Tensor rewards_now(const Indices& examples) const;

  LossSum loss(const Indices& examples, double anchor) const;
  void describe(const Outcome& outcome, const std::string& prefix, Metrics& metrics) const;

  std::vector<Indices> cut(const Indices& examples) const;
  const Trajectory& completion_of(std::int64_t example) const;
  std::int64_t tokens_of(std::int64_t example) const;
  std::string in_words(std::int64_t example) const;

  const KtoParts& parts_;
  const LabelledObjective& objective_;
  const LabelledTraining& training_;
  const EpochSampler sampler_;
  Learner learner_;
  FiniteSteps finite_;
  RunningMean rewards_;  // of every completion seen so far; for Anchor::running_mean
  std::int64_t seen_tokens_ = 0;
};

}  // namespace

Ending train_kto(const KtoParts& parts, const LabelledObjective& objective, const LabelledTraining& training,
                 const RunOptions& options, Run& run) {
  check_options(training);
  // Before a checkpoint is loaded: the start is the start.
  const AnswerWatch answers(parts.policy, parts.format, parts.watched, parts.monitors, training.watch);
  Kto kto(parts, objective, training, options.seed);
  StepLoop loop({parts.name, kto.steps(), kto.step_in_words(), "step", parts.before}, options, run,
                kto.kept_over_steps());
  while (loop.next()) {
    StepNumbers numbers = kto.step(loop);
    const bool evaluates = parts.held_out > 0 && loop.due(training.batch.eval_steps);
    if (evaluates) kto.add_held_out(kto.measure_held_out(), numbers);
    answers.look(loop, numbers);
    loop.record(numbers, evaluates);
  }
  return loop.finish(parts.policy, parts.format.tokenizer());
}

namespace {

Kto::Kto(const KtoParts& parts, const LabelledObjective& objective, const LabelledTraining& training,
         std::uint64_t seed)
    : parts_(parts),
      objective_(objective),
      training_(training),
      sampler_(std::ssize(parts.data.examples) - parts.held_out, training.batch.per_step(), seed),
      learner_(parts.policy, "policy", training.optimizer, training.schedule, steps()),
      finite_(parts.name, "completion", [this](std::int64_t example) { return in_words(example); }) {
  require(objective.anchor != Anchor::mismatched_kl || (sampler_.batch() > 1 && parts.held_out != 1),
          "{}: the reference point needs at least two completions in a step, and held out; raise "
          "--per_device_train_batch_size, or give more of --eval_dataset.",
          parts.name);
}

std::int64_t Kto::steps() const {
  return sampler_.steps_of_training(training_.batch.num_train_epochs, training_.batch.max_steps);
}

std::string Kto::step_in_words() const {
  return sampler_.batch_in_words("completions", training_.batch.gradient_accumulation_steps);
}

std::vector<Kept> Kto::kept_over_steps() {
  return {kept(learner_), kept("num_tokens", seen_tokens_), kept("rewards_mean", rewards_.mean),
          kept("rewards_count", rewards_.count)};
}

StepNumbers Kto::step(const StepLoop& loop) {
  const Indices examples = sampler_.batch_at(loop.step());
  const double anchor = anchor_of(examples);
  const StepReport report = finite_.take(cut(examples), [&](const auto& micro) {
    return learner_.step(std::ssize(micro), [&](std::int64_t i) { return loss(micro[i], anchor); });
  });
  std::int64_t step_tokens = 0;
  for (const std::int64_t example : examples) step_tokens += tokens_of(example);
  seen_tokens_ += step_tokens;

  StepNumbers numbers = described(report);
  auto& [metrics, latest, timing, shown, vitals] = numbers;
  const Outcome outcome{report.loss, anchor, report.metrics};
  const double chosen = outcome.metrics.mean(kChosen);
  vitals = {.loss = outcome.loss,
            .margin = outcome.margin(),
            .chosen = chosen,
            .reference_chosen = chosen - outcome.metrics.mean(kChosenReward) / objective_.beta};
  describe(outcome, "", metrics);
  describe_left_out(finite_, "completions", metrics);
  latest.set("num_tokens", static_cast<double>(seen_tokens_));
  latest.set("epoch", sampler_.epochs_after(loop.step()));
  timing.set("tokens_per_second", static_cast<double>(step_tokens) / loop.seconds());
  shown.set("loss", vitals.loss);
  shown.set("margin", vitals.margin);
  return numbers;
}

at::Tensor differences(const Ragged& now, const Ragged& reference) {
  return at::tensor(now.sums(), at::kDouble) - at::tensor(reference.sums(), at::kDouble);
}

at::Tensor finite(const at::Tensor& values) {
  return values.masked_select(values.isfinite());
}

// Taken over the optimizer step, before its update, so that cutting the batch changes nothing.
double Kto::anchor_of(const Indices& examples) {
  switch (objective_.anchor) {
    case Anchor::zero:
      return 0;
    case Anchor::mismatched_kl:
      return mismatched_kl(examples);
    case Anchor::running_mean:
      rewards_.add(finite(rewards_now(examples)));
      return rewards_.mean;
  }
  return 0;
}

double Kto::mismatched_kl(const Indices& examples) const {
  const std::vector<Trajectory> others = mismatched(examples);
  const auto logprobs = [&](const Decoder& model) {
    return completion_logprobs(model, others, 1.0, training_.batch.micro_batch_tokens);
  };
  return kto_reference_point(finite(differences(logprobs(parts_.policy), logprobs(parts_.reference))));
}

// Each prompt of the step with the completion of the example before it, cut where the two would be too long.
std::vector<Trajectory> Kto::mismatched(const Indices& examples) const {
  const std::int64_t longest =
      training_.max_length > 0 ? training_.max_length : parts_.policy.config().context();
  std::vector<Trajectory> result;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const std::int64_t before = examples[(i + examples.size() - 1) % examples.size()];
    Trajectory each{.prompt_tokens = completion_of(examples[i]).prompt_tokens,
                    .completion_tokens = completion_of(before).completion_tokens};
    const std::int64_t room = longest - std::ssize(each.prompt_tokens);
    if (std::ssize(each.completion_tokens) > room)
      each.completion_tokens.resize(static_cast<std::size_t>(room));
    result.push_back(std::move(each));
  }
  return result;
}

at::Tensor Kto::rewards_now(const Indices& examples) const {
  Indices asked;
  std::vector<Trajectory> completions;
  for (const std::int64_t example : examples) {
    asked.push_back(parts_.data.examples[example].completion);
    completions.push_back(completion_of(example));
  }
  const Ragged now = completion_logprobs(parts_.policy, completions, 1.0, training_.batch.micro_batch_tokens);
  const Ragged reference(parts_.reference_logprobs.gather(asked), parts_.reference_logprobs.lengths(asked));
  return objective_.beta * differences(now, reference);
}

LossSum Kto::loss(const Indices& examples, double anchor) const {
  const LabelledBatch batch = pack_examples(parts_.data, parts_.weights, examples);
  const TokenLogprobs now = next_token_logprobs(parts_.policy, batch.packed.batch, batch.packed.predicting_N,
                                                batch.packed.targets_N, 1.0, /*entropies=*/true);
  const at::Tensor logprob_B = span_sums(now.logprobs_N, batch.spans);
  const at::Tensor reference_B = span_sums(parts_.reference_logprobs.gather(batch.completions), batch.spans);
  const at::Tensor ratio_B = logprob_B - reference_B;
  // An example without a finite log-ratio is one that the step is taken without; what is measured is reported
  // as it is.
  if (at::GradMode::is_enabled()) leave_out_unless(ratio_B.isfinite(), examples);
  LossSum loss{(batch.weights_B * objective_.loss(ratio_B, batch.desirable_B, anchor)).sum(),
               static_cast<double>(examples.size()),
               {}};
  // TRL's names: chosen are the desirable completions, rejected the others.
  const at::Tensor &chosen_B = batch.desirable_B, rejected_B = chosen_B.logical_not();
  const at::Tensor reward_B = objective_.beta * ratio_B.detach();
  add_mean(loss.metrics, kChosenReward, reward_B.masked_select(chosen_B));
  add_mean(loss.metrics, kRejectedReward, reward_B.masked_select(rejected_B));
  add_mean(loss.metrics, kChosen, logprob_B.detach().masked_select(chosen_B));
  add_mean(loss.metrics, "logps/rejected", logprob_B.detach().masked_select(rejected_B));
  add_mean(loss.metrics, "entropy", now.entropies_N);
  return loss;
}

// The difference of two means, and the anchor where it has a name.
void Kto::describe(const Outcome& outcome, const std::string& prefix, Metrics& metrics) const {
  metrics.set(prefix + "rewards/margins", outcome.margin());
  if (!objective_.anchor_metric.empty()) metrics.set(prefix + objective_.anchor_metric, outcome.anchor);
}

// The held-out examples, measured as a step's are; the running mean of rewards learns nothing from them.
Outcome Kto::measure_held_out() const {
  const at::NoGradGuard no_grad;
  Indices examples(static_cast<std::size_t>(parts_.held_out));
  std::iota(examples.begin(), examples.end(), std::ssize(parts_.data.examples) - parts_.held_out);
  Outcome outcome{.loss = 0, .anchor = objective_.anchor == Anchor::running_mean ? rewards_.mean : 0};
  if (objective_.anchor == Anchor::mismatched_kl) outcome.anchor = mismatched_kl(examples);
  for (const Indices& part : cut(examples)) {
    const LossSum one = loss(part, outcome.anchor);
    outcome.loss += one.sum.item<double>();
    outcome.metrics.merge(one.metrics);
  }
  outcome.loss /= static_cast<double>(parts_.held_out);
  return outcome;
}

void Kto::add_held_out(const Outcome& held_out, StepNumbers& numbers) const {
  numbers.vitals.held_out_loss = held_out.loss;
  numbers.metrics.set("eval_loss", held_out.loss);
  numbers.metrics.merge(held_out.metrics.values(), "eval_");
  describe(held_out, "eval_", numbers.metrics);
}

std::vector<Indices> Kto::cut(const Indices& examples) const {
  return micro_batches(examples, training_.batch.micro_batch_tokens,
                       [&](std::int64_t example) { return tokens_of(example); });
}

const Trajectory& Kto::completion_of(std::int64_t example) const {
  return parts_.data.completions[parts_.data.examples[example].completion];
}

std::int64_t Kto::tokens_of(std::int64_t example) const {
  const Trajectory& each = completion_of(example);
  return std::ssize(each.prompt_tokens) + std::ssize(each.completion_tokens);
}

std::string Kto::in_words(std::int64_t example) const {
  const std::string prompt = parts_.format.tokenizer().decode(completion_of(example).prompt_tokens,
                                                              /*with_specials=*/true);
  return fmt::format("completion {} ({})", example + 1, excerpt(prompt));
}

}  // namespace
}  // namespace nudge
