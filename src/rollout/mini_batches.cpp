#include "rollout/mini_batches.h"

namespace nudge {

std::vector<std::vector<std::int64_t>> mini_batches(const std::vector<std::int64_t>& order,
                                                    std::int64_t parts) {
  const std::int64_t size = std::ssize(order);
  std::vector<std::vector<std::int64_t>> result;
  for (std::int64_t part = 0; part < parts; ++part) {
    const auto begin = order.begin() + size * part / parts, end = order.begin() + size * (part + 1) / parts;
    if (begin != end) result.emplace_back(begin, end);
  }
  return result;
}

}  // namespace nudge
