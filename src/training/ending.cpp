#include "training/ending.h"

#include <fmt/format.h>

#include <algorithm>

namespace nudge {
namespace {

std::string number(double value, bool share) {
  return share ? fmt::format("{:.0f} %", 100 * value) : fmt::format("{:.3g}", value);
}

std::string change_text(const Change& change) {
  if (change.once) return change.name + " " + number(change.to, change.share);
  return fmt::format("{} from {} to {}{}", change.name, number(change.from, change.share),
                     number(change.to, change.share), change.clear ? "" : " (no clear change)");
}

// Of a run long enough to tell: whether what it is for did not happen.
bool stood_still(const std::vector<Change>& changes) {
  return std::ranges::any_of(changes, [](const Change& change) {
    return (change.name == "reward" || change.name == "margin") && !change.clear && !change.once;
  });
}

}  // namespace

Ending ending_of(const Watch& watch, const std::string& title, std::int64_t steps, const std::string& unit) {
  Ending ending{
      .title = title, .steps = steps, .unit = unit, .window = watch.window(), .changes = watch.changes()};
  for (const std::string& alarm : watch.rung()) ending.remarks.push_back("Alarm at " + alarm);
  if (stood_still(ending.changes))
    ending.remarks.emplace_back(
        "What it learns for did not clearly change: give it more steps or a higher --learning_rate (the "
        "defaults "
        "suit models of billions of parameters; one of millions takes 1e-4 and more).");
  if (watch.optimises() && !watch.monitors())
    ending.remarks.emplace_back(
        "Only the reward itself was watched, and a policy that cheats it pleases it most: --monitor NAME "
        "watches another score beside it.");
  if (watch.compares() && !watch.sees_answers())
    ending.remarks.emplace_back(
        "Nothing was sampled, so nothing here tells how the answers changed: --monitor_dataset PROMPTS.jsonl "
        "looks at them on the way, and --monitor NAME scores them.");
  return ending;
}

Json ending_json(const Ending& ending) {
  Json changes = Json::array();
  for (const Change& change : ending.changes)
    changes.push_back({{"name", change.name},
                       {"from", change.from},
                       {"to", change.to},
                       {"share", change.share},
                       {"clear", change.clear},
                       {"once", change.once}});
  return {{"title", ending.title},   {"steps", ending.steps}, {"unit", ending.unit},
          {"window", ending.window}, {"changes", changes},    {"remarks", ending.remarks}};
}

Ending ending_from(const Json& json, const std::string& where) {
  Ending ending{.title = get<std::string>(json, "title", where),
                .steps = get<std::int64_t>(json, "steps", where),
                .unit = get<std::string>(json, "unit", where),
                .window = get<std::int64_t>(json, "window", where),
                .changes = {},
                .remarks = get<std::vector<std::string>>(json, "remarks", where)};
  for (const Json& each : get<Json>(json, "changes", where))
    ending.changes.push_back({.name = get<std::string>(each, "name", where),
                              .from = get<double>(each, "from", where),
                              .to = get<double>(each, "to", where),
                              .share = get<bool>(each, "share", where),
                              .clear = get<bool>(each, "clear", where),
                              .once = get<bool>(each, "once", where)});
  return ending;
}

std::string changes_text(const Ending& ending) {
  std::string text =
      fmt::format("{}: {} {}{}", ending.title, ending.steps, ending.unit, ending.steps == 1 ? "" : "s");
  for (std::size_t i = 0; i < ending.changes.size(); ++i)
    text += (i == 0 ? ": " : ", ") + change_text(ending.changes[i]);
  if (ending.window > 1 && !ending.changes.empty())
    text += fmt::format(" (means of the first and the last {} values)", ending.window);
  return text + ".";
}

std::string ending_text(const Ending& ending, const std::string& folder,
                        const std::vector<std::string>& next) {
  std::string text = changes_text(ending);
  for (const std::string& remark : ending.remarks) text += "\n" + remark;
  text += "\nThe model lies in " + folder + "/final.";
  for (std::size_t i = 0; i < next.size(); ++i) text += (i == 0 ? " Next:\n  " : "\n  ") + next[i];
  return text;
}

}  // namespace nudge
