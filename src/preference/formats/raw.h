#pragma once

#include <span>
#include <string>

#include "records/comparison.h"

namespace nudge {

/// Our own form, without loss: JSON Lines, each a comparison ("id", "prompt", "answers") or a vote
/// ("comparison", "outcome", "rater"), the comparisons first. import_raw() reads it back.
std::string raw_lines(std::span<const Comparison> comparisons, std::span<const Vote> votes);

}  // namespace nudge
