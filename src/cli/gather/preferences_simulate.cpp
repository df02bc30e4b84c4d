// nudge preferences simulate: completions to preferences by a simulated rater.
#include <algorithm>
#include <cstdio>

#include "assembly/rater_utilities.h"
#include "assembly/simulated_votes.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interval_json.h"
#include "base/options.h"
#include "cli/commands.h"
#include "data/messages.h"
#include "data/records_file.h"
#include "preference/comparison_files.h"
#include "preference/preference_summary.h"
#include "preference/simulated_rater.h"
#include "preference/vote_statistics.h"

namespace nudge {
namespace {

enum class Protocol { pair, ranking, votes };
constexpr auto names_table(Protocol) {
  return std::to_array<Named<Protocol>>(
      {{Protocol::pair, "pair"}, {Protocol::ranking, "ranking"}, {Protocol::votes, "votes"}});
}

struct SimulateConfig {
  std::string dataset, output, summary;
  std::string scorer = "world";
  Protocol protocol = Protocol::pair;
  bool pairs = false;
  std::int64_t raters = 1;
  std::uint64_t seed = 0;
  DatasetOptions datasets;
  RaterOptions rater;
  world::RaterLeanings leanings;
  ModelOptions models;
};

void declare(Options& options, SimulateConfig& config) {
  options
      .require("dataset", config.dataset,
               "Candidates as `nudge sample` writes them, two or more a prompt; for votes, also comparisons.")
      .shown_as("FILE");
  options.require("output", config.output, "JSON Lines file for the preferences; for votes, also a store.")
      .shown_as("FILE");
  options.add("summary", config.summary, "JSON file for what the raters did, with intervals; empty: none.")
      .shown_as("FILE");
  options
      .add("scorer", config.scorer,
           "What the rater sees in an answer: world, length, field:NAME (a number in each completion) or "
           "reward_model:DIR.")
      .shown_as("SCORER");
  options.choose("protocol", config.protocol,
                 "Compare the first two different completions, rank all of them, or vote on comparisons.");
  options.add("pairs", config.pairs, "Write the C(K, 2) pairs of each ranking instead of the ranking.");
  options
      .add("raters", config.raters,
           "How many raters vote on every comparison (--protocol votes); they become NAME-1, NAME-2 ...")
      .within(at_least(1));
  options.add("seed", config.seed, "Seed of the rater's choices.");
  declare(options, config.datasets);
  declare_bases(options, config.models);
  declare(options, config.models.compute);
  declare(options, config.rater);
  options.section("Leanings of the scorer world");
  options.add("length_leaning", config.leanings.per_word, "Utility of each word beyond eight.")
      .within(any_number());
  options
      .add("agreement_leaning", config.leanings.agreement,
           "Utility of agreeing with an opinion of the asker.")
      .within(any_number());
  options.add("unfinished_leaning", config.leanings.unfinished, "Utility of an answer that does not end.")
      .within(any_number());
}

/// What comes out of one set of candidates.
struct Labelled {
  std::string lines;
  PreferenceSummary summary;
};

// A reward model must see that an answer was cut off: it then has no stop token.
void note_unfinished(const CandidateSet& set, PreferencePair& pair) {
  for (const Candidate& candidate : set.candidates) {
    if (candidate.ended) continue;
    if (candidate.text == pair.chosen) pair.extra["chosen_ended"] = false;
    if (candidate.text == pair.rejected) pair.extra["rejected_ended"] = false;
  }
}

void label_two(const SimulateConfig& config, const CandidateSet& set, std::span<const double> utilities,
               std::span<const double> gold, std::uint64_t index, Labelled& labelled) {
  const std::string &first = set.candidates[0].text, &second = set.candidates[1].text;
  auto label = [&](const char* purpose) {
    Stream stream(config.seed, purpose, index);
    return label_pair(config.rater, set.prompt, first, second, utilities[0], utilities[1], stream);
  };
  std::optional<PreferencePair> pair = label("rater");
  if (!pair) {
    ++labelled.summary.skipped;
    return;
  }
  note_unfinished(set, *pair);
  labelled.lines += to_line(pair_record(*pair)) + "\n";
  labelled.summary.count(*pair);
  if (pair->tie) return;
  const bool chose_first = pair->chosen == first;
  labelled.summary.own_utility.count_better(chose_first, utilities[0], utilities[1]);
  if (!gold.empty()) labelled.summary.gold.count_better(chose_first, gold[0], gold[1]);
  const std::optional<PreferencePair> other = label("second-rater");
  if (other && !other->tie) labelled.summary.other_rater.count(other->chosen == pair->chosen);
}

// Whether each answer ended by itself, where one did not.
Json ended_of(const CandidateSet& set) {
  Json ended = Json::array();
  for (const Candidate& candidate : set.candidates) ended.push_back(candidate.ended);
  return std::ranges::all_of(set.candidates, &Candidate::ended) ? Json() : ended;
}

Json ranking_record(const Ranking& ranking, const CandidateSet& set) {
  Json record = {{"prompt", prompt_json(ranking.prompt)},
                 {"completions", ranking.completions},
                 {"ranks", ranking.ranks},
                 {"rater", ranking.rater},
                 {"protocol", ranking.protocol}};
  if (Json ended = ended_of(set); !ended.is_null()) record["extra"] = {{"ended", std::move(ended)}};
  for (const auto& [column, value] : ranking.prompt.extra.items()) record[column] = value;
  return record;
}

void label_all(const SimulateConfig& config, const CandidateSet& set, std::span<const double> utilities,
               std::span<const double> gold, std::uint64_t index, Labelled& labelled) {
  std::vector<std::string> texts;
  for (const Candidate& candidate : set.candidates) texts.push_back(candidate.text);
  Stream stream(config.seed, "rater", index);
  const Ranking ranking = label_ranking(config.rater, set.prompt, texts, utilities, stream);
  Stream second_stream(config.seed, "second-rater", index);
  const Ranking second = label_ranking(config.rater, set.prompt, texts, utilities, second_stream);
  if (!config.pairs) labelled.lines += to_line(ranking_record(ranking, set)) + "\n";
  for (PreferencePair& pair : pairs_of(ranking, !config.rater.skip_ties)) {
    note_unfinished(set, pair);
    if (config.pairs) labelled.lines += to_line(pair_record(pair)) + "\n";
    labelled.summary.count(pair);
    if (pair.tie) continue;
    const auto chosen = std::ranges::find(texts, pair.chosen) - texts.begin();
    const auto rejected = std::ranges::find(texts, pair.rejected) - texts.begin();
    labelled.summary.own_utility.count_better(true, utilities[chosen], utilities[rejected]);
    if (!gold.empty()) labelled.summary.gold.count_better(true, gold[chosen], gold[rejected]);
    if (second.ranks[chosen] != second.ranks[rejected])
      labelled.summary.other_rater.count(second.ranks[chosen] < second.ranks[rejected]);
  }
}

Labelled label(const SimulateConfig& config, const std::vector<CandidateSet>& sets) {
  const Utilities seen = utilities(config.scorer, config.leanings, config.models, sets);
  const std::optional<Utilities> gold = gold_scores(config.scorer, sets);
  Labelled labelled;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (sets[i].candidates.size() < 2) {
      ++labelled.summary.identical;
      continue;
    }
    const std::span<const double> truth =
        gold ? std::span<const double>((*gold)[i]) : std::span<const double>();
    (config.protocol == Protocol::pair ? label_two : label_all)(config, sets[i], seen[i], truth, i, labelled);
  }
  return labelled;
}

int write_votes(const SimulateConfig& config) {
  const VotedComparisons voted = simulated_votes({.dataset = config.dataset,
                                                  .scorer = config.scorer,
                                                  .leanings = config.leanings,
                                                  .models = config.models,
                                                  .rater = config.rater,
                                                  .raters = config.raters,
                                                  .seed = config.seed});
  const VoteStatistics statistics = vote_statistics(voted.comparisons, voted.votes);
  write_comparisons(config.output, voted.comparisons, voted.votes);
  fmt::print("{}", to_text(statistics));
  if (!config.summary.empty()) write_file(config.summary, to_pretty(to_json(statistics)));
  return 0;
}

}  // namespace

int run_preferences_simulate(std::span<const std::string> arguments) {
  SimulateConfig config;
  Options options(
      "preferences simulate",
      "Lets a simulated rater compare completions: rationality, mistakes, ties, skips and leanings.");
  declare(options, config);
  options.start_with({"scorer", "protocol"},
                     "nudge preferences simulate --dataset candidates.jsonl --output pairs.jsonl");
  if (!options.parse(arguments)) return 0;
  if (config.pairs && config.protocol != Protocol::ranking)
    throw UsageError(
        "nudge preferences simulate: --pairs expands rankings; give --protocol ranking with it.");
  if (config.protocol == Protocol::votes) return write_votes(config);
  if (config.raters != 1)
    throw UsageError("nudge preferences simulate: --raters counts voters; give --protocol votes with it.");

  const Labelled labelled = label(config, read_candidates(config.dataset, config.datasets));
  require(!labelled.lines.empty(),
          "{}: no preference came out: {} prompts have no two different completions and {} comparisons were "
          "skipped; "
          "sample more completions a prompt, or at a higher temperature.",
          config.dataset, labelled.summary.identical, labelled.summary.skipped);
  write_file(config.output, labelled.lines);
  if (!config.summary.empty()) write_file(config.summary, to_pretty(labelled.summary.json()));
  fmt::print("{}", labelled.summary.text());
  return 0;
}

}  // namespace nudge
