// nudge preferences prioritise: which comparison to ask next.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "assembly/rater_utilities.h"
#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "cli/commands.h"
#include "data/records_file.h"
#include "preference/candidates.h"
#include "preference/comparison_files.h"
#include "preference/selection.h"
#include "preference/store/store.h"

namespace nudge {
namespace {

enum class AskBy { disagreement, uncertainty, random };
constexpr auto names_table(AskBy) {
  return std::to_array<Named<AskBy>>({{AskBy::disagreement, "disagreement"},
                                      {AskBy::uncertainty, "uncertainty"},
                                      {AskBy::random, "random"}});
}

struct PrioritiseConfig {
  std::string dataset, scores, output;
  std::vector<std::string> models;
  ModelOptions reading;
  AskBy by = AskBy::disagreement;
  double random_share = 0.2;
  std::uint64_t seed = 0;
};

void declare(Options& options, PrioritiseConfig& config) {
  options
      .require("dataset", config.dataset,
               "Comparisons: a store, or any form that `preferences import` reads.")
      .shown_as("FILE");
  options
      .require("output", config.output,
               "JSON Lines {comparison, priority, value}, the first to ask on top; or the store itself.")
      .shown_as("FILE");
  options.add("models", config.models, "Reward models that score the answers: two or more are an ensemble.")
      .shown_as("DIR");
  declare_bases(options, config.reading);
  declare(options, config.reading.compute);
  options
      .add("scores", config.scores,
           "Instead: JSON Lines {comparison, scores: one list of its answers' scores for each model}.")
      .shown_as("FILE");
  options.choose("by", config.by,
                 "Spread of the score difference over the ensemble, smallness of its mean, or chance.");
  options.add("random_share", config.random_share, "Share of the order that is drawn at random.")
      .within(between(0, 1));
  options.add("seed", config.seed, "Seed of what is drawn.");
}

/// {"comparison": id, "scores": [[a score for each answer] for each model]}, or one list for one model.
std::unordered_map<std::string, EnsembleScores> read_scores(const std::string& path) {
  std::unordered_map<std::string, EnsembleScores> scores;
  std::size_t number = 0;
  for (const Json& record : read_records(path)) {
    const std::string where = fmt::format("{} record {}", path, ++number);
    const Json list = get<Json>(record, "scores", where);
    const bool one_model = list.is_array() && !list.empty() && !list.front().is_array();
    const Json all = {{"scores", one_model ? Json::array({list}) : list}};
    scores[get<std::string>(record, "comparison", where)] = get<EnsembleScores>(all, "scores", where);
  }
  return scores;
}

/// Scores of the answers of each comparison, from a file or by asking the models.
std::vector<EnsembleScores> scores_of(const std::vector<Comparison>& comparisons,
                                      const PrioritiseConfig& config) {
  std::vector<EnsembleScores> all(comparisons.size());
  for (const std::string& folder : config.models) {
    const Utilities scored =
        utilities("reward_model:" + folder, {}, config.reading, candidate_sets(comparisons));
    for (std::size_t i = 0; i < all.size(); ++i) all[i].push_back(scored[i]);
  }
  if (!config.models.empty()) return all;
  const auto scores = read_scores(config.scores);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    const Comparison& comparison = comparisons[i];
    const auto found = scores.find(comparison.id);
    require(found != scores.end(), "{}: the comparison {} has no scores.", config.scores, comparison.id);
    require(!found->second.empty() && found->second.front().size() == comparison.answers.size(),
            "{}: the comparison {} needs one score for each of its {} answers from every model.",
            config.scores, comparison.id, comparison.answers.size());
    all[i] = found->second;
  }
  return all;
}

std::vector<double> values_of(const std::vector<Comparison>& comparisons, const PrioritiseConfig& config) {
  std::vector<double> values(comparisons.size());
  if (config.by == AskBy::random) return values;
  if (config.scores.empty() == config.models.empty())
    throw UsageError(
        fmt::format("nudge preferences prioritise: --by {} needs --scores or --models, one of them.",
                    name_of(config.by)));
  const std::vector<EnsembleScores> scores = scores_of(comparisons, config);
  if (config.by == AskBy::disagreement &&
      std::ranges::any_of(scores, [](const EnsembleScores& each) { return each.size() < 2; }))
    throw UsageError(
        "nudge preferences prioritise: --by disagreement needs the scores of two or more models; with one, "
        "ask for --by uncertainty.");
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = config.by == AskBy::disagreement ? disagreement(scores[i]) : uncertainty(scores[i]);
  return values;
}

void write_order(const std::vector<Comparison>& comparisons, const std::vector<std::size_t>& order,
                 const std::vector<double>& values, const std::string& path) {
  const std::vector<double> priority = priorities(order);
  std::string lines;
  for (const std::size_t i : order)
    lines +=
        to_line({{"comparison", comparisons[i].id}, {"priority", priority[i]}, {"value", values[i]}}) + "\n";
  write_file(path, lines);
}

void prioritise_store(const std::vector<Comparison>& comparisons, const std::vector<std::size_t>& order,
                      const PrioritiseConfig& config) {
  const std::vector<double> priority = priorities(order);
  std::vector<std::pair<std::string, double>> list;
  for (const std::size_t i : order) list.emplace_back(comparisons[i].id, priority[i]);
  Store(config.output)
      .prioritise(list, fmt::format("{}, random share {}, seed {}", name_of(config.by), config.random_share,
                                    config.seed));
}

}  // namespace

int run_preferences_prioritise(std::span<const std::string> arguments) {
  PrioritiseConfig config;
  Options options("preferences prioritise",
                  "Orders comparisons by what a label on them would teach a reward model.");
  declare(options, config);
  options.start_with({"models", "by"},
                     "nudge preferences prioritise --dataset answers.store --models runs/reward-1 "
                     "runs/reward-2 --output order.jsonl");
  if (!options.parse(arguments)) return 0;

  const std::vector<Comparison> comparisons = read_comparisons(config.dataset).comparisons;
  const std::vector<double> values = values_of(comparisons, config);
  const auto order = asking_order(values, config.by == AskBy::random ? 1 : config.random_share, config.seed);
  if (is_store(config.output))
    prioritise_store(comparisons, order, config);
  else
    write_order(comparisons, order, values, config.output);
  fmt::print("{}: {} comparisons in the order to ask, by {}\n", config.output, order.size(),
             name_of(config.by));
  return 0;
}

}  // namespace nudge
