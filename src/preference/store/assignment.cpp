#include "preference/store/assignment.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace nudge {
namespace {

constexpr std::size_t kRepeatGap = 5;        // decisions between a task and its repeat
constexpr std::int64_t kCountedSlots = 500;  // further ahead the number of tasks is an estimate

enum class Slot { ordinary, repeat, gold };

std::uint64_t seed_of(const LabelSettings& settings, const char* purpose, std::int64_t rater) {
  return Stream(settings.seed, purpose, rater)();
}

Stream stream_of(const LabelSettings& settings, const char* purpose, std::int64_t rater, std::int64_t index) {
  return {seed_of(settings, purpose, rater), "", static_cast<std::uint64_t>(index)};
}

/// `of_rater` is seed_of(settings, "slot", rater).
Slot slot_of(const LabelSettings& settings, std::uint64_t of_rater, std::int64_t task) {
  const double draw = Stream(of_rater, "", task).uniform();
  if (draw < settings.gold_share) return Slot::gold;
  return draw < settings.gold_share + settings.repeat_share ? Slot::repeat : Slot::ordinary;
}

bool seen_by(const ComparisonState& comparison, std::int64_t rater) {
  return std::ranges::find(comparison.seen_by, rater) != comparison.seen_by.end();
}

/// Closed to this rater until something is undone or the policy changes.
bool closed(const Ledger& ledger, std::int64_t rater, std::int64_t number) {
  const ComparisonState& comparison = ledger.comparison(number);
  return comparison.gold || seen_by(comparison, rater) ||
         comparison.votes >= wanted_raters(ledger.settings(), comparison);
}

std::optional<std::int64_t> first_open(const Ledger& ledger, std::int64_t rater, const HeldByOthers& held,
                                       const std::vector<std::int64_t>& order, std::size_t& cursor) {
  while (cursor < order.size() && closed(ledger, rater, order[cursor])) ++cursor;
  for (std::size_t i = cursor; i < order.size(); ++i) {
    const auto holders = held.find(order[i]);
    if (Assignment::open(ledger, rater, order[i], holders == held.end() ? 0 : holders->second))
      return order[i];
  }
  return std::nullopt;
}

std::optional<std::int64_t> unseen_gold(const Ledger& ledger, std::int64_t rater,
                                        const std::vector<std::int64_t>& order) {
  for (const std::int64_t number : order)
    if (ledger.comparison(number).gold && !seen_by(ledger.comparison(number), rater)) return number;
  return std::nullopt;
}

/// Something that the rater compared a while ago and has not met again since.
std::optional<std::int64_t> repeatable(const Ledger& ledger, std::int64_t rater, std::int64_t task) {
  const std::vector<std::int64_t>& decisions = ledger.rater(rater).decisions;
  std::vector<std::int64_t> candidates, again;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const Decision& decision = *ledger.decision(decisions[i]);
    if (decision.role == Role::repeat)
      again.push_back(decision.comparison);
    else if (decision.role != Role::gold && decision.outcome == Outcome::compared &&
             i + kRepeatGap < decisions.size())
      candidates.push_back(decision.comparison);
  }
  std::erase_if(candidates, [&](auto number) { return std::ranges::find(again, number) != again.end(); });
  if (candidates.empty()) return std::nullopt;
  return stream_of(ledger.settings(), "repeat", rater, task).pick(candidates);
}

std::int64_t task_number(const Ledger& ledger, std::int64_t rater) {
  return std::ssize(ledger.rater(rater).decisions);
}

}  // namespace

std::vector<std::int64_t> places(const LabelSettings& settings, std::int64_t rater, std::int64_t comparison,
                                 std::size_t answers, bool again) {
  Stream stream = stream_of(settings, again ? "places again" : "places", rater, comparison);
  return stream.permutation(answers);
}

bool Assignment::open(const Ledger& ledger, std::int64_t rater, std::int64_t comparison, std::int64_t held) {
  return !closed(ledger, rater, comparison) &&
         ledger.comparison(comparison).votes + held <
             wanted_raters(ledger.settings(), ledger.comparison(comparison));
}

Assignment::Order& Assignment::order_of(const Ledger& ledger, std::int64_t rater) {
  Order& order = orders_[rater];
  if (order.revision == ledger.revision()) return order;
  order.revision = ledger.revision();
  order.random_cursor = order.priority_cursor = 0;
  if (std::ssize(order.random) != ledger.comparison_count()) {
    std::vector<std::pair<std::uint64_t, std::int64_t>> keys;
    for (std::int64_t number = 1; number <= ledger.comparison_count(); ++number)
      keys.emplace_back(stream_of(ledger.settings(), "order", rater, number)(), number);
    std::ranges::sort(keys);
    order.random.clear();
    for (const auto& [key, number] : keys) order.random.push_back(number);
  }
  if (ledger.settings().order != AskingOrder::priority) return order;
  order.by_priority = order.random;
  std::ranges::stable_sort(order.by_priority, std::ranges::greater{},
                           [&](std::int64_t number) { return ledger.comparison(number).priority; });
  return order;
}

std::optional<Assignment::Choice> Assignment::choose(const Ledger& ledger, std::int64_t rater,
                                                     const HeldByOthers& held) {
  const LabelSettings& settings = ledger.settings();
  const std::int64_t task = task_number(ledger, rater);
  Order& order = order_of(ledger, rater);
  const bool by_priority = settings.order == AskingOrder::priority &&
                           !stream_of(settings, "random share", rater, task).chance(settings.random_share);
  const std::optional<std::int64_t> next =
      by_priority ? first_open(ledger, rater, held, order.by_priority, order.priority_cursor)
                  : first_open(ledger, rater, held, order.random, order.random_cursor);
  if (!next) return std::nullopt;
  switch (slot_of(settings, seed_of(settings, "slot", rater), task)) {
    case Slot::gold:
      if (const auto gold = unseen_gold(ledger, rater, order.random)) return Choice{*gold, Role::gold};
      break;
    case Slot::repeat:
      if (const auto again = repeatable(ledger, rater, task)) return Choice{*again, Role::repeat};
      break;
    case Slot::ordinary:
      break;
  }
  return Choice{*next, Role::vote};
}

std::int64_t Assignment::remaining(const Ledger& ledger, std::int64_t rater) const {
  std::int64_t open = ledger.asking_count() - ledger.rater(rater).asking_seen;
  std::int64_t gold = ledger.gold_count() - ledger.rater(rater).gold_seen;
  std::int64_t task = task_number(ledger, rater), ahead = 0;
  const std::uint64_t of_rater = seed_of(ledger.settings(), "slot", rater);
  for (; open > 0 && ahead < kCountedSlots; ++ahead, ++task) {
    const Slot slot = slot_of(ledger.settings(), of_rater, task);
    const bool measures = (slot == Slot::gold && gold-- > 0) ||
                          (slot == Slot::repeat && task > static_cast<std::int64_t>(kRepeatGap));
    if (!measures) --open;
  }
  return ahead + open;
}

}  // namespace nudge
