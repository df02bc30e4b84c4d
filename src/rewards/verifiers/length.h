#pragma once

#include <cstdint>

#include "records/records.h"
#include "rewards/reward_spec.h"

namespace nudge {

enum class LengthUnit { words, characters, tokens };  // characters: Unicode code points
constexpr auto names_table(LengthUnit) {
  return std::to_array<Named<LengthUnit>>(
      {{LengthUnit::words, "words"}, {LengthUnit::characters, "characters"}, {LengthUnit::tokens, "tokens"}});
}

/// 1 when the completion's length lies within [min, max], else 0. Tokens count the one that ends a
/// completion.
struct LengthRange {
  LengthUnit unit = LengthUnit::words;
  std::int64_t min = 0;
  std::int64_t max = 0;  // 0: no upper bound
  double operator()(const Trajectory& trajectory) const;
};
void declare(SpecReader& spec, LengthRange& length);

/// Soft overlong punishment (DAPO, arXiv 2503.14476, eq. 13; TRL's `get_soft_overlong_punishment`): 0 up to
/// max_completion_len - soft_punish_cache tokens, falling linearly to -1 at max_completion_len, -1 beyond.
struct SoftOverlongPunishment {
  std::int64_t max_completion_len = 0;  // must be set
  std::int64_t soft_punish_cache = 0;
  double operator()(const Trajectory& trajectory) const;
};
void declare(SpecReader& spec, SoftOverlongPunishment& punishment);

/// Number of completion tokens; NaN where only the text is known (a file of completions without tokens).
double token_count(const Trajectory& trajectory);

}  // namespace nudge
