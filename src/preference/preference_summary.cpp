#include "preference/preference_summary.h"

#include <fmt/format.h>

#include <vector>

#include "base/interval_json.h"

namespace nudge {
namespace {

struct NamedShare {
  const char* key;
  const char* words;
  const Share* share;
};

std::vector<NamedShare> shares_of(const PreferenceSummary& summary) {
  return {{"own_utility_agreement", "agrees with its own noiseless utility", &summary.own_utility},
          {"gold_agreement", "agrees with the gold judge", &summary.gold},
          {"agreement", "agrees with a second rater", &summary.other_rater},
          {"left_preferred", "prefers the answer shown left", &summary.left},
          {"longer_preferred", "prefers the longer answer", &summary.longer}};
}

}  // namespace

void PreferenceSummary::count(const PreferencePair& pair) {
  ++pairs;
  ties += pair.tie;
  prompts.insert(pair.prompt.id);
  if (pair.tie) return;
  if (!pair.shown_left.empty()) left.count(pair.shown_left == "chosen");
  longer.count_better(true, static_cast<double>(pair.chosen.size()),
                      static_cast<double>(pair.rejected.size()));
}

Json PreferenceSummary::json() const {
  Json result = {{"pairs", pairs},
                 {"prompts", prompts.size()},
                 {"ties", ties},
                 {"identical", identical},
                 {"skipped", skipped}};
  for (const NamedShare& each : shares_of(*this))
    if (each.share->trials > 0) result[each.key] = interval_json(each.share->interval());
  return result;
}

std::string PreferenceSummary::text() const {
  std::string lines = fmt::format("{} pairs of {} prompts, {} ties among them", pairs, prompts.size(), ties);
  if (identical > 0) lines += fmt::format("; {} prompts without two different completions", identical);
  if (skipped > 0) lines += fmt::format("; {} comparisons skipped", skipped);
  lines += "\n";
  for (const NamedShare& each : shares_of(*this)) {
    if (each.share->trials == 0) continue;
    const Interval share = each.share->interval();
    lines += fmt::format("  {:<38} {:.3f} [{:.3f}, {:.3f}] of {}\n", each.words, share.value, share.low,
                         share.high, each.share->trials);
  }
  return lines;
}

}  // namespace nudge
