#pragma once

#include <span>

#include "preference/simulated_rater.h"
#include "records/comparison.h"

namespace nudge {

/// What a simulated rater says of a comparison on the page: the order shown is drawn, two answers are
/// compared as `compare` does it, more are ranked as `rank` does it. Protocol "simulated-pair" or
/// "simulated-ranking"; no time, so that files stay reproducible. Throws Error for a utility that is not
/// finite, or not one for each answer.
Vote simulated_vote(const RaterOptions& rater, const Comparison& comparison,
                    std::span<const double> utilities, Stream& stream);

}  // namespace nudge
