#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "base/names.h"
#include "objectives/completions.h"

namespace nudge {

class Options;

/// How the ratio r of new to old probability and the advantage A become a loss.
///   clip   -min(r A, clip(r, 1 - epsilon, 1 + epsilon_high) A)       PPO (Schulman et al. 2017, eq. 7);
///          a higher upper bound: DAPO (Yu et al. 2025, eq. 10)
///   cispo  -sg(min(r, epsilon_high)) A log pi                        CISPO (MiniMax 2025, eq. 4): clips the
///          weight and not the gradient
///   sapo   -4/t sigmoid(t (r - 1)) A, t by the sign of A             SAPO (Gao et al. 2025, eq. 6)
///   dppo_tv, dppo_kl   -sg(min(r, delta)) A log pi, and nothing for a token whose probability p has moved to
///          q, the way A pushes it, further than epsilon_high (A > 0) or epsilon (A <= 0): by |q - p|, or by
///          p log(p / q) + (1 - p) log((1 - p) / (1 - q))              DPPO (Qi et al. 2026, section 4)
enum class Surrogate { clip, cispo, sapo, dppo_tv, dppo_kl };
constexpr auto names_table(Surrogate) {
  return std::to_array<Named<Surrogate>>({{Surrogate::clip, "clip"},
                                          {Surrogate::cispo, "cispo"},
                                          {Surrogate::sapo, "sapo"},
                                          {Surrogate::dppo_tv, "dppo_tv"},
                                          {Surrogate::dppo_kl, "dppo_kl"}});
}

/// The ratio of a token, of its completion by the geometric mean over tokens (GSPO, Zheng et al. 2025,
/// eq. 7), or of the completion as it is, by the product (RLOO as TRL computes it).
enum class ImportanceLevel { token, sequence, sequence_product };
constexpr auto names_table(ImportanceLevel) {
  return std::to_array<Named<ImportanceLevel>>({{ImportanceLevel::token, "token"},
                                                {ImportanceLevel::sequence, "sequence"},
                                                {ImportanceLevel::sequence_product, "sequence_product"}});
}

/// What cispo clips the ratio to: at most epsilon_high (TRL), or 1 - epsilon to 1 + epsilon_high (verl).
enum class CispoRange { cap, both };
constexpr auto names_table(CispoRange) {
  return std::to_array<Named<CispoRange>>({{CispoRange::cap, "cap"}, {CispoRange::both, "both"}});
}

struct SurrogateOptions {
  Surrogate surrogate = Surrogate::clip;
  ImportanceLevel level = ImportanceLevel::token;
  double epsilon = 0.2;                // dppo: of the divergence, not of the ratio
  std::optional<double> epsilon_high;  // absent: epsilon
  /// Caps r from above before the clip, so that a negative advantage cannot push without bound: beyond
  /// 1 + epsilon the same as dual-clip PPO's constant c (Ye et al. 2020, eq. 5).
  std::optional<double> delta;
  CispoRange cispo_range = CispoRange::cap;
  double sapo_temperature_pos = 1.0, sapo_temperature_neg = 1.05;
  double log_ratio_limit = 0;  // clamp the log-ratio to this size first; 0: do not (TRL); 20 (OpenRLHF, verl)
};
/// What the programs agree upon; where they do not stands under an algorithm's conventions.
void declare(Options& options, SurrogateOptions& surrogate);

/// The loss of each token and what to say of it. Bools [N]: where the clip, or the mask, took the gradient
/// away, on the side where A < 0 (r too low) and A > 0 (r too high).
struct SurrogateLoss {
  at::Tensor per_token_N;  // differentiable
  at::Tensor log_ratio_N;  // at the level asked for, limited
  at::Tensor ratio_N;      // its exponential, differentiable
  at::Tensor clipped_low_N, clipped_high_N;
};

/// Inputs [N], aligned; only `logprobs_N` is differentiable.
SurrogateLoss surrogate_loss(const at::Tensor& logprobs_N, const at::Tensor& old_logprobs_N,
                             const at::Tensor& advantages_N, const Completions& completions,
                             const SurrogateOptions& options);

}  // namespace nudge
