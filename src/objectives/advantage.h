#pragma once

#include <cstdint>
#include <span>

#include "base/names.h"
#include "tensor/ragged.h"

namespace nudge {

/// Advantages and returns of completions, token by token.
struct AdvantageEstimate {
  Ragged advantages;
  Ragged returns;  // advantage + value, before any whitening
};

/// Generalised advantage estimation (Schulman et al. 2016, eq. 16), backwards over each completion:
///   delta_t = r_t + gamma V_{t+1} - V_t,   A_t = delta_t + gamma lambda A_{t+1},
/// where the value and the advantage after the last token are 0. `rewards` and `values` have one entry per
/// completion token; Error when their lengths differ.
AdvantageEstimate gae(const Ragged& rewards, const Ragged& values, double gamma, double lambda);
/// A lambda for each completion [B].
AdvantageEstimate gae(const Ragged& rewards, const Ragged& values, double gamma,
                      std::span<const double> lambdas_B);

/// The lambda of a completion of so many tokens, 1 - 1 / (alpha tokens) (VAPO, Yue et al. 2025, eq. 5): the
/// sum of lambda^k is then alpha times the length. 0 where that would be negative, up to 1 / alpha tokens.
double length_adaptive_lambda(std::int64_t tokens, double alpha);

/// x - mean, but 0 where `size`, the largest number that went into the mean, leaves nothing but its rounding:
/// a reward that equals the others would otherwise have an advantage of 1e-17, with a sign.
double centred(double x, double mean, double size);

/// Which variance whitening divides by: Bessel's with 1e-8 added (TRL's masked_whiten, verl), or the
/// population's, 1e-8 at least (OpenRLHF).
enum class Variance { unbiased, biased };
constexpr auto names_table(Variance) {
  return std::to_array<Named<Variance>>({{Variance::unbiased, "unbiased"}, {Variance::biased, "biased"}});
}

struct WhitenOptions {
  bool shift_mean = true;  // false: the mean is added back (reward whitening: scale only, since a shift would
                           // change whether a longer completion pays)
  Variance variance = Variance::unbiased;
};

/// In place: (x - mean) / standard deviation over all entries together. A single entry counts as having no
/// variance.
void whiten(Ragged& values, const WhitenOptions& options = {});

}  // namespace nudge
