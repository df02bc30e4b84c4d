#pragma once

#include <optional>

#include "base/json.h"

namespace nudge {

/// The record of a published preference set, in columns of its own, as one with `chosen` and `rejected` or
/// with `completions` and `ranks`: PKU-SafeRLHF (`response_0`, `response_1`, `better_response_id`: which
/// helps more), Nectar (`answers` of {answer, rank}), UltraFeedback (`completions` of {response,
/// overall_score}). Further columns stay. Nothing for any other record.
std::optional<Json> usual_form(const Json& record);

}  // namespace nudge
