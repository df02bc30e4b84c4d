#pragma once

#include <optional>
#include <string>
#include <vector>

#include "assembly/model_options.h"
#include "preference/candidates.h"
#include "world/gold.h"

namespace nudge {

/// What a simulated rater thinks of candidates before any noise: one number for each candidate of each set.
using Utilities = std::vector<std::vector<double>>;

/// Utilities by the scorer named: "world" (the human-like rater of the embedded world, with `leanings`),
/// "length" (tokens sampled), "field:NAME" (a number that each completion carries), "reward_model:DIR" (of
/// adapters on a base of `models`). Throws UsageError for another name.
Utilities utilities(const std::string& scorer, const world::RaterLeanings& leanings,
                    const ModelOptions& models, const std::vector<CandidateSet>& sets);

/// What the gold judge thinks, where the scorer has one.
std::optional<Utilities> gold_scores(const std::string& scorer, const std::vector<CandidateSet>& sets);

}  // namespace nudge
