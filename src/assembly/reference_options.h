#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "assembly/loaded_model.h"
#include "training/run.h"

namespace nudge {

/// The reference of commands that learn from a dataset: dpo, kto, bco.
struct ReferenceOptions {
  std::string ref_model;        // empty: the policy as it starts
  std::string reference_cache;  // empty: reference_logprobs beside the run
};
/// Opens the section "Reference".
void declare(Options& options, ReferenceOptions& reference);

/// The model of --ref_model, with the policy's tokenizer or an Error; null where that is the policy itself.
std::unique_ptr<Decoder> other_reference(const ReferenceOptions& reference, const ModelOptions& models,
                                         const LoadedModel& policy);

/// The folder of the reference's log-probs; where none is given, one beside the run, where the next run finds
/// them.
std::filesystem::path cache_folder(const ReferenceOptions& reference, const RunOptions& run);

}  // namespace nudge
