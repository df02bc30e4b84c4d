#pragma once

#include <cstdint>

namespace nudge {

/// Soft punishment of overlong completions (DAPO, Yu et al. 2025, eq. 13): 0 up to `limit` - `buffer` tokens,
/// then linearly down to -1 at `limit`, and -1 beyond. Without a buffer there is none within the limit.
double overlong_punishment(std::int64_t tokens, std::int64_t limit, std::int64_t buffer);

}  // namespace nudge
