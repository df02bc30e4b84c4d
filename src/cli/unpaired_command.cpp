#include "cli/unpaired_command.h"

#include <algorithm>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/paired_command.h"
#include "data/records_file.h"
#include "rollout/reference_cache.h"

namespace nudge {
namespace {

std::unique_ptr<Decoder> reference_of(const UnpairedCommand& config, const LoadedModel& policy) {
  if (config.ref_model.empty()) return policy.model->clone();
  LoadedModel other = load_language_model(config.ref_model);
  require_same_tokenizer(policy, "--model", other, "--ref_model");
  return std::move(other.model);
}

// Eq. 8 of the KTO paper: the two sides, weights included, should not be more than a third apart.
void warn_of_imbalance(const LabelledTokens& data, const UnpairedObjective& objective,
                       const std::string& name) {
  const auto desirable = static_cast<double>(
      std::ranges::count_if(data.examples, [](const auto& example) { return example.desirable; }));
  const double other = static_cast<double>(data.examples.size()) - desirable;
  const double ratio =
      desirable * objective.desirable_weight / std::max(1.0, other * objective.undesirable_weight);
  if (desirable == 0 || other == 0 || ratio < 1 / 1.33 || ratio > 1.33)
    warn(
        fmt::format("{}: {} desirable and {} other completions weigh {:.2f} to 1; --desirable_weight or "
                    "--undesirable_weight should bring that into [0.75, 1.33].",
                    name, desirable, other, ratio));
}

}  // namespace

void declare(Options& options, UnpairedCommand& config) {
  options.require("model", config.model, "The SFT model: start of the policy, and the reference.");
  options.add("ref_model", config.ref_model, "Another reference; empty: the model as it starts.");
  options.require("dataset", config.dataset,
                  "Records with prompt, completion and label, or preference pairs, which give one of each.");
  options.add("reference_cache", config.reference_cache,
              "Folder that keeps the reference's log-probs from run to run; empty: reference_logprobs beside "
              "output_dir.");
  declare(options, config.run);
  declare(options, config.training);
}

int run_unpaired(const std::string& name, const UnpairedCommand& config, const Options& options,
                 const UnpairedObjective& objective) {
  const LoadedModel policy = load_language_model(config.model);
  require(config.training.max_length <= policy.model->config().max_position_embeddings,
          "{}: --max_length {} exceeds the model's context of {} tokens.", name, config.training.max_length,
          policy.model->config().max_position_embeddings);
  const LabelledRead read = labelled_completions(read_records(config.dataset), config.dataset);
  for (const auto& [reason, count] : read.dropped)
    warn(fmt::format("{}: {} records left out: {}.", name, count, reason));
  const LabelledTokens data = labelled_tokens(read.completions, policy.format, config.training.max_length);

  watch_interrupts();
  Run run(config.run.output_dir, options, config.run.resume, config.run.overwrite);
  if (run.finished()) {
    say("Nothing left to do: " + config.run.output_dir + "/final is complete.");
    return 0;
  }
  say(fmt::format("{}: {} labelled completions, {} of them distinct; {} too long left out.", name,
                  data.examples.size(), data.completions.size(), data.too_long));
  warn_of_imbalance(data, objective, name);
  const auto reference = reference_of(config, policy);
  const auto logprobs = cached_logprobs(*reference, data.completions, config.training.micro_batch_tokens,
                                        reference_cache(config.reference_cache, config.run));
  train_unpaired({name, *policy.model, *reference, logprobs, policy.format, data}, objective, config.training,
                 config.run, run);
  return 0;
}

}  // namespace nudge
