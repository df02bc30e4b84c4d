#pragma once

#include <span>
#include <vector>

namespace nudge {

/// Advantages and returns of one completion, token by token.
struct AdvantageEstimate {
  std::vector<float> advantages;
  std::vector<float> returns;  // advantage + value, before any whitening
};

/// Generalised advantage estimation (Schulman et al. 2016, eq. 16), backwards over one completion:
///   delta_t = r_t + gamma V_{t+1} - V_t,   A_t = delta_t + gamma lambda A_{t+1},
/// where the value and the advantage after the last token are 0. `rewards` and `values` have one entry per
/// completion token; Error when their lengths differ.
AdvantageEstimate gae(std::span<const float> rewards, std::span<const float> values, double gamma,
                      double lambda);

/// In place: (x - mean) / sqrt(var + 1e-8) over all entries together, var with Bessel's correction (TRL's
/// masked_whiten). With `shift_mean` false the mean is added back (reward whitening: scale only, since a
/// shift would change whether a longer completion pays). A single entry counts as having no variance.
void whiten(std::vector<std::vector<float>>& values, bool shift_mean = true);

}  // namespace nudge
