#pragma once

#include <cstdint>
#include <vector>

namespace nudge {

/// The merges of a BPE model: pair of token ids to rank and result. An open-addressed table, because the
/// merge loop looks up several pairs per input byte.
class MergeTable {
 public:
  struct Merge {
    std::int32_t rank;
    std::int32_t result;
  };

  explicit MergeTable(std::size_t expected = 0) {
    std::size_t slots = 16;
    while (slots < 2 * expected) slots *= 2;
    slots_.resize(slots);
  }

  /// A pair that stands twice keeps its last rank, as in `tokenizers`.
  void insert(std::int32_t left, std::int32_t right, Merge merge) {
    if (2 * ++size_ > slots_.size()) grow();
    Slot& slot = slots_[find_slot(key_of(left, right))];
    if (slot.key != kEmpty) --size_;
    slot = {key_of(left, right), merge};
  }

  /// Null when the pair does not merge.
  const Merge* find(std::int32_t left, std::int32_t right) const {
    const Slot& slot = slots_[find_slot(key_of(left, right))];
    return slot.key == kEmpty ? nullptr : &slot.merge;
  }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};
  struct Slot {
    std::uint64_t key = kEmpty;
    Merge merge{};
  };

  static std::uint64_t key_of(std::int32_t left, std::int32_t right) {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
  }

  std::size_t find_slot(std::uint64_t key) const {
    std::size_t mask = slots_.size() - 1;
    std::size_t slot = (key * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (slots_[slot].key != key && slots_[slot].key != kEmpty) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.key != kEmpty) slots_[find_slot(slot.key)] = slot;
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace nudge
