// Preference optimisation on pairs, in the order of time: pack the distinct completions of a micro-batch,
// take their log-probs under policy and reference, sum them for each side of each pair, and go down the
// losses of these sums. Which method it is, DPO, CPO, SimPO, ORPO or TPO, is a matter of the objective.

#include "algorithms/dpo.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <span>

#include "base/excerpt.h"
#include "base/options.h"
#include "data/sampler.h"
#include "evaluation/answer_watch.h"
#include "objectives/pairs/finite_pairs.h"
#include "rollout/pair_batch.h"
#include "tensor/add_mean.h"
#include "tensor/aten.h"
#include "tensor/mean_logits.h"
#include "tensor/ops.h"
#include "training/finite_step.h"
#include "training/learner.h"
#include "training/plan.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

// Means over pairs by which a run is judged.
constexpr Metric kAccuracy{"rewards/accuracies"}, kMargin{"rewards/margins"}, kChosen{"logps/chosen"},
    kReferenceChosen{"reference_logps/chosen"};

// One micro-batch of pairs through the policy, and the terms that the losses are functions of.
struct Forward {
  PairBatch batch;
  at::Tensor states_ND, logprobs_N, entropies_N;
  PairTerms terms;
};

// What a step as a whole has of each: a mean over tokens beside a mean over pairs needs both.
struct StepCounts {
  double pairs = 0, likelihood_tokens = 0;
};

// The preference part of a micro-batch's loss, as a sum over its pairs.
using PreferenceLoss = std::function<at::Tensor(std::int64_t part, const Forward& forward)>;

struct HeldOut {
  double loss;
  MetricSums metrics;
};

class Dpo {
 public:
  Dpo(const DpoParts& parts, const PairObjective& objective, const PairTraining& training,
      std::uint64_t seed);

  std::int64_t steps() const;
  std::string step_in_words() const;
  std::vector<Kept> kept_over_steps();
  void read_reference_for_plan() const;

  StepReport step(std::int64_t step);
  StepNumbers numbers_of(const StepReport& report, const StepLoop& loop) const;
  HeldOut measure_held_out() const;

 private:
  std::vector<Indices> cut(const Indices& units) const;
  StepReport update(const std::vector<Indices>& micro);
  Forward forward(const Indices& pairs) const;
  PairTerms terms_of(const PairBatch& batch, const at::Tensor& logprobs_N) const;
  at::Tensor side_logprobs(const at::Tensor& logprobs_N, const std::vector<TokenSpan>& side,
                           const std::vector<TokenSpan>& other) const;
  void require_finite(const Indices& pairs, const PairTerms& terms) const;

  PreferenceLoss preference_loss(const std::vector<Indices>& micro) const;
  at::Tensor pair_by_pair(const Forward& forward) const;
  at::Tensor policy_weights_P(const Forward& forward) const;
  PreferenceLoss over_the_step(const std::vector<Indices>& micro) const;

  StepCounts count(const Indices& pairs) const;
  at::Tensor likelihood_loss(const Forward& forward, const StepCounts& step, MetricSums& metrics) const;
  void describe(const Forward& forward, MetricSums& metrics) const;

  Indices pairs_of(const Indices& units) const;
  std::vector<PromptedSequence> sequences_of(std::span<const std::int64_t> pairs) const;
  std::string in_words(std::int64_t pair) const;

  const DpoParts& parts_;
  const PairObjective& objective_;
  const PairTraining& training_;
  const Likely likely_;
  const std::vector<Indices> units_;  // what a batch is made of: single pairs, or all pairs of a prompt
  const EpochSampler sampler_;        // of units
  Learner learner_;
  FiniteSteps finite_;
  std::int64_t step_tokens_ = 0, seen_tokens_ = 0;
};

void add_held_out(const HeldOut& held_out, StepNumbers& numbers) {
  numbers.vitals.held_out_loss = held_out.loss;
  numbers.vitals.held_out_accuracy = held_out.metrics.mean(kAccuracy);
  numbers.metrics.set("eval_loss", held_out.loss);
  numbers.metrics.merge(held_out.metrics.values(), "eval_");
}

}  // namespace

Ending train_dpo(const DpoParts& parts, const PairObjective& objective, const PairTraining& training,
                 const RunOptions& options, Run& run) {
  check_options(training);
  // Before a checkpoint is loaded: the start is the start.
  const AnswerWatch answers(parts.policy, parts.format, parts.watched, parts.monitors, training.watch);
  Dpo dpo(parts, objective, training, options.seed);
  if (options.plan) dpo.read_reference_for_plan();
  StepLoop loop({parts.name, dpo.steps(), dpo.step_in_words(), "step", parts.reference.cost()}, options, run,
                dpo.kept_over_steps());
  while (loop.next()) {
    const StepReport report = dpo.step(loop.step());
    StepNumbers numbers = dpo.numbers_of(report, loop);
    const bool evaluates = parts.held_out > 0 && loop.due(training.batch.eval_steps);
    if (evaluates) add_held_out(dpo.measure_held_out(), numbers);
    answers.look(loop, numbers);
    loop.record(numbers, evaluates);
  }
  return loop.finish(parts.policy, parts.format.tokenizer());
}

namespace {

Likely likely_of(const LikelihoodTerm& likelihood) {
  if (likelihood.weight == 0) return Likely::none;
  return likelihood.of_best ? Likely::best : Likely::chosen;
}

std::vector<Indices> units_of(const DpoParts& parts, bool group_by_prompt) {
  const std::int64_t learned = std::ssize(parts.data.pairs) - parts.held_out;
  std::vector<Indices> units;
  if (group_by_prompt) {
    std::ranges::copy_if(parts.data.by_prompt, std::back_inserter(units),
                         [&](const Indices& prompt) { return prompt.front() < learned; });
    return units;
  }
  for (std::int64_t i = 0; i < learned; ++i) units.push_back({i});
  return units;
}

Dpo::Dpo(const DpoParts& parts, const PairObjective& objective, const PairTraining& training,
         std::uint64_t seed)
    : parts_(parts),
      objective_(objective),
      training_(training),
      likely_(likely_of(objective.likelihood)),
      units_(units_of(parts, training.group_by_prompt)),
      sampler_(std::ssize(units_), training.batch.per_step(), seed),
      learner_(parts.policy, "policy", training.optimizer, training.schedule, steps()),
      finite_(parts.name, "pair", [this](std::int64_t pair) { return in_words(pair); }) {}

std::int64_t Dpo::steps() const {
  return sampler_.steps_of_training(training_.batch.num_train_epochs, training_.batch.max_steps);
}

std::string Dpo::step_in_words() const {
  return sampler_.batch_in_words(training_.group_by_prompt ? "prompts" : "pairs",
                                 training_.batch.gradient_accumulation_steps);
}

std::vector<Kept> Dpo::kept_over_steps() {
  const Kept reference{[this](State& state) { state.tensors.merge(parts_.reference.tensors()); },
                       [this](const State& state) {
                         for (const auto& [name, tensor] : parts_.reference.tensors())
                           tensor.copy_(state.tensor(name));
                       }};
  return {kept(learner_), kept("num_tokens", seen_tokens_), reference};
}

// A plan's steps find the reference's log-probs read, as those of the whole run would, and while the policy
// is where it starts.
void Dpo::read_reference_for_plan() const {
  for (std::int64_t step = 0; step < kPlannedSteps; ++step) {
    const Indices pairs = pairs_of(sampler_.batch_at(step));
    parts_.reference.logprobs_N(pack_pairs(parts_.data, pairs, likely_, false).completions);
  }
}

StepReport Dpo::step(std::int64_t step) {
  const Indices units = sampler_.batch_at(step);
  const StepReport report = finite_.take(cut(units), [&](const auto& micro) { return update(micro); });
  parts_.reference.follow(parts_.policy, step + 1);
  step_tokens_ = 0;
  for (const std::int64_t unit : units)
    for (const PromptedSequence& each : sequences_of(units_[unit])) step_tokens_ += each.length();
  seen_tokens_ += step_tokens_;
  return report;
}

// The pairs of these units as micro-batches.
std::vector<Indices> Dpo::cut(const Indices& units) const {
  std::vector<Indices> micro =
      micro_batches(units, training_.batch.micro_batch_tokens,
                    [&](std::int64_t unit) { return packed_tokens(sequences_of(units_[unit])); });
  for (Indices& part : micro) part = pairs_of(part);
  return micro;
}

// One optimizer step on these micro-batches of pairs.
StepReport Dpo::update(const std::vector<Indices>& micro) {
  Indices all;
  for (const Indices& part : micro) all.insert(all.end(), part.begin(), part.end());
  const StepCounts counts = count(all);
  const PreferenceLoss preference = preference_loss(micro);
  return learner_.step(std::ssize(micro), [&](std::int64_t i) {
    const Forward now = forward(micro[i]);
    require_finite(micro[i], now.terms);
    LossSum loss{preference(i, now), static_cast<double>(micro[i].size()), {}};
    if (likely_ != Likely::none) loss.sum = loss.sum + likelihood_loss(now, counts, loss.metrics);
    describe(now, loss.metrics);
    return loss;
  });
}

Forward Dpo::forward(const Indices& pairs) const {
  Forward result{.batch = pack_pairs(parts_.data, pairs, likely_, objective_.likelihood.with_prompt)};
  const auto& [packed, predicting_N, targets_N] = result.batch.packed;
  result.states_ND = predicting_states(parts_.policy, packed, predicting_N);
  const TokenLogprobs now =
      logprobs_from_states(parts_.policy, result.states_ND, targets_N, 1.0, /*entropies=*/true);
  result.logprobs_N = now.logprobs_N;
  result.entropies_N = now.entropies_N.narrow(0, 0, result.batch.completion_tokens);
  result.terms = terms_of(result.batch, result.logprobs_N);
  return result;
}

PairTerms Dpo::terms_of(const PairBatch& batch, const at::Tensor& logprobs_N) const {
  const at::Tensor reference_N = parts_.reference.logprobs_N(batch.completions);
  const auto chosen = [&](const at::Tensor& each_N) {
    return objective_.reward(side_logprobs(each_N, batch.chosen, batch.rejected));
  };
  const auto rejected = [&](const at::Tensor& each_N) {
    return objective_.reward(side_logprobs(each_N, batch.rejected, batch.chosen));
  };
  return {.chosen = chosen(logprobs_N),
          .rejected = rejected(logprobs_N),
          .reference_chosen = chosen(reference_N),
          .reference_rejected = rejected(reference_N),
          .chosen_length = span_lengths(batch.chosen),
          .rejected_length = span_lengths(batch.rejected)};
}

// A completion's log-prob: the sum over its tokens, those beyond the shorter side's length weighted (LD-DPO,
// Liu et al. 2024, eq. 10), or their average.
at::Tensor Dpo::side_logprobs(const at::Tensor& logprobs_N, const std::vector<TokenSpan>& side,
                              const std::vector<TokenSpan>& other) const {
  if (objective_.averages) return span_sums(logprobs_N, side) / span_lengths(side);
  if (objective_.tail_weight == 1) return span_sums(logprobs_N, side);
  std::vector<TokenSpan> heads, tails;
  for (std::size_t p = 0; p < side.size(); ++p) {
    const std::int64_t shared = std::min(side[p].count, other[p].count);
    heads.push_back({side[p].first, shared});
    tails.push_back({side[p].first + shared, side[p].count - shared});
  }
  return span_sums(logprobs_N, heads) + objective_.tail_weight * span_sums(logprobs_N, tails);
}

// A pair without a finite loss is one that the step is taken without.
void Dpo::require_finite(const Indices& pairs, const PairTerms& terms) const {
  const auto loss = [&](const PairTerms& each) { return objective_.losses_P(each); };
  leave_out_unless(objective_.over_step ? finite_terms(terms) : finite_pairs(terms, loss), pairs);
}

PreferenceLoss Dpo::preference_loss(const std::vector<Indices>& micro) const {
  if (objective_.over_step && !micro.empty()) return over_the_step(micro);
  return [this](std::int64_t, const Forward& forward) { return pair_by_pair(forward); };
}

at::Tensor Dpo::pair_by_pair(const Forward& forward) const {
  const at::Tensor each_P = objective_.losses_P(forward.terms);
  return objective_.weigh_by_policy ? (each_P * policy_weights_P(forward)).sum() : each_P.sum();
}

// How likely the policy itself is to say both sides, per token and against what it says on average (WPO, Zhou
// et al. 2024, eq. 2), [P]; no gradient.
at::Tensor Dpo::policy_weights_P(const Forward& forward) const {
  const at::Tensor aligned_N =
      forward.logprobs_N.detach() -
      log_collision(forward.states_ND.detach(), parts_.policy.head_weight(), parts_.policy.config().logits);
  const auto mean = [&](const std::vector<TokenSpan>& side) {
    return span_sums(aligned_N, side) / span_lengths(side);
  };
  return (mean(forward.batch.chosen) + mean(forward.batch.rejected)).exp();
}

// Losses that compare pairs with one another see all pairs of the step: first every log-prob without a
// gradient, then the loss and its slope in each of them, and at last each micro-batch pulls its own log-probs
// down that slope. The gradient is exact; it costs one more forward pass.
PreferenceLoss Dpo::over_the_step(const std::vector<Indices>& micro) const {
  std::vector<PairTerms> seen;
  Indices sizes;
  {
    const at::NoGradGuard no_grad;
    for (const Indices& pairs : micro) {
      seen.push_back(forward(pairs).terms);
      require_finite(pairs, seen.back());
      sizes.push_back(std::ssize(pairs));
    }
  }
  PairTerms all = joined(seen);
  all.chosen.requires_grad_();
  all.rejected.requires_grad_();
  const at::Tensor loss = objective_.losses_P(all).sum();
  loss.backward();
  const at::Tensor value_of_a_pair = loss.detach() / all.chosen.size(0);
  const auto chosen_slopes = all.chosen.grad().split_with_sizes(sizes);
  const auto rejected_slopes = all.rejected.grad().split_with_sizes(sizes);
  return [=](std::int64_t part, const Forward& forward) {
    const auto pull = [](const at::Tensor& slope, const at::Tensor& x) { return slope.dot(x - x.detach()); };
    const PairTerms& now = forward.terms;
    return value_of_a_pair * now.chosen.size(0) + pull(chosen_slopes[part], now.chosen) +
           pull(rejected_slopes[part], now.rejected);
  };
}

StepCounts Dpo::count(const Indices& pairs) const {
  StepCounts counts{.pairs = static_cast<double>(pairs.size())};
  if (likely_ == Likely::none) return counts;
  for (const std::int64_t index : pairs) {
    const auto& pair = parts_.data.pairs[index];
    const Trajectory& likely = parts_.data.completions[likely_ == Likely::best ? pair.best : pair.chosen];
    counts.likelihood_tokens += static_cast<double>(likely.completion_tokens.size());
    if (objective_.likelihood.with_prompt)
      counts.likelihood_tokens += static_cast<double>(likely.prompt_tokens.size()) - 1;
  }
  return counts;
}

// The likelihood of a micro-batch, scaled so that the step's sum divided by its pairs is the mean it stands
// for.
at::Tensor Dpo::likelihood_loss(const Forward& forward, const StepCounts& step, MetricSums& metrics) const {
  const LikelihoodTerm& term = objective_.likelihood;
  at::Tensor nll_P = -span_sums(forward.logprobs_N, forward.batch.likely);
  at::Tensor tokens_P = span_lengths(forward.batch.likely);
  if (term.with_prompt) {
    nll_P = nll_P - span_sums(forward.logprobs_N, forward.batch.likely_prompt);
    tokens_P = tokens_P + span_lengths(forward.batch.likely_prompt);
  }
  metrics.add("nll_loss", nll_P.detach().sum(at::kDouble).item<double>(), tokens_P.sum().item<double>());
  if (!term.per_token) return term.weight * (nll_P / tokens_P).sum();
  return term.weight * step.pairs / step.likelihood_tokens * nll_P.sum();
}

// TRL's names; means over pairs, logits and entropy over completion tokens.
void Dpo::describe(const Forward& forward, MetricSums& metrics) const {
  const auto& [batch, states_ND, logprobs_N, entropies_N, terms] = forward;
  const at::Tensor chosen_P = objective_.beta * terms.chosen_ratio(),
                   rejected_P = objective_.beta * terms.rejected_ratio();
  add_mean(metrics, "rewards/chosen", chosen_P);
  add_mean(metrics, "rewards/rejected", rejected_P);
  add_mean(metrics, kAccuracy, chosen_P > rejected_P);
  add_mean(metrics, kMargin, chosen_P - rejected_P);
  add_mean(metrics, kChosen, side_logprobs(logprobs_N.detach(), batch.chosen, batch.rejected));
  add_mean(metrics, "logps/rejected", side_logprobs(logprobs_N.detach(), batch.rejected, batch.chosen));
  if (objective_.referenced) add_mean(metrics, kReferenceChosen, terms.reference_chosen);
  const at::Tensor logits_N =
      mean_logits(states_ND.detach(), parts_.policy.head_weight(), parts_.policy.config().logits);
  const auto add_logits = [&](const char* name, const std::vector<TokenSpan>& side) {
    metrics.add(name, span_sums(logits_N, side).sum(at::kDouble).item<double>(),
                span_lengths(side).sum().item<double>());
  };
  add_logits("logits/chosen", batch.chosen);
  add_logits("logits/rejected", batch.rejected);
  for (const auto& [name, measure] : objective_.metrics) add_mean(metrics, name, measure(terms));
  add_mean(metrics, "entropy", entropies_N);
}

StepNumbers Dpo::numbers_of(const StepReport& report, const StepLoop& loop) const {
  StepNumbers numbers = described(report);
  auto& [metrics, latest, timing, shown, vitals] = numbers;
  vitals = {.loss = report.loss,
            .accuracy = report.metrics.mean(kAccuracy),
            .margin = report.metrics.mean(kMargin),
            .chosen = report.metrics.mean(kChosen),
            .reference_chosen = report.metrics.mean(kReferenceChosen)};
  describe_left_out(finite_, "pairs", metrics);
  latest.set("num_tokens", static_cast<double>(seen_tokens_));
  latest.set("epoch", sampler_.epochs_after(loop.step()));
  timing.set("tokens_per_second", static_cast<double>(step_tokens_) / loop.seconds());
  shown.set("loss", vitals.loss);
  shown.set("accuracy", vitals.accuracy);
  shown.set("margin", vitals.margin);
  return numbers;
}

// The held-out pairs, measured as a step's pairs are.
HeldOut Dpo::measure_held_out() const {
  const at::NoGradGuard no_grad;
  Indices pairs(static_cast<std::size_t>(parts_.held_out));
  std::iota(pairs.begin(), pairs.end(), std::ssize(parts_.data.pairs) - parts_.held_out);
  const StepCounts counts = count(pairs);
  MetricSums sums;
  std::vector<PairTerms> seen;
  double loss = 0;
  for (const Indices& part : micro_batches(pairs, training_.batch.micro_batch_tokens, [&](std::int64_t pair) {
         return packed_tokens(sequences_of(std::span(&pair, 1)));
       })) {
    const Forward now = forward(part);
    describe(now, sums);
    if (likely_ != Likely::none) loss += likelihood_loss(now, counts, sums).item<double>();
    if (!objective_.over_step) loss += pair_by_pair(now).item<double>();
    seen.push_back(now.terms);
  }
  if (objective_.over_step) loss += objective_.losses_P(joined(seen)).sum().item<double>();
  return {loss / counts.pairs, sums};
}

Indices Dpo::pairs_of(const Indices& units) const {
  Indices pairs;
  for (const std::int64_t unit : units) pairs.insert(pairs.end(), units_[unit].begin(), units_[unit].end());
  return pairs;
}

std::vector<PromptedSequence> Dpo::sequences_of(std::span<const std::int64_t> pairs) const {
  return nudge::sequences_of(parts_.data, pairs, likely_);
}

// "pair 17 (Who wrote Faust?)", counted from 1 among those that are learned from.
std::string Dpo::in_words(std::int64_t pair) const {
  const Trajectory& chosen = parts_.data.completions[parts_.data.pairs[pair].chosen];
  return fmt::format("pair {} ({})", pair + 1,
                     excerpt(parts_.format.tokenizer().decode(chosen.prompt_tokens, /*with_specials=*/true)));
}

}  // namespace
}  // namespace nudge
