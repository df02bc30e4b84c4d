#include "cli/optimise/labels_command.h"

#include <algorithm>
#include <set>

#include "assembly/loaded_model.h"
#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"
#include "data/dataset_files.h"
#include "data/examples.h"
#include "data/records_file.h"
#include "data/sampler.h"
#include "rollout/completion_numbers.h"
#include "rollout/reference.h"
#include "rollout/reference_cache.h"
#include "rollout/scoring.h"
#include "training/plan.h"

namespace nudge {
namespace {

LabelledTokens tokens_of(Dataset labels, const LoadedModel& policy, const LabelsCommand& config,
                         std::int64_t max_length, const std::string& name) {
  refuse_unwritable(labels, policy.format);
  const LabelledRead read = labelled_completions(labels);
  settle(labels, name, config.datasets);
  say_left_out(read.dropped, "records", labels, name);
  say_unused(labels, DatasetUse::labels, policy.format, name);
  return labelled_tokens(read.completions, policy.format, max_length, config.learn_behind_answer);
}

// The reference's log-probs of each distinct completion's tokens.
struct ReferenceRead {
  Ragged logprobs;
  std::string cost = {};  // of reading them, in a plan
};

ReferenceRead read_reference(const Decoder& reference, const LabelledTokens& data, const BatchOptions& batch,
                             const LabelsCommand& config) {
  return {cached_logprobs(reference, data.completions, batch.micro_batch_tokens,
                          cache_folder(config.reference, config.run))};
}

// For a plan: what its few steps ask of the reference, and what reading it all would cost.
ReferenceRead read_reference_for_plan(const Decoder& reference, const LabelledTokens& data,
                                      std::int64_t learned, const BatchOptions& batch,
                                      const LabelsCommand& config) {
  if (auto kept = kept_logprobs(reference, data.completions, cache_folder(config.reference, config.run)))
    return {*std::move(kept)};
  const EpochSampler sampler(learned, batch.per_step(), config.run.seed);
  std::set<std::int64_t> asked;
  for (std::int64_t step = 0; step < kPlannedSteps; ++step)
    for (const std::int64_t example : sampler.batch_at(step)) asked.insert(data.examples[example].completion);
  const std::vector<std::int64_t> some(asked.begin(), asked.end());
  std::vector<Trajectory> these;
  for (const std::int64_t index : some) these.push_back(data.completions[index]);
  const double began = now_seconds();
  const Ragged logprobs = completion_logprobs(reference, these, 1.0, batch.micro_batch_tokens);
  ReferenceRead result{.logprobs = Ragged::zeros(completion_lengths(data.completions)),  // most stay unread
                       .cost = reading_cost(data.completions, some, now_seconds() - began)};
  for (std::int64_t i = 0; i < std::ssize(some); ++i)
    std::ranges::copy(logprobs.row(i), result.logprobs.row(some[i]).begin());
  return result;
}

}  // namespace

void declare(Options& options, LabelsCommand& config, LabelledTraining& training) {
  options.require("model", config.model, "The SFT model: start of the policy, and the reference.")
      .shown_as("DIR");
  options
      .require("dataset", config.dataset,
               "Records with prompt, completion and label, or preference pairs, which give one of each.")
      .shown_as("FILE");
  options.add("eval_dataset", config.eval_dataset, "Records that are measured and not learned from.")
      .shown_as("FILE");
  declare_learn_behind_answer(options, config.learn_behind_answer);
  declare_with_model(options, config.datasets);
  declare(options, config.models);
  declare(options, config.reference);
  declare(options, config.run);
  options.nest(config.lora);
  declare(options, training);
  declare(options, config.watch, training.watch);
}

int run_labels(const std::string& name, LabelsCommand& config, LabelledTraining& training,
               const Options& options, const LabelledObjective& objective, const ExampleWeights& weigh) {
  const LoadedModel policy =
      reading_as(config.datasets, load_policy(config.model, config.models, config.lora, config.run.seed));
  settle_max_length(policy, training.max_length);
  const auto tokens = [&](const std::vector<std::string>& files, const std::string& split) {
    return tokens_of(Dataset::read(files, split), policy, config, training.max_length, name);
  };
  LabelledTokens data = tokens(config.dataset, config.datasets.split);
  const std::int64_t learned = std::ssize(data.examples);
  if (!config.eval_dataset.empty()) append(data, tokens(config.eval_dataset, kHeldOut));
  const std::int64_t held_out = std::ssize(data.examples) - learned;

  const std::vector<Prompt> watched = watched_prompts(config.watch, policy, training.watch);
  const Monitors monitors(config.watch.monitors, config.datasets, config.models, policy.tokenizer.get());

  return train_in_run(
      config.run, options,
      [&](Run& run) {
        say(fmt::format("{}: {} labelled completions, {} distinct; {} held out; {} too long left out.", name,
                        learned, data.completions.size(), held_out, data.too_long));
        auto reference = other_reference(config.reference, config.models, policy);
        if (!reference) reference = policy.model->reference();
        const std::vector<float> weights = weigh(*reference, data, learned);
        const auto [logprobs, cost] =
            config.run.plan ? read_reference_for_plan(*reference, data, learned, training.batch, config)
                            : read_reference(*reference, data, training.batch, config);
        return train_kto({name, *policy.model, *reference, logprobs, policy.format, data, weights, held_out,
                          watched, monitors.all(), cost},
                         objective, training, config.run, run);
      },
      after_policy(config.run.output_dir, config.model, config.watch.monitors.first()));
}

}  // namespace nudge
