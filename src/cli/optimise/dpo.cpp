#include "assembly/reference_options.h"
#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/optimise/paired_command.h"
#include "objectives/program.h"
#include "rollout/reference_cache.h"

namespace nudge {
namespace {

struct DpoCommand {
  PairedCommand pairs;
  ReferenceOptions reference;
  Program compat = Program::none;
  std::vector<std::string> loss_type = {"sigmoid"};
  std::vector<double> loss_weights;
  PairLossOptions losses;
  std::string f_divergence_type = "reverse_kl";
  double f_alpha_divergence_coef = 0.5;
  std::optional<double> ld_alpha;
  bool use_weighting = false, reference_free = false, sync_ref_model = false;
  double ref_model_mixup_alpha = 0.6;
  std::int64_t ref_model_sync_steps = 512;
};

void declare_reference(Options& options, DpoCommand& config) {
  declare(options, config.reference);
  options.add("reference_free", config.reference_free,
              "No reference: log-probs take the place of log-ratios.");
  options.add("sync_ref_model", config.sync_ref_model, "Let the reference follow the policy (TR-DPO).");
  options
      .add("ref_model_mixup_alpha", config.ref_model_mixup_alpha, "Share of the policy mixed in each time.")
      .within(between(0, 1));
  options.add("ref_model_sync_steps", config.ref_model_sync_steps, "Steps between two times.")
      .within(at_least(1));
}

std::vector<Preset<DpoCommand>> dpo_defaults_of(Program program) {
  if (program == Program::none) return {};
  return {{"compat " + name_of(program) + " (its defaults)", [program](DpoCommand& config) {
             config.losses.beta = 0.1;
             config.losses.conventions = conventions_of(program);
             if (program == Program::trl) config.pairs.learn_behind_answer = true;
           }}};
}

void declare(Options& options, DpoCommand& config) {
  declare(options, config.pairs);
  options.section("Loss");
  options
      .add("loss_type", config.loss_type,
           "One or several: sft, aot, aot_unpaired, apo_down, apo_zero, bco_pair, discopop, exo_pair, hinge, "
           "ipo, "
           "nca_pair, robust, sigmoid, sigmoid_norm, sppo_hard.")
      .shown_as("CHOICE");
  options.add("loss_weights", config.loss_weights, "Weight of each; none: 1 each.").within(at_least(0));
  options.add("beta", config.losses.beta, "Strength of the leash; ipo's tau.").within(above(0));
  options
      .add("label_smoothing", config.losses.label_smoothing,
           "Share of labels believed flipped: robust, exo_pair, aot (and sigmoid with --compat openrlhf).")
      .within(from_below(0, 1));
  options.add("discopop_tau", config.losses.discopop_tau, "Temperature of the gate of discopop.")
      .within(above(0));
  options.choose("f_divergence_type", config.f_divergence_type,
                 {"reverse_kl", "forward_kl", "js_divergence", "alpha_divergence"}, "The leash.");
  options.add("f_alpha_divergence_coef", config.f_alpha_divergence_coef, "Alpha of alpha_divergence.")
      .within(any_number());
  options
      .add("ld_alpha", config.ld_alpha,
           "Weight of the tokens beyond the shorter side's length (LD-DPO); absent: 1.")
      .within(between(0, 1));
  options.add("use_weighting", config.use_weighting,
              "Weigh each pair by how likely the policy is to say it (WPO).");
  options.choose(
      "compat", config.compat, {Program::none, Program::trl, Program::openrlhf},
      "Whose defaults, and whose arithmetic where one name means two; none: nudge's defaults, which "
      "noisy raters do no harm, and TRL's arithmetic.");
  options.presets<DpoCommand>({"compat"}, config, [&config] { return dpo_defaults_of(config.compat); });
  declare_reference(options, config);
}

PairObjective objective_of(const DpoCommand& config) {
  const Divergence divergence = parse_divergence(config.f_divergence_type, config.f_alpha_divergence_coef);
  PairObjective objective{.referenced = !config.reference_free,
                          .beta = config.losses.beta,
                          .divergence = divergence,
                          .tail_weight = config.ld_alpha.value_or(1),
                          .weigh_by_policy = config.use_weighting};
  const auto refuse = [](bool bad, const std::string& what) {
    if (bad) throw UsageError("dpo: " + what);
  };
  refuse(!config.loss_weights.empty() && config.loss_weights.size() != config.loss_type.size(),
         fmt::format("--loss_weights needs one number for each of the {} losses, but got {}.",
                     config.loss_type.size(), config.loss_weights.size()));
  bool smoothed = false;
  for (std::size_t i = 0; i < config.loss_type.size(); ++i) {
    const double weight = config.loss_weights.empty() ? 1 : config.loss_weights[i];
    if (config.loss_type[i] == "sft") {
      objective.likelihood.weight += weight;
      objective.likelihood.per_token = config.losses.conventions.nll_per_token;
      continue;
    }
    const NamedPairLoss named = parse_pair_loss(config.loss_type[i], config.losses);
    refuse(!named.of_divergence && config.f_divergence_type != "reverse_kl",
           fmt::format("the loss {} is not made of a divergence, so --f_divergence_type {} cannot change it.",
                       config.loss_type[i], config.f_divergence_type));
    refuse(named.over_step && config.use_weighting,
           fmt::format("--use_weighting weighs single pairs, and {} compares them with one another.",
                       config.loss_type[i]));
    objective.over_step = objective.over_step || named.over_step;
    smoothed = smoothed || named.smoothed;
    objective.losses.emplace_back(weight, named.loss);
  }
  refuse(config.losses.label_smoothing > 0 && !smoothed,
         "--label_smoothing changes none of these losses; use robust, or sigmoid with --compat openrlhf.");
  refuse(config.reference_free && config.sync_ref_model,
         "--reference_free and --sync_ref_model exclude each other.");
  return objective;
}

std::unique_ptr<Reference> reference_of(const DpoCommand& config, const LoadedModel& policy,
                                        const PreferenceTokens& data) {
  if (config.reference_free) return no_reference(data.completions);
  const std::int64_t budget = config.pairs.training.micro_batch_tokens;
  const auto against = [&](const Decoder& model) {
    if (config.sync_ref_model)
      return moving_reference(model, data.completions, config.ref_model_mixup_alpha,
                              config.ref_model_sync_steps, budget);
    return frozen_reference(
        cached_logprobs(model, data.completions, budget, cache_folder(config.reference, config.pairs.run)));
  };
  const std::shared_ptr<const Decoder> other = other_reference(config.reference, policy);
  const std::shared_ptr<const Decoder> model(other, other ? other.get() : policy.model.get());
  if (!config.pairs.run.plan || config.sync_ref_model) return against(*model);
  auto kept = kept_logprobs(*model, data.completions, cache_folder(config.reference, config.pairs.run));
  return kept ? frozen_reference(*std::move(kept)) : planned_reference(model, data.completions, budget);
}

// A leash of 0.1, as TRL and OpenRLHF have it, did harm in the world, whose raters mistake a fifth of the
// answers: docs/dpo.md has the table.
DpoCommand dpo_defaults() {
  DpoCommand config;
  config.pairs.training.optimizer.learning_rate = 1e-6;
  config.losses.beta = 1;
  return config;
}

}  // namespace

int run_dpo(std::span<const std::string> arguments) {
  DpoCommand config = dpo_defaults();
  Options options("dpo", "Learns from preference pairs without a reward model: DPO and its kin.");
  declare(options, config);
  options.start_with({"beta", "learning_rate"},
                     "nudge dpo --model runs/sft --dataset pairs.jsonl --output_dir runs/dpo");
  if (!options.parse(arguments)) return 0;
  const PairObjective objective = objective_of(config);
  if (config.compat != Program::none)
    for (const std::string& line : described(config.losses.conventions))
      say("dpo --compat " + name_of(config.compat) + ": " + line);
  return run_paired("dpo", config.pairs, options, objective,
                    [&](const LoadedModel& policy, const PreferenceTokens& data) {
                      return reference_of(config, policy, data);
                    });
}

}  // namespace nudge
