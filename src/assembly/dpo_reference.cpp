#include "assembly/dpo_reference.h"

#include "base/error.h"
#include "rollout/reference_cache.h"

namespace nudge {

void declare(Options& options, DpoReferenceOptions& reference) {
  options.rule([&reference] {
    if (reference.reference_free && reference.sync_ref_model)
      throw UsageError("dpo: --reference_free and --sync_ref_model exclude each other.");
  });
  declare(options, reference.model);
  options.add("reference_free", reference.reference_free,
              "No reference: log-probs take the place of log-ratios.");
  options.add("sync_ref_model", reference.sync_ref_model, "Let the reference follow the policy (TR-DPO).");
  options
      .add("ref_model_mixup_alpha", reference.ref_model_mixup_alpha,
           "Share of the policy mixed in each time.")
      .within(between(0, 1));
  options.add("ref_model_sync_steps", reference.ref_model_sync_steps, "Steps between two times.")
      .within(at_least(1));
}

std::unique_ptr<Reference> dpo_reference(const DpoReferenceOptions& reference, const ModelOptions& models,
                                         const LoadedModel& policy, const PreferenceTokens& data,
                                         std::int64_t token_budget, const RunOptions& run) {
  if (reference.reference_free) return no_reference(data.completions);
  const std::shared_ptr<const Decoder> other = other_reference(reference.model, models, policy);
  const std::shared_ptr<const Decoder> model(other, other ? other.get() : policy.model.get());
  if (reference.sync_ref_model)
    return moving_reference(*model, data.completions, reference.ref_model_mixup_alpha,
                            reference.ref_model_sync_steps, token_budget);
  const auto folder = cache_folder(reference.model, run);
  if (!run.plan) return frozen_reference(cached_logprobs(*model, data.completions, token_budget, folder));
  auto kept = kept_logprobs(*model, data.completions, folder);
  return kept ? frozen_reference(*std::move(kept)) : planned_reference(model, data.completions, token_budget);
}

}  // namespace nudge
