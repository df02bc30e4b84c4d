#include "cli/optimise/unpaired_command.h"

#include <algorithm>
#include <set>

#include "assembly/loaded_model.h"
#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"
#include "data/records_file.h"
#include "data/sampler.h"
#include "rollout/completion_numbers.h"
#include "rollout/reference.h"
#include "rollout/reference_cache.h"
#include "rollout/scoring.h"
#include "training/plan.h"

namespace nudge {
namespace {

LabelledTokens tokens_of(const std::vector<std::string>& files, const LoadedModel& policy,
                         const UnpairedCommand& config, const std::string& name) {
  Dataset labels = Dataset::read(files);
  refuse_unwritable(labels, policy.format);
  const LabelledRead read = labelled_completions(labels);
  settle(labels, name, config.datasets);
  say_left_out(read.dropped, "records", labels, name);
  say_unused(labels, DatasetUse::labels, policy.format, name);
  return labelled_tokens(read.completions, policy.format, config.training.max_length,
                         config.learn_behind_answer);
}

// What is read off the reference before the first step.
struct Measurements {
  std::vector<float> weights;  // of each example in the loss
  Ragged logprobs;             // of each distinct completion's tokens
  std::string cost = {};       // of reading these, in a plan
};

Measurements measured(const UnpairedCommand& config, const Decoder& reference, const LabelledTokens& data,
                      std::int64_t learned, const ExampleWeights& weigh) {
  return {weigh(reference, data, learned),
          cached_logprobs(reference, data.completions, config.training.micro_batch_tokens,
                          cache_folder(config.reference, config.run))};
}

// For a plan: what its few steps ask of the reference, and what reading it all would cost.
Measurements measured_for_plan(const UnpairedCommand& config, const Decoder& reference,
                               const LabelledTokens& data, std::int64_t learned,
                               const ExampleWeights& weigh) {
  Measurements some{.weights = weigh(reference, data, learned), .logprobs = {}};
  if (auto kept = kept_logprobs(reference, data.completions, cache_folder(config.reference, config.run))) {
    some.logprobs = *std::move(kept);
    return some;
  }
  const UnpairedConfig& training = config.training;
  const EpochSampler sampler(
      learned, training.per_device_train_batch_size * training.gradient_accumulation_steps, config.run.seed);
  std::set<std::int64_t> asked;
  for (std::int64_t step = 0; step < kPlannedSteps; ++step)
    for (const std::int64_t example : sampler.batch_at(step))
      asked.insert(data.examples[static_cast<std::size_t>(example)].completion);
  const std::vector<std::int64_t> measured(asked.begin(), asked.end());
  std::vector<Trajectory> these;
  for (const std::int64_t index : measured)
    these.push_back(data.completions[static_cast<std::size_t>(index)]);
  const double began = now_seconds();
  const Ragged logprobs = completion_logprobs(reference, these, 1.0, training.micro_batch_tokens);
  some.cost = reading_cost(data.completions, measured, now_seconds() - began);
  some.logprobs = Ragged::zeros(completion_lengths(data.completions));  // held-out ones stay unread
  for (std::int64_t i = 0; i < std::ssize(measured); ++i)
    std::ranges::copy(logprobs.row(i), some.logprobs.row(measured[i]).begin());
  return some;
}

}  // namespace

void declare(Options& options, UnpairedCommand& config) {
  config.training.max_length = 0;  // what the model takes
  options.require("model", config.model, "The SFT model: start of the policy, and the reference.")
      .shown_as("DIR");
  options
      .require("dataset", config.dataset,
               "Records with prompt, completion and label, or preference pairs, which give one of each.")
      .shown_as("FILE");
  options.add("eval_dataset", config.eval_dataset, "Records that are measured and not learned from.")
      .shown_as("FILE");
  options.add(
      "learn_behind_answer", config.learn_behind_answer,
      "Learn what the template writes behind an answer's end as well (ChatML: a newline), as TRL does; "
      "no sampled answer contains it.");
  declare_with_model(options, config.datasets);
  declare(options, config.reference);
  declare(options, config.run);
  declare(options, config.training);
  declare(options, config.watch, config.training.watch);
}

int run_unpaired(const std::string& name, UnpairedCommand& config, const Options& options,
                 const UnpairedObjective& objective, const ExampleWeights& weigh) {
  const LoadedModel policy = reading_as(config.datasets, load_language_model(config.model));
  settle_max_length(policy, config.training.max_length);
  LabelledTokens data = tokens_of(config.dataset, policy, config, name);
  const std::int64_t learned = std::ssize(data.examples);
  if (!config.eval_dataset.empty()) append(data, tokens_of(config.eval_dataset, policy, config, name));
  const std::int64_t held_out = std::ssize(data.examples) - learned;

  const std::vector<Prompt> watched = watched_prompts(config.watch, policy, config.training.watch);
  const Monitors monitors(config.watch.monitors, config.datasets, policy.tokenizer.get());

  return train_in_run(
      config.run, options,
      [&](Run& run) {
        say(fmt::format("{}: {} labelled completions, {} distinct; {} held out; {} too long left out.", name,
                        learned, data.completions.size(), held_out, data.too_long));
        auto reference = other_reference(config.reference, policy);
        if (!reference) reference = policy.model->clone();
        const Measurements before =
            (config.run.plan ? measured_for_plan : measured)(config, *reference, data, learned, weigh);
        return train_unpaired({name, *policy.model, *reference, before.logprobs, policy.format, data,
                               before.weights, held_out, watched, monitors.all(), before.cost},
                              objective, config.training, config.run, run);
      },
      after_policy(config.run.output_dir, config.model, config.watch.monitors.first()));
}

}  // namespace nudge
