#pragma once

#include <cstdint>
#include <vector>

namespace nudge {

/// A pass over a rollout, cut into `parts` mini-batches as equal as can be, an optimizer step each; those
/// that would be empty are left out.
std::vector<std::vector<std::int64_t>> mini_batches(const std::vector<std::int64_t>& order,
                                                    std::int64_t parts);

}  // namespace nudge
