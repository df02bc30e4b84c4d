#include "cli/unpaired_command.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/loaded_model.h"
#include "data/records_file.h"
#include "rollout/reference_cache.h"

namespace nudge {
namespace {

LabelledTokens tokens_of(const std::string& dataset, const ChatFormat& format, std::int64_t max_length,
                         const std::string& name) {
  const LabelledRead read = labelled_completions(read_records(dataset), dataset);
  for (const auto& [reason, count] : read.dropped)
    warn(fmt::format("{}: {} records of {} left out: {}.", name, count, dataset, reason));
  return labelled_tokens(read.completions, format, max_length);
}

}  // namespace

void declare(Options& options, UnpairedCommand& config) {
  options.require("model", config.model, "The SFT model: start of the policy, and the reference.");
  options.require("dataset", config.dataset,
                  "Records with prompt, completion and label, or preference pairs, which give one of each.");
  options.add("eval_dataset", config.eval_dataset, "Records that are measured and not learned from.");
  declare(options, config.reference);
  declare(options, config.run);
  declare(options, config.training);
}

int run_unpaired(const std::string& name, const UnpairedCommand& config, const Options& options,
                 const UnpairedObjective& objective, const ExampleWeights& weigh) {
  const LoadedModel policy = load_language_model(config.model);
  require_context(name, policy, config.training.max_length);
  LabelledTokens data = tokens_of(config.dataset, policy.format, config.training.max_length, name);
  const std::int64_t learned = std::ssize(data.examples);
  if (!config.eval_dataset.empty())
    append(data, tokens_of(config.eval_dataset, policy.format, config.training.max_length, name));
  const std::int64_t held_out = std::ssize(data.examples) - learned;

  watch_interrupts();
  Run run(config.run.output_dir, options, config.run.resume, config.run.overwrite);
  if (run.finished()) {
    say("Nothing left to do: " + config.run.output_dir + "/final is complete.");
    return 0;
  }
  say(fmt::format("{}: {} labelled completions, {} distinct; {} held out; {} too long left out.", name,
                  learned, data.completions.size(), held_out, data.too_long));
  auto reference = other_reference(config.reference, policy);
  if (!reference) reference = policy.model->clone();
  const std::vector<float> weights = weigh(*reference, data, learned);
  const auto logprobs = cached_logprobs(*reference, data.completions, config.training.micro_batch_tokens,
                                        cache_folder(config.reference, config.run));
  train_unpaired({name, *policy.model, *reference, logprobs, policy.format, data, weights, held_out},
                 objective, config.training, config.run, run);
  return 0;
}

}  // namespace nudge
