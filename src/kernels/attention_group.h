#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/attention.h"

namespace nudge::kernels {

/// One group of an AttentionShape, as both passes walk it: sequences first .. last-1, the trunk ahead of its
/// branches, or a sequence that stands alone.
struct AttentionGroup {
  /// `trunk` tokens stand before a sequence's own and are attended to as they are.
  struct Sequence {
    std::int64_t start, length, trunk;

    std::int64_t keys() const { return trunk + length; }
  };

  AttentionGroup(const AttentionShape& shape, std::int64_t group)
      : starts(shape.starts),
        first(shape.group_starts ? shape.group_starts[group] : group),
        last(shape.group_starts ? shape.group_starts[group + 1] : group + 1) {}

  Sequence operator[](std::int64_t sequence) const {
    const std::int64_t trunk = sequence == first ? 0 : starts[first + 1] - starts[first];
    return {starts[sequence], starts[sequence + 1] - starts[sequence], trunk};
  }
  /// The most keys that one of its sequences attends to.
  std::int64_t most_keys() const {
    std::int64_t most = 0;
    for (std::int64_t b = first; b < last; ++b) most = std::max(most, (*this)[b].keys());
    return most;
  }

  const std::int32_t* starts;
  std::int64_t first, last;
};

/// The first key that a query attends to which stands behind `before` tokens of its sequence.
inline std::int64_t first_key(std::int64_t window, std::int64_t before) {
  return window > 0 ? std::max<std::int64_t>(0, before + 1 - window) : 0;
}

/// What all groups need: memory for the most keys, and threads for the pairs of query and key, counted twice
/// as a triangle is half a square.
struct AttentionWork {
  std::int64_t groups, most_keys = 0, pairs = 0;

  explicit AttentionWork(const AttentionShape& shape)
      : groups(shape.group_starts ? shape.groups : shape.sequences) {
    for (std::int64_t g = 0; g < groups; ++g) {
      const AttentionGroup group(shape, g);
      most_keys = std::max(most_keys, group.most_keys());
      for (std::int64_t b = group.first; b < group.last; ++b) {
        const auto sequence = group[b];
        pairs += sequence.length * (2 * sequence.trunk + sequence.length + 16);
      }
    }
  }
};

}  // namespace nudge::kernels
