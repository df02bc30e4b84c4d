#include "preference/store/ledger.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace nudge {
namespace {

constexpr std::array<std::pair<Role, const char*>, 4> kRoles{
    {{Role::vote, "vote"}, {Role::surplus, "surplus"}, {Role::repeat, "repeat"}, {Role::gold, "gold"}}};

const Json kNothing = Json::object();

bool counts(const Decision& decision) {
  return decision.outcome != Outcome::skipped &&
         (decision.role == Role::vote || decision.role == Role::surplus);
}

}  // namespace

std::int64_t wanted_raters(const LabelSettings& settings, const ComparisonState& comparison) {
  return settings.overlap + (comparison.draw < settings.overlap_share ? 1 : 0);
}

std::string to_string(Role role) {
  return std::ranges::find(kRoles, role, &std::pair<Role, const char*>::first)->second;
}

Role rater_role(const std::string& name) {
  for (const auto& [role, text] : kRoles)
    if (name == text) return role;
  fail("store: \"{}\" is no role of a decision.", name);
}

void Ledger::apply(const Event& event) {
  last_event_ = event.number;
  const bool emptied = event.body.empty();
  const auto body = [&] { return parse_json(event.body, fmt::format("event {}", event.number)); };
  if (event.kind == "created") {
    settings_.seed = get<std::uint64_t>(body(), "seed", "event created");
  } else if (event.kind == "settings") {
    set(changed(settings_, body(), "event settings"));
  } else if (event.kind == "guidelines") {
    guidelines_ = get<std::string>(body(), "text", "event guidelines");
    ++guidelines_version_;
  } else if (event.kind == "added") {
    add_comparison(body());
  } else if (event.kind == "prioritised") {
    const Json prioritised = body();
    for (const Json& pair : prioritised.at("priorities"))
      comparisons_.at(index(pair.at(0).get<std::int64_t>())).priority = pair.at(1).get<double>();
    ++revision_;
  } else if (event.kind == "joined") {
    raters_.push_back({.name = emptied ? "" : get<std::string>(body(), "name", "event joined")});
    if (!emptied) rater_numbers_[raters_.back().name] = rater_count();
  } else if (event.kind == "decided") {
    if (!emptied) decide(event, body());
  } else if (event.kind == "undone") {
    const auto found = decisions_.find(event.about.value_or(0));
    if (found != decisions_.end()) withdraw(found->second);
  } else if (event.kind == "redacted") {
    redact(event.rater.value());
  }
}

std::int64_t Ledger::rater_named(const std::string& name) const {
  const auto found = rater_numbers_.find(name);
  return found == rater_numbers_.end() ? 0 : found->second;
}

const Decision* Ledger::decision(std::int64_t event) const {
  const auto found = decisions_.find(event);
  return found == decisions_.end() ? nullptr : &found->second;
}

void Ledger::add_comparison(const Json& body) {
  comparisons_.push_back({.id = get<std::string>(body, "id", "event added"),
                          .gold = get_or<bool>(body, "gold", false, "event added"),
                          .draw = Stream(settings_.seed, "overlap", comparisons_.size() + 1).uniform()});
  count(comparisons_.back(), +1);
  ++revision_;
}

void Ledger::set(const LabelSettings& settings) {
  for (const ComparisonState& comparison : comparisons_) count(comparison, -1);
  settings_ = settings;
  for (const ComparisonState& comparison : comparisons_) count(comparison, +1);
  ++revision_;
}

/// Takes a comparison out of the counts before it changes, and puts it back after.
void Ledger::count(const ComparisonState& comparison, std::int64_t sign) {
  if (!comparison.gold && comparison.votes >= wanted_raters(settings_, comparison)) return;
  (comparison.gold ? gold_count_ : asking_count_) += sign;
  const auto& seen = comparison.seen_by;
  for (auto rater = seen.begin(); rater != seen.end(); ++rater) {
    if (std::find(seen.begin(), rater, *rater) != rater) continue;  // counted already
    RaterState& state = raters_[index(*rater)];
    (comparison.gold ? state.gold_seen : state.asking_seen) += sign;
  }
}

void Ledger::decide(const Event& event, const Json& body) {
  const std::string where = fmt::format("event {}", event.number);
  const auto found = body.find("extra");
  const Json& extra = found == body.end() ? kNothing : *found;
  const Decision decision{.event = event.number,
                          .rater = event.rater.value(),
                          .comparison = event.comparison.value(),
                          .outcome = outcome_named(get<std::string>(body, "outcome", where), where),
                          .role = rater_role(get_or<std::string>(extra, "role", "vote", where)),
                          .seconds = get_or<double>(body, "seconds", 0, where),
                          .day = event.time.substr(0, 10)};
  ComparisonState& comparison = comparisons_.at(index(decision.comparison));
  count(comparison, -1);
  if (counts(decision)) ++comparison.votes;
  if (decision.role != Role::repeat) comparison.seen_by.push_back(decision.rater);
  count(comparison, +1);
  RaterState& rater = raters_.at(index(decision.rater));
  rater.decisions.push_back(decision.event);
  if (std::exchange(rater.last_day, decision.day) != decision.day) rater.on_last_day = 0;
  ++rater.on_last_day;
  decisions_[decision.event] = decision;
}

void Ledger::withdraw(Decision& decision) {
  if (std::exchange(decision.undone, true)) return;
  ComparisonState& comparison = comparisons_[index(decision.comparison)];
  count(comparison, -1);
  if (counts(decision)) --comparison.votes;
  if (decision.role != Role::repeat) {
    const auto seen = std::ranges::find(comparison.seen_by, decision.rater);
    if (seen != comparison.seen_by.end()) comparison.seen_by.erase(seen);
  }
  count(comparison, +1);
  RaterState& rater = raters_[index(decision.rater)];
  std::erase(rater.decisions, decision.event);
  if (decision.day == rater.last_day) --rater.on_last_day;
  ++revision_;
}

void Ledger::redact(std::int64_t rater) {
  RaterState& state = raters_.at(index(rater));
  for (const std::int64_t event : std::vector(state.decisions)) withdraw(decisions_.at(event));
  rater_numbers_.erase(state.name);
  state.name.clear();
}

}  // namespace nudge
