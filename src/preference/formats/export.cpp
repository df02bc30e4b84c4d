#include "preference/formats/export.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"
#include "data/messages.h"
#include "preference/formats/exporters.h"
#include "preference/formats/raw.h"

namespace nudge {
namespace {

constexpr const char* kBothBad = "both bad: no preference";
constexpr const char* kTied = "a tie";

std::string unusable(const Comparison& comparison, const Answer& answer) {
  if (answer.media != "text") return "an animated clip, which only raw holds";
  if (comparison.extra.contains("text_lost")) return "the text of an answer was lost";
  if (blank(answer.content)) return "an empty answer";
  return "";
}

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

/// Comparisons and votes that the query asks for, the votes in the order of the comparisons.
struct Selection {
  std::vector<Comparison> comparisons;
  std::vector<Vote> votes;
};

Selection choose(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                 const ExportOptions& options) {
  std::unordered_map<std::string, std::vector<const Vote*>> by_comparison;
  for (const Vote& vote : votes)
    if (listed(options.raters, vote.rater)) by_comparison[vote.comparison].push_back(&vote);
  Selection selected;
  for (const Comparison& comparison : comparisons) {
    if (!listed(options.sources, comparison.source)) continue;
    std::set<std::string> raters;
    for (const Vote* vote : by_comparison[comparison.id])
      if (vote->outcome == Outcome::compared || vote->outcome == Outcome::both_bad)
        raters.insert(vote->rater);
    if (std::ssize(raters) < options.min_votes && options.format != ExportFormat::raw) continue;
    selected.comparisons.push_back(comparison);
    for (const Vote* vote : by_comparison[comparison.id]) selected.votes.push_back(*vote);
  }
  return selected;
}

/// Writes votes in one of the formats for training.
class Exporter {
 public:
  explicit Exporter(const ExportOptions& options) : options_(options) {
    if (options.format == ExportFormat::csv) text_ = csv_heading();
  }

  void write(const Comparison& comparison, const Vote& vote) {
    if (options_.format == ExportFormat::kto) return write_labels(comparison, vote);
    if (vote.outcome == Outcome::both_bad) return leave_out(kBothBad);
    if (options_.format == ExportFormat::ranking) return write_ranking(comparison, vote);
    for_each_pair(
        comparison, vote, options_.ties, [&](const ExportedPair& pair) { write_pair(pair); },
        [&](const char* reason) { leave_out(reason); });
  }

  std::int64_t records() const { return records_; }
  const std::map<std::string, std::int64_t>& left_out() const { return left_out_; }
  std::string take() { return std::move(text_); }

 private:
  void add(std::string line) {
    text_ += line;
    ++records_;
  }

  void leave_out(const std::string& reason) { ++left_out_[reason]; }

  void write_pair(const ExportedPair& pair) {
    for (const Answer* answer : {&pair.chosen, &pair.rejected})
      if (const std::string reason = unusable(pair.comparison, *answer); !reason.empty())
        return leave_out(reason);
    add(options_.format == ExportFormat::pairs ? pair_line(pair)
        : options_.format == ExportFormat::csv ? csv_line(pair)
                                               : sharegpt_line(pair));
  }

  void write_ranking(const Comparison& comparison, const Vote& vote) {
    for (const Answer& answer : comparison.answers)
      if (const std::string reason = unusable(comparison, answer); !reason.empty()) return leave_out(reason);
    if (vote.tie() && options_.ties == Ties::drop) return leave_out(kTied);
    add(ranking_line(comparison, vote));
  }

  void write_labels(const Comparison& comparison, const Vote& vote) {
    const bool bad = vote.outcome == Outcome::both_bad;
    if (!bad && vote.tie()) return leave_out(kTied);
    const std::int64_t worst = bad ? 0 : std::ranges::max(vote.ranks);
    for (std::size_t i = 0; i < comparison.answers.size(); ++i) {
      const Answer& answer = comparison.answers[i];
      if (const std::string reason = unusable(comparison, answer); !reason.empty()) {
        leave_out(reason);
      } else if (bad || vote.ranks[i] == 0 || vote.ranks[i] == worst) {
        add(label_line(comparison, vote, answer, !bad && vote.ranks[i] == 0));
      } else {
        leave_out("neither the best nor the worst of its ranking");
      }
    }
  }

  const ExportOptions& options_;
  std::string text_;
  std::int64_t records_ = 0;
  std::map<std::string, std::int64_t> left_out_;
};

void check(const ExportOptions& options) {
  if (options.format == ExportFormat::events)
    throw UsageError("export: events are the log of a store, and no form of its votes.");
  if (options.format == ExportFormat::raw && options.aggregation != Aggregation::every_vote)
    throw UsageError("export: raw holds every vote as it is; aggregate in another format.");
}

Json query_json(const ExportOptions& options) {
  Json query;
  query["aggregate"] = name_of(options.aggregation);
  query["ties"] = name_of(options.ties);
  query["sources"] = options.sources;
  query["raters"] = options.raters;
  query["min_votes"] = options.min_votes;
  return query;
}

Json guideline_versions(const std::vector<Vote>& votes) {
  std::set<std::int64_t> versions;
  for (const Vote& vote : votes)
    if (const auto found = vote.extra.find("guidelines");
        found != vote.extra.end() && found->is_number_integer())
      versions.insert(found->get<std::int64_t>());
  return Json(versions);
}

}  // namespace

void for_each_pair(const Comparison& comparison, const Vote& vote, Ties ties,
                   const std::function<void(const ExportedPair&)>& write,
                   const std::function<void(const char*)>& leave_out) {
  auto place = [&](std::size_t answer) {
    return std::ranges::find(vote.shown, static_cast<std::int64_t>(answer)) - vote.shown.begin();
  };
  auto make = [&](std::size_t better, std::size_t worse, bool tie) {
    const char* left = vote.shown.empty() ? "" : place(better) < place(worse) ? "chosen" : "rejected";
    write({comparison, vote, comparison.answers[better], comparison.answers[worse], tie,
           vote.strength_between(better, worse), left});
  };
  for (std::size_t i = 0; i < comparison.answers.size(); ++i)
    for (std::size_t j = i + 1; j < comparison.answers.size(); ++j) {
      if (vote.ranks[i] != vote.ranks[j]) {
        const bool first = vote.ranks[i] < vote.ranks[j];
        make(first ? i : j, first ? j : i, false);
      } else if (ties == Ties::drop) {
        leave_out(kTied);
      } else {
        make(i, j, ties == Ties::mark);
        if (ties == Ties::half) make(j, i, false);
      }
    }
}

Exported export_preferences(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                            const ExportOptions& options) {
  check(options);
  const Selection selected = choose(comparisons, votes, options);
  const std::vector<Vote> written = aggregate(selected.comparisons, selected.votes, options.aggregation);
  Exported exported;
  Exporter exporter(options);
  if (options.format == ExportFormat::raw) {
    exported.text = raw_lines(selected.comparisons, selected.votes);
  } else {
    std::unordered_map<std::string, const Comparison*> by_id;
    for (const Comparison& comparison : selected.comparisons) by_id.emplace(comparison.id, &comparison);
    for (const Vote& vote : written) exporter.write(*by_id.at(vote.comparison), vote);
    exported.text = exporter.take();
  }
  const auto records = static_cast<std::size_t>(std::ranges::count(exported.text, '\n'));
  exported.manifest = {
      {"format", name_of(options.format)},
      {"query", query_json(options)},
      {"counts",
       {{"comparisons", selected.comparisons.size()},
        {"votes", selected.votes.size()},
        {"votes_after_aggregation", written.size()},
        {"records",
         options.format == ExportFormat::raw ? records : static_cast<std::size_t>(exporter.records())}}},
      {"left_out", exporter.left_out()},
      {"guideline_versions", guideline_versions(selected.votes)},
      {"sha256", sha256(exported.text)}};
  return exported;
}

}  // namespace nudge
