#include "training/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

std::string parted(const std::string& step, const char* optimised, const Trend& reward,
                   const std::string& name, const Trend& monitor, const PartingAlarm& alarm) {
  return fmt::format(
      "{}: {} and monitor have parted: the {} went on from {:.3g} to {:.3g}, and {} fell from {:.3g} to "
      "{:.3g}. The policy learns to please what it is trained on, not to answer better: take a checkpoint "
      "from before, tighten the leash, or stop earlier.",
      step, optimised, optimised, alarm.reward_at_best(), reward.to(), name, alarm.best(), monitor.to());
}

std::string collapsed(const std::string& step, const Trend& distinct) {
  return fmt::format(
      "{}: the answers collapse: {:.0f} % of them differ, and {:.0f} % did at the start. Look at the "
      "samples; tighten the leash or lower the learning rate.",
      step, 100 * distinct.to(), 100 * distinct.from());
}

std::string displaced(const std::string& step, const Trend& chosen) {
  return fmt::format(
      "{}: likelihood displacement: the answers that raters chose have themselves become less likely by "
      "more than a quarter (log-prob {:.3g}), so what grows likely is something else. Compare samples; a "
      "larger --beta, a lower learning rate, fewer steps or a loss with an anchor (--loss_type sigmoid sft, "
      "nca_pair, apo_zero) prevents it.",
      step, chosen.to());
}

Json json_of(const std::string& name, const Trend& trend, const Json& alarm) {
  return {{"name", name}, {"trend", trend.json()}, {"alarm", alarm}};
}

}  // namespace

Watch::Monitor& Watch::monitor(const std::string& name) {
  const auto found = std::ranges::find(monitors_, name, &Monitor::name);
  return found != monitors_.end() ? *found : monitors_.emplace_back(Monitor{name, {}, {}});
}

std::vector<std::string> Watch::add(const Vitals& vitals, const std::string& step) {
  loss_.add(vitals.loss);
  held_out_loss_.add(vitals.held_out_loss);
  reward_.add(vitals.reward);
  kl_.add(vitals.kl);
  kl_from_start_.add(vitals.kl_from_start);
  distinct_.add(vitals.distinct);
  length_.add(vitals.length);
  accuracy_.add(vitals.accuracy);
  held_out_accuracy_.add(vitals.held_out_accuracy);
  margin_.add(vitals.margin);
  chosen_.add(vitals.chosen);
  const bool alone = std::isnan(vitals.reference_chosen);
  gap_.add(alone ? vitals.chosen : vitals.chosen - vitals.reference_chosen);
  reference_.add(vitals.reference_chosen);

  // Where nothing is scored, the margin of the pairs is what rises.
  const bool sampled = reward_.count() > 0;
  const Trend& optimised = sampled ? reward_ : margin_;
  std::vector<std::string> said;
  for (const auto& [name, value] : vitals.monitors) {
    Monitor& each = monitor(name);
    each.trend.add(value);
    if (each.parting.hears(optimised, each.trend))
      said.push_back(parted(step, sampled ? "reward" : "margin", optimised, name, each.trend, each.parting));
  }
  if (collapse_.hears(distinct_, vitals.answers)) said.push_back(collapsed(step, distinct_));
  if (displacement_.hears(gap_, reference_)) said.push_back(displaced(step, chosen_));
  rung_.insert(rung_.end(), said.begin(), said.end());
  return said;
}

std::vector<Change> Watch::changes() const {
  std::vector<Change> changes;
  const auto add = [&](const std::string& name, const Trend& trend, bool share = false) {
    if (trend.count() == 0) return;
    const double moved = std::abs(trend.to() - trend.from());
    changes.push_back({name, trend.from(), trend.to(), share, moved > 2 * trend.error(), trend.count() == 1});
  };
  add("loss", loss_);
  add("held-out loss", held_out_loss_);
  add("reward", reward_);
  for (const Monitor& each : monitors_) add("monitor " + each.name, each.trend);
  add("KL to the reference", kl_);
  add("KL of the start to it", kl_from_start_);
  add("distinct answers", distinct_, true);
  add("tokens of an answer", length_);
  add("pairs told apart as raters did", accuracy_, true);
  add("held-out pairs", held_out_accuracy_, true);
  add("margin", margin_);
  add("log-prob of the chosen answers", chosen_);
  return changes;
}

std::int64_t Watch::window() const {
  return std::max({loss_.window(), reward_.window(), chosen_.window()});
}

Json Watch::json() const {
  Json monitors = Json::array();
  for (const Monitor& each : monitors_)
    monitors.push_back(json_of(each.name, each.trend, each.parting.json()));
  Json trends = Json::array();
  for (const Trend* each : all(*this)) trends.push_back(each->json());
  return {{"trends", trends},
          {"monitors", monitors},
          {"collapse", collapse_.json()},
          {"displacement", displacement_.json()},
          {"rung", rung_}};
}

void Watch::restore(const Json& json) {
  const char* where = "checkpoint";
  const Json trends = get<Json>(json, "trends", where);
  const auto own = all(*this);
  require(trends.size() == own.size(), "checkpoint: {} numbers are watched, not {}.", own.size(),
          trends.size());
  for (std::size_t i = 0; i < own.size(); ++i) own[i]->restore(trends[i]);
  monitors_.clear();
  for (const Json& each : get<Json>(json, "monitors", where)) {
    Monitor& restored = monitor(get<std::string>(each, "name", where));
    restored.trend.restore(get<Json>(each, "trend", where));
    restored.parting.restore(get<Json>(each, "alarm", where));
  }
  collapse_.restore(get<Json>(json, "collapse", where));
  displacement_.restore(get<Json>(json, "displacement", where));
  rung_ = get<std::vector<std::string>>(json, "rung", where);
}

}  // namespace nudge
