#include "objectives/overlong.h"

#include <algorithm>

namespace nudge {

double overlong_punishment(std::int64_t tokens, std::int64_t limit, std::int64_t buffer) {
  if (tokens > limit) return -1;
  const std::int64_t beyond = std::max<std::int64_t>(0, tokens - (limit - buffer));
  return beyond == 0 ? 0 : -static_cast<double>(beyond) / static_cast<double>(buffer);
}

}  // namespace nudge
