// Preference optimisation on pairs, top to bottom: pack the distinct completions of a micro-batch, take their
// log-probs under policy and reference, sum them per side of each pair, and hand these to the losses.

#include "algorithms/paired.h"

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

Likely likely_of(const PairObjective& objective) {
  if (objective.likelihood.weight == 0) return Likely::none;
  return objective.likelihood.of_gold ? Likely::gold : Likely::chosen;
}

// One micro-batch through the policy.
struct Forward {
  PairBatch batch;
  at::Tensor states_ND, logprobs_N, entropies_N;
};

Forward forward(const PairedParts& parts, const PairObjective& objective, const Indices& pairs) {
  Forward result{.batch =
                     pack_pairs(parts.data, pairs, likely_of(objective), objective.likelihood.with_prompt)};
  const auto& [packed, predicting_N, targets_N] = result.batch.packed;
  result.states_ND = predicting_states(parts.policy, packed, predicting_N);
  const TokenLogprobs now =
      logprobs_from_states(parts.policy, result.states_ND, targets_N, 1.0, /*entropies=*/true);
  result.logprobs_N = now.logprobs_N;
  result.entropies_N = now.entropies_N.narrow(0, 0, result.batch.completion_tokens);
  return result;
}

// A completion's log-prob: the sum over its tokens, those beyond the shorter side's length weighted (LD-DPO,
// Liu et al. 2024, eq. 10), or their average.
at::Tensor side_logprobs(const at::Tensor& logprobs_N, const std::vector<TokenSpan>& side,
                         const std::vector<TokenSpan>& other, const PairObjective& objective) {
  if (objective.averages) return span_sums(logprobs_N, side) / span_lengths(side);
  if (objective.tail_weight == 1) return span_sums(logprobs_N, side);
  std::vector<TokenSpan> heads, tails;
  for (std::size_t p = 0; p < side.size(); ++p) {
    const std::int64_t shared = std::min(side[p].count, other[p].count);
    heads.push_back({side[p].first, shared});
    tails.push_back({side[p].first + shared, side[p].count - shared});
  }
  return span_sums(logprobs_N, heads) + objective.tail_weight * span_sums(logprobs_N, tails);
}

PairTerms with_scores(PairTerms terms, const PairObjective& objective) {
  terms.chosen_score = objective.divergence(terms.chosen_ratio());
  terms.rejected_score = objective.divergence(terms.rejected_ratio());
  return terms;
}

PairTerms terms_of(const Forward& forward, const PairedParts& parts, const PairObjective& objective) {
  const PairBatch& batch = forward.batch;
  const at::Tensor reference_N = parts.reference.logprobs_N(batch.completions);
  const auto chosen = [&](const at::Tensor& logprobs_N) {
    return objective.reward(side_logprobs(logprobs_N, batch.chosen, batch.rejected, objective));
  };
  const auto rejected = [&](const at::Tensor& logprobs_N) {
    return objective.reward(side_logprobs(logprobs_N, batch.rejected, batch.chosen, objective));
  };
  return with_scores({.chosen = chosen(forward.logprobs_N),
                      .rejected = rejected(forward.logprobs_N),
                      .reference_chosen = chosen(reference_N),
                      .reference_rejected = rejected(reference_N),
                      .chosen_length = span_lengths(batch.chosen),
                      .rejected_length = span_lengths(batch.rejected)},
                     objective);
}

// What one pair costs: the weighted losses, [P].
at::Tensor losses_P(const PairTerms& terms, const PairObjective& objective) {
  at::Tensor total = at::zeros_like(terms.chosen);
  for (const auto& [weight, loss] : objective.losses) total = total + weight * loss(terms);
  return total;
}

// A pair without a finite loss is one that the step is taken without.
void require_finite(const Indices& pairs, const PairTerms& terms, const PairObjective& objective) {
  const auto loss = [&](const PairTerms& each) { return losses_P(with_scores(each, objective), objective); };
  const at::Tensor finite = objective.over_step ? finite_terms(terms) : finite_pairs(terms, loss);
  NoFiniteLoss found;
  for (std::size_t p = 0; p < pairs.size(); ++p)
    if (!finite[static_cast<std::int64_t>(p)].item<bool>()) found.indices.push_back(pairs[p]);
  if (!found.indices.empty()) throw found;
}

// How likely the policy itself is to say both sides, per token and against what it says on average (WPO, Zhou
// et al. 2024, eq. 2), [P]; no gradient.
at::Tensor policy_weights_P(const Forward& forward, const Decoder& policy) {
  const at::Tensor aligned_N =
      forward.logprobs_N.detach() - log_collision(forward.states_ND.detach(), policy.head_weight().detach());
  const auto mean = [&](const std::vector<TokenSpan>& side) {
    return span_sums(aligned_N, side) / span_lengths(side);
  };
  return (mean(forward.batch.chosen) + mean(forward.batch.rejected)).exp();
}

// The preference part of a micro-batch's loss, as a sum over its pairs.
using PreferenceLoss =
    std::function<at::Tensor(std::int64_t part, const Forward& forward, const PairTerms& terms)>;

PreferenceLoss pair_by_pair(const PairedParts& parts, const PairObjective& objective) {
  return [&](std::int64_t, const Forward& forward, const PairTerms& terms) {
    const at::Tensor each = losses_P(terms, objective);
    return objective.weigh_by_policy ? (each * policy_weights_P(forward, parts.policy)).sum() : each.sum();
  };
}

PairTerms joined(const std::vector<PairTerms>& parts) {
  const auto side = [&](at::Tensor PairTerms::* of) {
    std::vector<at::Tensor> pieces;
    for (const PairTerms& terms : parts) pieces.push_back(terms.*of);
    return at::cat(pieces);
  };
  return {side(&PairTerms::chosen),           side(&PairTerms::rejected),
          side(&PairTerms::reference_chosen), side(&PairTerms::reference_rejected),
          side(&PairTerms::chosen_length),    side(&PairTerms::rejected_length)};
}

// Losses that compare pairs with one another see all pairs of the step: first every log-prob without a
// gradient, then the loss and its slope in each of them, and at last each micro-batch pulls its own log-probs
// down that slope. The gradient is exact; it costs one more forward pass.
PreferenceLoss over_the_step(const PairedParts& parts, const PairObjective& objective,
                             const std::vector<Indices>& micro) {
  std::vector<PairTerms> seen;
  Indices sizes;
  {
    const at::NoGradGuard no_grad;
    for (const Indices& pairs : micro) {
      seen.push_back(terms_of(forward(parts, objective, pairs), parts, objective));
      require_finite(pairs, seen.back(), objective);
      sizes.push_back(static_cast<std::int64_t>(pairs.size()));
    }
  }
  PairTerms all = joined(seen);
  all.chosen.requires_grad_();
  all.rejected.requires_grad_();
  const at::Tensor loss = losses_P(with_scores(all, objective), objective).sum();
  loss.backward();
  const at::Tensor value_of_a_pair = loss.detach() / all.chosen.size(0);
  const auto chosen_slopes = all.chosen.grad().split_with_sizes(sizes);
  const auto rejected_slopes = all.rejected.grad().split_with_sizes(sizes);
  return [=](std::int64_t part, const Forward&, const PairTerms& now) {
    const auto pull = [](const at::Tensor& slope, const at::Tensor& x) { return slope.dot(x - x.detach()); };
    return value_of_a_pair * now.chosen.size(0) + pull(chosen_slopes[part], now.chosen) +
           pull(rejected_slopes[part], now.rejected);
  };
}

// What the step as a whole has of each thing: a mean over tokens beside a mean over pairs needs both.
struct StepCounts {
  double pairs = 0, likelihood_tokens = 0;
};

StepCounts count(const PreferenceTokens& data, const PairObjective& objective, const Indices& pairs) {
  StepCounts counts{.pairs = static_cast<double>(pairs.size())};
  if (likely_of(objective) == Likely::none) return counts;
  for (const std::int64_t index : pairs) {
    const auto& pair = data.pairs[index];
    const Trajectory& likely = data.completions[objective.likelihood.of_gold ? pair.gold : pair.chosen];
    counts.likelihood_tokens += static_cast<double>(likely.completion_tokens.size());
    if (objective.likelihood.with_prompt)
      counts.likelihood_tokens += static_cast<double>(likely.prompt_tokens.size()) - 1;
  }
  return counts;
}

// The likelihood of a micro-batch, scaled so that the step's sum divided by its pairs is the mean it stands
// for.
at::Tensor likelihood_loss(const Forward& forward, const LikelihoodTerm& term, const StepCounts& step,
                           MetricSums& metrics) {
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

// The mean row of w [V, D], in the order of its rows: the same bits on any number of threads.
at::Tensor mean_row(const at::Tensor& w_VD) {
  const std::int64_t rows = w_VD.size(0), width = w_VD.size(1);
  const at::Tensor mean_1D = at::empty({1, width}, w_VD.options());
  std::vector<double> sums(static_cast<std::size_t>(width));
  const float* row = w_VD.const_data_ptr<float>();
  for (std::int64_t v = 0; v < rows; ++v, row += width)
    for (std::int64_t d = 0; d < width; ++d) sums[d] += row[d];
  for (std::int64_t d = 0; d < width; ++d)
    mean_1D.data_ptr<float>()[d] = static_cast<float>(sums[d] / static_cast<double>(rows));
  return mean_1D;
}

// TRL's names; means over pairs, logits and entropy over completion tokens.
void describe(const Forward& forward, const PairTerms& terms, const PairedParts& parts,
              const PairObjective& objective, MetricSums& metrics) {
  const at::Tensor chosen = objective.beta * terms.chosen_ratio(),
                   rejected = objective.beta * terms.rejected_ratio();
  add_mean(metrics, "rewards/chosen", chosen);
  add_mean(metrics, "rewards/rejected", rejected);
  add_mean(metrics, kAccuracy, chosen > rejected);
  add_mean(metrics, kMargin, chosen - rejected);
  const PairBatch& batch = forward.batch;
  const auto logps = [&](const std::vector<TokenSpan>& side, const std::vector<TokenSpan>& other) {
    return side_logprobs(forward.logprobs_N.detach(), side, other, objective);
  };
  add_mean(metrics, kChosen, logps(batch.chosen, batch.rejected));
  add_mean(metrics, "logps/rejected", logps(batch.rejected, batch.chosen));
  if (objective.referenced) add_mean(metrics, kReferenceChosen, terms.reference_chosen);
  const at::Tensor logits_N =
      nudge::linear(forward.states_ND.detach(), mean_row(parts.policy.head_weight().detach())).squeeze(1);
  const auto add_logits = [&](const char* name, const std::vector<TokenSpan>& side) {
    metrics.add(name, span_sums(logits_N, side).sum(at::kDouble).item<double>(),
                span_lengths(side).sum().item<double>());
  };
  add_logits("logits/chosen", batch.chosen);
  add_logits("logits/rejected", batch.rejected);
  for (const auto& [name, measure] : objective.metrics) add_mean(metrics, name, measure(terms));
  add_mean(metrics, "entropy", forward.entropies_N);
}

// What the held-out pairs came to; nothing where they were not measured.
struct HeldOut {
  double loss = Vitals::kUnknown;
  MetricSums metrics;
};

// The held-out pairs, measured as a step's pairs are.
HeldOut evaluation(const PairedParts& parts, const PairObjective& objective,
                   std::int64_t micro_batch_tokens) {
  const at::NoGradGuard no_grad;
  Indices pairs(static_cast<std::size_t>(parts.held_out));
  std::iota(pairs.begin(), pairs.end(), std::ssize(parts.data.pairs) - parts.held_out);
  const StepCounts counts = count(parts.data, objective, pairs);
  const PreferenceLoss by_pair = pair_by_pair(parts, objective);
  MetricSums sums;
  std::vector<PairTerms> seen;
  double loss = 0;
  for (const Indices& part : micro_batches(pairs, micro_batch_tokens, [&](std::int64_t pair) {
         return packed_tokens(sequences_of(parts.data, std::span(&pair, 1), likely_of(objective)));
       })) {
    const Forward now = forward(parts, objective, part);
    const PairTerms terms = terms_of(now, parts, objective);
    describe(now, terms, parts, objective, sums);
    if (likely_of(objective) != Likely::none)
      loss += likelihood_loss(now, objective.likelihood, counts, sums).item<double>();
    if (!objective.over_step) loss += by_pair(0, now, terms).item<double>();
    seen.push_back(terms);
  }
  if (objective.over_step)
    loss += losses_P(with_scores(joined(seen), objective), objective).sum().item<double>();
  return {loss / counts.pairs, std::move(sums)};
}

// What a batch is made of: single pairs, or all pairs of a prompt.
std::vector<Indices> units_of(const PairedParts& parts, bool group_by_prompt) {
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

Indices pairs_of(const std::vector<Indices>& units, const Indices& chosen) {
  Indices pairs;
  for (const std::int64_t unit : chosen) pairs.insert(pairs.end(), units[unit].begin(), units[unit].end());
  return pairs;
}

// One optimizer step on these micro-batches of pairs.
StepReport step_on(const PairedParts& parts, const PairObjective& objective, Learner& learner,
                   const std::vector<Indices>& micro) {
  Indices all;
  for (const Indices& part : micro) all.insert(all.end(), part.begin(), part.end());
  const StepCounts counts = count(parts.data, objective, all);
  const PreferenceLoss preference = objective.over_step && !micro.empty()
                                        ? over_the_step(parts, objective, micro)
                                        : pair_by_pair(parts, objective);
  return learner.step(std::ssize(micro), [&](std::int64_t i) {
    const Forward now = forward(parts, objective, micro[i]);
    const PairTerms terms = terms_of(now, parts, objective);
    require_finite(micro[i], terms, objective);
    LossSum loss{preference(i, now, terms), static_cast<double>(micro[i].size()), {}};
    if (likely_of(objective) != Likely::none)
      loss.sum = loss.sum + likelihood_loss(now, objective.likelihood, counts, loss.metrics);
    describe(now, terms, parts, objective, loss.metrics);
    return loss;
  });
}

// "pair 17 (Who wrote Faust?)", counted from 1 among those that are learned from.
std::string pair_in_words(const PairedParts& parts, std::int64_t pair) {
  const Trajectory& chosen = parts.data.completions[parts.data.pairs[pair].chosen];
  return fmt::format("pair {} ({})", pair + 1,
                     excerpt(parts.format.tokenizer().decode(chosen.prompt_tokens, /*with_specials=*/true)));
}

Kept kept(Reference& reference) {
  return {[&](State& state) { state.tensors.merge(reference.tensors()); },
          [&](const State& state) {
            for (const auto& [name, tensor] : reference.tensors()) tensor.copy_(state.tensor(name));
          }};
}

Vitals vitals_of(const StepReport& step, const HeldOut& held_out) {
  return {.loss = step.loss,
          .held_out_loss = held_out.loss,
          .accuracy = step.metrics.mean(kAccuracy),
          .held_out_accuracy = held_out.metrics.mean(kAccuracy),
          .margin = step.metrics.mean(kMargin),
          .chosen = step.metrics.mean(kChosen),
          .reference_chosen = step.metrics.mean(kReferenceChosen)};
}

// A plan's steps find the reference's log-probs read, as those of the whole run would, and while the policy
// is where it starts.
void read_for_plan(const PairedParts& parts, const PairObjective& objective,
                   const std::vector<Indices>& units, const EpochSampler& sampler) {
  for (std::int64_t step = 0; step < kPlannedSteps; ++step) {
    const Indices pairs = pairs_of(units, sampler.batch_at(step));
    parts.reference.logprobs_N(pack_pairs(parts.data, pairs, likely_of(objective), false).completions);
  }
}

}  // namespace

void declare(Options& options, PairedConfig& config) {
  options.section("Training");
  options
      .add("per_device_train_batch_size", config.per_device_train_batch_size,
           "Pairs in each batch; prompts with --group_by_prompt.")
      .within(at_least(1));
  options
      .add("gradient_accumulation_steps", config.gradient_accumulation_steps,
           "Batches whose gradients are summed before one optimizer step.")
      .within(at_least(1));
  options.add(
      "group_by_prompt", config.group_by_prompt,
      "Keep all pairs of a prompt in one batch, where an answer that stands in several is computed once.");
  options
      .add("micro_batch_tokens", config.micro_batch_tokens,
           "Tokens in one forward and backward pass; changes memory and speed, not the result.")
      .within(at_least(1));
  options.add("num_train_epochs", config.num_train_epochs, "Passes over the data; fractions are allowed.")
      .within(above(0));
  options.add("max_steps", config.max_steps, "Optimizer steps; absent or -1: as num_train_epochs says.")
      .within(or_else(at_least(1), -1))
      .also("steps");
  options
      .add("eval_steps", config.eval_steps, "Measure the held-out pairs every so many steps; 0: at the end.")
      .within(at_least(0));
  declare(options, config.optimizer);
  declare(options, config.schedule);
}

Ending train_paired(const PairedParts& parts, const PairObjective& objective, const PairedConfig& config,
                    const RunOptions& options, Run& run) {
  const std::vector<Indices> units = units_of(parts, config.group_by_prompt);
  const EpochSampler sampler(static_cast<std::int64_t>(units.size()),
                             config.per_device_train_batch_size * config.gradient_accumulation_steps,
                             options.seed);
  const std::int64_t total = sampler.steps_of_training(config.num_train_epochs, config.max_steps);
  // Before a checkpoint is loaded: the start is the start.
  const AnswerWatch answers(parts.policy, parts.format, parts.watched, parts.monitors, config.watch);
  Learner learner(parts.policy, "policy", config.optimizer, config.schedule, total);
  std::int64_t seen_tokens = 0;
  if (options.plan) read_for_plan(parts, objective, units, sampler);
  FiniteSteps steps(parts.name, "pair", [&](std::int64_t pair) { return pair_in_words(parts, pair); });
  StepLoop loop({parts.name, total,
                 sampler.batch_in_words(config.group_by_prompt ? "prompts" : "pairs",
                                        config.gradient_accumulation_steps),
                 "step", parts.reference.cost()},
                options, run, {kept(learner), kept("num_tokens", seen_tokens), kept(parts.reference)});

  const auto sequences = [&](std::int64_t unit) {
    return sequences_of(parts.data, units[unit], likely_of(objective));
  };

  while (loop.next()) {
    const Indices batch = sampler.batch_at(loop.step());
    std::vector<Indices> micro = micro_batches(
        batch, config.micro_batch_tokens, [&](std::int64_t unit) { return packed_tokens(sequences(unit)); });
    for (Indices& part : micro) part = pairs_of(units, part);
    const StepReport report =
        steps.take(micro, [&](const auto& finite) { return step_on(parts, objective, learner, finite); });
    parts.reference.follow(parts.policy, loop.step() + 1);
    std::int64_t step_tokens = 0;
    for (const std::int64_t unit : batch)
      for (const PromptedSequence& each : sequences(unit)) step_tokens += each.length();
    seen_tokens += step_tokens;

    StepNumbers numbers = described(report);
    auto& [metrics, latest, timing, shown, vitals] = numbers;
    describe_left_out(steps, "pairs", metrics);
    latest.set("num_tokens", static_cast<double>(seen_tokens));
    latest.set("epoch", sampler.epochs_after(loop.step()));
    timing.set("tokens_per_second", static_cast<double>(step_tokens) / loop.seconds());
    shown.set("loss", report.loss);
    HeldOut held_out;
    const bool evaluates = parts.held_out > 0 && loop.due(config.eval_steps);
    if (evaluates) {
      held_out = evaluation(parts, objective, config.micro_batch_tokens);
      metrics.set("eval_loss", held_out.loss);
      metrics.merge(held_out.metrics.values(), "eval_");
    }
    vitals = vitals_of(report, held_out);
    shown.set("accuracy", vitals.accuracy);
    shown.set("margin", vitals.margin);
    answers.look(loop, numbers);
    loop.record(numbers, evaluates);
  }
  return loop.finish(parts.policy, parts.format.tokenizer());
}

}  // namespace nudge
