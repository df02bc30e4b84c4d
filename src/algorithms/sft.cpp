#include "algorithms/sft.h"

#include <numeric>

#include "base/options.h"
#include "data/sampler.h"
#include "objectives/cross_entropy.h"
#include "tensor/add_mean.h"
#include "tensor/aten.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

// Negative log-likelihood of the target tokens of the chosen examples, as one packed batch.
LossSum language_modelling_loss(const Decoder& model, const std::vector<Example>& examples,
                                const Indices& chosen) {
  std::vector<std::vector<TokenId>> sequences;
  std::vector<std::int64_t> predicting;
  std::vector<TokenId> targets;
  std::int64_t start = 0;
  for (std::int64_t index : chosen) {
    const Example& example = examples[index];
    for (std::size_t t = 1; t < example.tokens.size(); ++t) {
      if (!example.loss_mask[t]) continue;
      predicting.push_back(start + static_cast<std::int64_t>(t) - 1);
      targets.push_back(example.tokens[t]);
    }
    start += static_cast<std::int64_t>(example.tokens.size());
    sequences.push_back(example.tokens);
  }
  const auto outputs = next_token_logprobs(model, pack(sequences), at::tensor(predicting, at::kLong),
                                           at::tensor(targets, at::kInt), 1.0, /*entropies=*/true);
  LossSum loss = cross_entropy(outputs.logprobs_N);
  add_mean(loss.metrics, "entropy", outputs.entropies_N);
  return loss;
}

std::int64_t tokens_of(const Example& example) {
  return static_cast<std::int64_t>(example.tokens.size());
}

std::vector<Indices> cut_by_tokens(const std::vector<Example>& examples, const Indices& chosen,
                                   std::int64_t budget) {
  return micro_batches(chosen, budget, [&](std::int64_t index) { return tokens_of(examples[index]); });
}

std::int64_t tokens_in(const std::vector<Example>& examples, const Indices& chosen) {
  std::int64_t total = 0;
  for (std::int64_t index : chosen) total += tokens_of(examples[index]);
  return total;
}

}  // namespace

void declare(Options& options, SftConfig& config) {
  options.section("Training");
  options.add("per_device_train_batch_size", config.per_device_train_batch_size, "Sequences in each batch.")
      .within(at_least(1));
  options
      .add("gradient_accumulation_steps", config.gradient_accumulation_steps,
           "Batches whose gradients are summed before one optimizer step.")
      .within(at_least(1));
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
      .add("eval_steps", config.eval_steps,
           "Evaluate on the held-out examples every so many steps; 0: at the end.")
      .within(at_least(0));
  declare(options, config.optimizer);
  declare(options, config.schedule);
}

double evaluate_loss(const Decoder& model, const std::vector<Example>& examples,
                     std::int64_t micro_batch_tokens) {
  at::NoGradGuard no_grad;
  Indices all(examples.size());
  std::iota(all.begin(), all.end(), 0);
  double sum = 0, count = 0;
  for (const Indices& part : cut_by_tokens(examples, all, micro_batch_tokens)) {
    const LossSum loss = language_modelling_loss(model, examples, part);
    sum += loss.sum.item<double>();
    count += loss.count;
  }
  return sum / count;
}

Ending train_sft(Decoder& model, const ChatFormat& format, const SftData& data, const SftConfig& config,
                 const RunOptions& options, Run& run) {
  check_options(config);
  const EpochSampler sampler(static_cast<std::int64_t>(data.train.size()),
                             config.per_device_train_batch_size * config.gradient_accumulation_steps,
                             options.seed);
  const std::int64_t total = sampler.steps_of_training(config.num_train_epochs, config.max_steps);
  Learner learner(model, "policy", config.optimizer, config.schedule, total);
  std::int64_t seen_tokens = 0;
  StepLoop loop({"train", total, sampler.batch_in_words("sequences", config.gradient_accumulation_steps)},
                options, run, {kept(learner), kept("num_tokens", seen_tokens)});

  while (loop.next()) {
    const Indices batch = sampler.batch_at(loop.step());
    const std::vector<Indices> parts = cut_by_tokens(data.train, batch, config.micro_batch_tokens);
    const StepReport report = learner.step(static_cast<std::int64_t>(parts.size()), [&](std::int64_t i) {
      return language_modelling_loss(model, data.train, parts[i]);
    });
    const std::int64_t batch_tokens = tokens_in(data.train, batch);
    seen_tokens += batch_tokens;

    StepNumbers numbers = described(report);
    auto& [metrics, latest, timing, shown, vitals] = numbers;
    latest.set("num_tokens", static_cast<double>(seen_tokens));
    latest.set("epoch", sampler.epochs_after(loop.step()));
    vitals.loss = report.loss;
    const bool evaluates = loop.due(config.eval_steps);
    if (!data.eval.empty() && evaluates) {
      vitals.held_out_loss = evaluate_loss(model, data.eval, config.micro_batch_tokens);
      metrics.set("eval_loss", vitals.held_out_loss);
    }
    const double tokens_per_second = static_cast<double>(batch_tokens) / loop.seconds();
    timing.set("tokens_per_second", tokens_per_second);
    shown.set("loss", report.loss);
    shown.set("tok/s", tokens_per_second);
    loop.record(numbers, evaluates);
  }
  return loop.finish(model, format.tokenizer());
}

}  // namespace nudge
