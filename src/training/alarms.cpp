#include "training/alarms.h"

#include <cmath>

namespace nudge {
namespace {

constexpr double kErrors = 3;                        // standard errors that are not chance
constexpr std::int64_t kSteps = 2 * Trend::kWindow;  // before which the two ends overlap
constexpr std::int64_t kAnswers = 64;
constexpr double kCollapsed = 0.5, kDisplaced = 0.25;

// True once.
bool ring(bool& rung, bool now) {
  const bool first = now && !rung;
  rung = rung || now;
  return first;
}

}  // namespace

bool PartingAlarm::hears(const Trend& reward, const Trend& monitor) {
  if (monitor.count() < Trend::kWindow || reward.count() < Trend::kWindow) return false;
  if (!known_ || monitor.to() > best_) {
    best_ = monitor.to();
    reward_at_best_ = reward.to();
    known_ = true;
  }
  if (monitor.count() < kSteps) return false;
  return ring(rung_, monitor.to() < best_ - kErrors * monitor.error() &&
                         reward.to() > reward_at_best_ + kErrors * reward.error());
}

Json PartingAlarm::json() const {
  return {{"best", best_}, {"reward_at_best", reward_at_best_}, {"known", known_}, {"rung", rung_}};
}

void PartingAlarm::restore(const Json& json) {
  best_ = get<double>(json, "best", "checkpoint");
  reward_at_best_ = get<double>(json, "reward_at_best", "checkpoint");
  known_ = get<bool>(json, "known", "checkpoint");
  rung_ = get<bool>(json, "rung", "checkpoint");
}

bool CollapseAlarm::hears(const Trend& distinct, std::int64_t answers) {
  const bool enough = distinct.count() > 1 && distinct.window() * answers >= kAnswers;
  return ring(rung_, enough && distinct.to() < kCollapsed * distinct.from());
}

bool DisplacementAlarm::hears(const Trend& gap, const Trend& reference) {
  const bool alone = reference.count() == 0;
  const double fallen = gap.to() - (alone ? gap.from() : 0);
  const double size = std::abs(alone ? gap.from() : reference.to());
  return ring(rung_, gap.count() >= kSteps && fallen < -kDisplaced * size && fallen < -kErrors * gap.error());
}

}  // namespace nudge
