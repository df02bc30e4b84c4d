#include "cli/optimise/pairs_command.h"

#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"
#include "data/dataset_files.h"
#include "data/examples.h"
#include "data/records_file.h"

namespace nudge {

void declare(Options& options, PairsCommand& config, PairTraining& training) {
  options
      .require("model", config.model,
               "The SFT model: start of the policy, and the reference where one is used.")
      .shown_as("DIR");
  options
      .require("dataset", config.dataset,
               "Preference pairs: prompt, chosen, rejected; implicit prompts; or HH-RLHF transcripts.")
      .shown_as("FILE");
  options.add("eval_dataset", config.eval_dataset, "Pairs that are measured and not learned from.")
      .shown_as("FILE");
  options
      .add("max_length", config.max_length,
           "Pairs with a longer side (prompt and completion, in tokens) are left out; 0: as many as the "
           "model takes, at most 1024.")
      .within(or_else(at_least(2), 0));
  declare_learn_behind_answer(options, config.learn_behind_answer);
  declare_with_model(options, config.datasets);
  declare(options, config.models);
  declare(options, config.run);
  options.nest(config.lora);
  declare(options, training);
  declare(options, config.watch, training.watch);
}

std::unique_ptr<Reference> without_reference(const LoadedModel&, const PreferenceTokens& data) {
  return no_reference(data.completions);
}

int run_pairs(const std::string& name, PairsCommand& config, const PairTraining& training,
              const Options& options, const PairObjective& objective, const ReferenceMaker& reference) {
  const bool best = objective.likelihood.weight != 0 && objective.likelihood.of_best;
  const LoadedModel policy =
      reading_as(config.datasets, load_policy(config.model, config.models, config.lora, config.run.seed));
  settle_max_length(policy, config.max_length);
  const auto tokens_of = [&](const std::vector<std::string>& files, const std::string& split) {
    Dataset pairs = Dataset::read(files, split);
    refuse_unwritable(pairs, policy.format);
    const PairsRead read = preference_pairs(pairs);
    settle(pairs, name, config.datasets);
    say_left_out(read.dropped, "pairs", pairs, name);
    say_unused(pairs, DatasetUse::comparisons, policy.format, name,
               best ? std::vector<std::string>{"reference"} : std::vector<std::string>{});
    return preference_tokens(read.pairs, policy.format, config.max_length, best, config.learn_behind_answer);
  };
  PreferenceTokens data = tokens_of(config.dataset, config.datasets.split);
  const std::int64_t learned = std::ssize(data.pairs);
  if (!config.eval_dataset.empty()) append(data, tokens_of(config.eval_dataset, kHeldOut));
  const std::int64_t held_out = std::ssize(data.pairs) - learned;

  const std::vector<Prompt> watched = watched_prompts(config.watch, policy, training.watch);
  const Monitors monitors(config.watch.monitors, config.datasets, config.models, policy.tokenizer.get());

  return train_in_run(
      config.run, options,
      [&](Run& run) {
        say(fmt::format(
            "{}: {} pairs of {} prompts, {} distinct completions; {} pairs held out; {} ties and {} too "
            "long left out.",
            name, learned, data.by_prompt.size(), data.completions.size(), held_out, data.ties,
            data.too_long));
        const auto against = reference(policy, data);
        return train_dpo(
            {name, *policy.model, *against, policy.format, data, held_out, watched, monitors.all()},
            objective, training, config.run, run);
      },
      after_policy(config.run.output_dir, config.model, config.watch.monitors.first()));
}

}  // namespace nudge
