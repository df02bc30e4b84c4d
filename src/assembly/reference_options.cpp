#include "assembly/reference_options.h"

#include "base/options.h"

namespace nudge {

void declare(Options& options, ReferenceOptions& reference) {
  options.section("Reference");
  options.add("ref_model", reference.ref_model, "The reference; empty: the model as it starts.")
      .shown_as("DIR");
  options
      .add("reference_cache", reference.reference_cache,
           "Folder that keeps the reference's log-probs from run to run; empty: reference_logprobs beside "
           "output_dir.")
      .shown_as("DIR");
}

std::unique_ptr<Decoder> other_reference(const ReferenceOptions& reference, const ModelOptions& models,
                                         const LoadedModel& policy) {
  if (reference.ref_model.empty()) return nullptr;
  LoadedModel other = read_language_model(reference.ref_model, models);
  require_same_tokenizer(policy, "--model", other, "--ref_model");
  return std::move(other.model);
}

std::filesystem::path cache_folder(const ReferenceOptions& reference, const RunOptions& run) {
  if (!reference.reference_cache.empty()) return reference.reference_cache;
  return std::filesystem::path(run.output_dir).lexically_normal().parent_path() / "reference_logprobs";
}

}  // namespace nudge
