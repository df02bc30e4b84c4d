#include "base/error.h"
#include "preference/vote_statistics.h"

namespace nudge {
namespace {

constexpr std::size_t kShown = 12;  // of a list on a terminal

std::string and_more(std::size_t all) {
  return fmt::format("  and {} more (--output FILE holds all)\n", all - kShown);
}

Json counts_json(const VoteCounts& counts) {
  const std::optional<double> seconds = median(counts.seconds);
  return {{"votes", counts.votes},
          {"compared", counts.compared},
          {"pairs", counts.pairs},
          {"ties", counts.ties},
          {"left_preferred", to_json(counts.left)},
          {"longer_preferred", to_json(counts.longer)},
          {"seconds_median", seconds ? Json(*seconds) : Json(nullptr)},
          {"too_fast", to_json(counts.fast)}};
}

Json groups_json(const std::map<std::string, VoteCounts>& groups) {
  Json value = Json::object();
  for (const auto& [name, counts] : groups) value[name] = counts_json(counts);
  return value;
}

Json models_json(const std::map<std::string, ModelCounts>& models) {
  Json value = Json::object();
  for (const auto& [name, counts] : models)
    value[name] = {{"comparisons", counts.comparisons}, {"pairs", counts.pairs}};
  return value;
}

std::string models_text(const std::map<std::string, ModelCounts>& models) {
  if (models.size() < 2) return "";
  std::string lines = "by model\n";
  std::size_t shown = 0;
  for (const auto& [name, counts] : models) {
    if (++shown > kShown) return lines + and_more(models.size());
    lines += fmt::format("  {:<24} {} comparisons, {} pairs\n", name.empty() ? "not said" : name,
                         counts.comparisons, counts.pairs);
  }
  return lines;
}

std::string share_line(const char* words, const Share& share) {
  if (share.trials == 0) return "";
  const Interval interval = share.interval();
  return fmt::format("  {:<38} {:.3f} [{:.3f}, {:.3f}] of {}\n", words, interval.value, interval.low,
                     interval.high, share.trials);
}

std::string groups_text(const char* heading, const std::map<std::string, VoteCounts>& groups) {
  if (groups.size() < 2) return "";
  std::string lines = fmt::format("by {}\n", heading);
  std::size_t shown = 0;
  for (const auto& [name, counts] : groups) {
    if (++shown > kShown) return lines + and_more(groups.size());
    lines += fmt::format("  {:<24} {} votes, {} pairs, {} ties", name.empty() ? "not said" : name,
                         counts.votes, counts.pairs, counts.ties);
    for (const auto& [words, share] : {std::pair{"longer", &counts.longer}, {"left", &counts.left}})
      if (share->trials > 0) lines += fmt::format(", {} {:.3f}", words, share->interval().value);
    if (const auto seconds = median(counts.seconds)) lines += fmt::format(", median {:.1f} s", *seconds);
    lines += "\n";
  }
  return lines;
}

}  // namespace

Json to_json(const VoteStatistics& statistics) {
  Json outcomes = Json::object();
  for (const auto& [name, count] : statistics.outcomes) outcomes[name] = count;
  return {{"comparisons", statistics.comparisons},
          {"prompts", statistics.prompts},
          {"outcomes", outcomes},
          {"all", counts_json(statistics.all)},
          {"repeats_same", to_json(statistics.repeats)},
          {"by_source", groups_json(statistics.by_source)},
          {"by_model", models_json(statistics.by_model)},
          {"by_strength", groups_json(statistics.by_strength)},
          {"by_protocol", groups_json(statistics.by_protocol)},
          {"by_rater", groups_json(statistics.by_rater)}};
}

std::string to_text(const VoteStatistics& statistics) {
  const VoteCounts& all = statistics.all;
  std::string lines = fmt::format("{} pairs of {} prompts, {} ties among them; {} votes on {} comparisons\n",
                                  all.pairs, statistics.prompts, all.ties, all.votes, statistics.comparisons);
  for (const auto& [outcome, count] : statistics.outcomes)
    if (outcome != "compared") lines += fmt::format("  {} votes: {}\n", count, outcome);
  lines += share_line("prefers the answer shown left", all.left);
  lines += share_line("prefers the longer answer", all.longer);
  lines += share_line("says the same when asked again", statistics.repeats);
  lines += share_line("faster than 100 ms a word", all.fast);
  if (const auto seconds = median(all.seconds)) lines += fmt::format("  median {:.1f} s a vote\n", *seconds);
  lines += groups_text("source", statistics.by_source);
  lines += models_text(statistics.by_model);
  lines += groups_text("strength", statistics.by_strength);
  lines += groups_text("protocol", statistics.by_protocol);
  lines += groups_text("rater", statistics.by_rater);
  return lines;
}

}  // namespace nudge
