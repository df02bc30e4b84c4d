#include "cli/unpaired_command.h"

#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/loaded_model.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"
#include "data/records_file.h"
#include "rollout/reference_cache.h"

namespace nudge {
namespace {

LabelledTokens tokens_of(const std::string& dataset, const LoadedModel& policy, const UnpairedCommand& config,
                         const std::string& name) {
  Dataset labels = Dataset::read(dataset);
  const LabelledRead read = labelled_completions(labels);
  settle(labels, name, config.datasets);
  say_left_out(read.dropped, "records", labels, name);
  say_unused(labels, DatasetUse::labels, policy.format, name);
  return labelled_tokens(read.completions, policy.format, config.training.max_length);
}

// What is read off the reference before the first step.
struct Measurements {
  std::vector<float> weights;                // of each example in the loss
  std::vector<std::vector<float>> logprobs;  // of each distinct completion's tokens
};

Measurements measured(const UnpairedCommand& config, const Decoder& reference, const LabelledTokens& data,
                      std::int64_t learned, const ExampleWeights& weigh) {
  return {weigh(reference, data, learned),
          cached_logprobs(reference, data.completions, config.training.micro_batch_tokens,
                          cache_folder(config.reference, config.run))};
}

// For a plan, which needs no more of the reference than its size: reading it all takes a third of an epoch.
Measurements unmeasured(const LabelledTokens& data) {
  Measurements none{.weights = std::vector<float>(data.examples.size(), 1.F), .logprobs = {}};
  for (const Trajectory& each : data.completions)
    none.logprobs.emplace_back(each.completion_tokens.size(), 0.F);
  return none;
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
  const Monitors monitors(config.watch.monitors, config.datasets);

  return train_in_run(
      config.run, options,
      [&](Run& run) {
        say(fmt::format("{}: {} labelled completions, {} distinct; {} held out; {} too long left out.", name,
                        learned, data.completions.size(), held_out, data.too_long));
        auto reference = other_reference(config.reference, policy);
        if (!reference) reference = policy.model->clone();
        const Measurements before =
            config.run.plan ? unmeasured(data) : measured(config, *reference, data, learned, weigh);
        return train_unpaired({name, *policy.model, *reference, before.logprobs, policy.format, data,
                               before.weights, held_out, watched, monitors.all()},
                              objective, config.training, config.run, run);
      },
      after_policy(config.run.output_dir, config.model, config.watch.monitors.first()));
}

}  // namespace nudge
