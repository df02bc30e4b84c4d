#pragma once

#include <cstdint>
#include <memory>

#include "assembly/loaded_model.h"
#include "assembly/reference_options.h"
#include "base/options.h"
#include "data/preference_tokens.h"
#include "rollout/reference.h"
#include "training/run.h"

namespace nudge {

/// What DPO measures the policy against: a frozen model, one that follows the policy, or nothing.
struct DpoReferenceOptions {
  ReferenceOptions model;
  bool reference_free = false;         // log-probs take the place of log-ratios
  bool sync_ref_model = false;         // TR-DPO
  double ref_model_mixup_alpha = 0.6;  // share of the policy mixed in each time
  std::int64_t ref_model_sync_steps = 512;
};
/// Opens the section "Reference".
void declare(Options& options, DpoReferenceOptions& reference);

/// Made of the policy as it is, unless another model is named. For a plan it reads what the first steps ask
/// for. `policy` and `data` must outlive it.
std::unique_ptr<Reference> dpo_reference(const DpoReferenceOptions& reference, const ModelOptions& models,
                                         const LoadedModel& policy, const PreferenceTokens& data,
                                         std::int64_t token_budget, const RunOptions& run);

}  // namespace nudge
