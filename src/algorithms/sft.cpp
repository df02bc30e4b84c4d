#include "algorithms/sft.h"

#include <numeric>
#include <utility>

#include "base/options.h"
#include "evaluation/likelihood.h"
#include "objectives/cross_entropy.h"
#include "rollout/example_batch.h"
#include "tensor/add_mean.h"
#include "tensor/aten.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

Kept kept(ExampleSource& source);
std::vector<Indices> parts_of(const std::vector<Example>& batch, std::int64_t token_budget);
LossSum likelihood_loss(const Decoder& model, const std::vector<Example>& batch, const Indices& part);
std::int64_t tokens_in(const std::vector<Example>& batch);

}  // namespace

Ending train_sft(Decoder& model, const ChatFormat& format, SftData data, const SftOptions& sft,
                 const RunOptions& options, Run& run) {
  check_options(sft);
  ExamplesInMemory train(std::move(data.train), sft.batch.per_step(), options.seed);
  return train_sft(model, format, train, data.eval, sft, options, run);
}

Ending train_sft(Decoder& model, const ChatFormat& format, ExampleSource& train,
                 const std::vector<Example>& eval, const SftOptions& sft, const RunOptions& options,
                 Run& run) {
  check_options(sft);
  const std::int64_t total = train.steps_of_training(sft.batch.num_train_epochs, sft.batch.max_steps);
  Learner learner(model, "policy", sft.optimizer, sft.schedule, total);
  std::int64_t seen_tokens = 0;
  StepLoop loop({"train", total, train.batch_in_words("sequences", sft.batch.gradient_accumulation_steps)},
                options, run, {kept(learner), kept("num_tokens", seen_tokens), kept(train)});

  while (loop.next()) {
    const std::vector<Example> batch = train.batch_at(loop.step());
    const auto parts = parts_of(batch, sft.batch.micro_batch_tokens);
    const StepReport report = learner.step(
        std::ssize(parts), [&](std::int64_t i) { return likelihood_loss(model, batch, parts[i]); });
    const std::int64_t batch_tokens = tokens_in(batch);
    seen_tokens += batch_tokens;

    StepNumbers numbers = described(report);
    auto& [metrics, latest, timing, shown, vitals] = numbers;
    latest.set("num_tokens", static_cast<double>(seen_tokens));
    latest.set("epoch", train.epochs_after(loop.step()));
    vitals.loss = report.loss;
    const bool evaluates = loop.due(sft.batch.eval_steps);
    if (!eval.empty() && evaluates) {
      vitals.held_out_loss = mean_nll(model, eval, sft.batch.micro_batch_tokens);
      metrics.set("eval_loss", vitals.held_out_loss);
    }
    const double tokens_per_second = static_cast<double>(batch_tokens) / loop.seconds();
    timing.set("tokens_per_second", tokens_per_second);
    shown.set("loss", vitals.loss);
    shown.set("tok/s", tokens_per_second);
    loop.record(numbers, evaluates);
  }
  return loop.finish(model, format.tokenizer(), train.remarks());
}

namespace {

// Of a checkpoint that is older than sources with a state nothing is asked.
Kept kept(ExampleSource& source) {
  return {[&source](State& state) { state.values["examples"] = source.state(); },
          [&source](const State& state) { source.restore(state.values.value("examples", Json())); }};
}

std::vector<Indices> parts_of(const std::vector<Example>& batch, std::int64_t token_budget) {
  Indices all(batch.size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  return example_batches(batch, all, token_budget);
}

// Negative log-likelihood of the target tokens of some examples, as one packed batch.
LossSum likelihood_loss(const Decoder& model, const std::vector<Example>& batch, const Indices& part) {
  const auto [packed, predicting_N, targets_N] = pack_examples(batch, part);
  const TokenLogprobs now =
      next_token_logprobs(model, packed, predicting_N, targets_N, 1.0, /*entropies=*/true);
  LossSum loss = cross_entropy(now.logprobs_N);
  add_mean(loss.metrics, "entropy", now.entropies_N);
  return loss;
}

std::int64_t tokens_in(const std::vector<Example>& batch) {
  std::int64_t total = 0;
  for (const Example& example : batch) total += std::ssize(example.tokens);
  return total;
}

}  // namespace

void declare(Options& options, SftOptions& sft) {
  options.section("Training");
  declare_batch(options, sft.batch, "Sequences in each batch.");
  declare_micro_batches(options, sft.batch.micro_batch_tokens);
  declare_passes(options, sft.batch);
  declare_evaluation(options, sft.batch, "examples");
  declare(options, sft.optimizer);
  declare(options, sft.schedule);
}

SftOptions pretraining() {
  return {.batch = {.num_train_epochs = 1},
          .optimizer = {.learning_rate = 3e-3, .adam_beta2 = 0.95, .weight_decay = 0.05},
          .schedule = {.lr_scheduler_type = LrSchedule::cosine, .warmup_steps = 50, .min_lr_ratio = 0.05}};
}

}  // namespace nudge
