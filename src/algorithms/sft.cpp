#include "algorithms/sft.h"

#include "base/options.h"
#include "data/sampler.h"
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

LossSum likelihood_loss(const Decoder& model, const std::vector<Example>& examples, const Indices& part);
std::int64_t tokens_in(const std::vector<Example>& examples, const Indices& batch);

}  // namespace

Ending train_sft(Decoder& model, const ChatFormat& format, const SftData& data, const SftOptions& sft,
                 const RunOptions& options, Run& run) {
  check_options(sft);
  const EpochSampler sampler(std::ssize(data.train), sft.batch.per_step(), options.seed);
  const std::int64_t total = sampler.steps_of_training(sft.batch.num_train_epochs, sft.batch.max_steps);
  Learner learner(model, "policy", sft.optimizer, sft.schedule, total);
  std::int64_t seen_tokens = 0;
  StepLoop loop({"train", total, sampler.batch_in_words("sequences", sft.batch.gradient_accumulation_steps)},
                options, run, {kept(learner), kept("num_tokens", seen_tokens)});

  while (loop.next()) {
    const Indices batch = sampler.batch_at(loop.step());
    const auto parts = example_batches(data.train, batch, sft.batch.micro_batch_tokens);
    const StepReport report = learner.step(
        std::ssize(parts), [&](std::int64_t i) { return likelihood_loss(model, data.train, parts[i]); });
    const std::int64_t batch_tokens = tokens_in(data.train, batch);
    seen_tokens += batch_tokens;

    StepNumbers numbers = described(report);
    auto& [metrics, latest, timing, shown, vitals] = numbers;
    latest.set("num_tokens", static_cast<double>(seen_tokens));
    latest.set("epoch", sampler.epochs_after(loop.step()));
    vitals.loss = report.loss;
    const bool evaluates = loop.due(sft.batch.eval_steps);
    if (!data.eval.empty() && evaluates) {
      vitals.held_out_loss = mean_nll(model, data.eval, sft.batch.micro_batch_tokens);
      metrics.set("eval_loss", vitals.held_out_loss);
    }
    const double tokens_per_second = static_cast<double>(batch_tokens) / loop.seconds();
    timing.set("tokens_per_second", tokens_per_second);
    shown.set("loss", vitals.loss);
    shown.set("tok/s", tokens_per_second);
    loop.record(numbers, evaluates);
  }
  return loop.finish(model, format.tokenizer());
}

namespace {

// Negative log-likelihood of the target tokens of some examples, as one packed batch.
LossSum likelihood_loss(const Decoder& model, const std::vector<Example>& examples, const Indices& part) {
  const auto [batch, predicting_N, targets_N] = pack_examples(examples, part);
  const TokenLogprobs now =
      next_token_logprobs(model, batch, predicting_N, targets_N, 1.0, /*entropies=*/true);
  LossSum loss = cross_entropy(now.logprobs_N);
  add_mean(loss.metrics, "entropy", now.entropies_N);
  return loss;
}

std::int64_t tokens_in(const std::vector<Example>& examples, const Indices& batch) {
  std::int64_t total = 0;
  for (const std::int64_t index : batch) total += std::ssize(examples[index].tokens);
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
