#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "preference/store/ledger.h"

namespace nudge {

/// Which answer stands at which place for this rater. A function of its arguments; `again` (a repeat) gives
/// other places.
std::vector<std::int64_t> places(const LabelSettings& settings, std::int64_t rater, std::int64_t comparison,
                                 std::size_t answers, bool again);

/// How many live leases of other raters each comparison has.
using HeldByOthers = std::unordered_map<std::int64_t, std::int64_t>;

/// Decides what a rater gets next. Each rater has a random order of their own; tasks that measure the rater
/// (repeats, gold) fall on slots drawn from the seed, so nothing in the sequence gives them away.
class Assignment {
 public:
  struct Choice {
    std::int64_t comparison = 0;
    Role role = Role::vote;
  };
  /// What the rater does next; nothing when nothing is open that others do not hold.
  std::optional<Choice> choose(const Ledger& ledger, std::int64_t rater, const HeldByOthers& held);

  /// Tasks ahead of this rater, those that measure the rater included: it falls by one with each decision.
  std::int64_t remaining(const Ledger& ledger, std::int64_t rater) const;

  /// Whether the rater may still decide this comparison as a vote that the quota asks for.
  static bool open(const Ledger& ledger, std::int64_t rater, std::int64_t comparison, std::int64_t held);

 private:
  struct Order {
    std::vector<std::int64_t> random, by_priority;
    std::size_t random_cursor = 0, priority_cursor = 0;  // what lies before is closed to this rater
    std::int64_t revision = -1;
  };
  Order& order_of(const Ledger& ledger, std::int64_t rater);
  std::unordered_map<std::int64_t, Order> orders_;
};

}  // namespace nudge
