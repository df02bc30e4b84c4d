#include "evaluation/reward_evaluation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/interval_json.h"
#include "evaluation/calibration.h"
#include "evaluation/reward_raters.h"
#include "evaluation/statistics.h"

namespace nudge {
namespace {

using Pairs = std::vector<const ScoredPair*>;

double right(const ScoredPair& pair) {
  return pair.difference() > 0 ? 1 : pair.difference() == 0 ? 0.5 : 0;
}

std::int64_t longer_by(const ScoredPair& pair) {
  return pair.chosen_length - pair.rejected_length;
}

// The share of pairs for which `success` is 1, or nothing where there is no pair.
template <class Success>
Json share(const Pairs& pairs, Success success) {
  if (pairs.empty()) return {};
  std::map<std::string, std::int64_t> prompts;
  std::vector<double> successes;
  std::vector<std::int64_t> clusters;
  for (const ScoredPair* pair : pairs) {
    successes.push_back(success(*pair));
    clusters.push_back(prompts.try_emplace(pair->prompt, prompts.size()).first->second);
  }
  return interval_json(clustered_share(successes, clusters));
}

template <class Keep>
Pairs where(const Pairs& pairs, Keep keep) {
  Pairs kept;
  std::ranges::copy_if(pairs, std::back_inserter(kept), [&](const ScoredPair* pair) { return keep(*pair); });
  return kept;
}

// Accuracy in each group of pairs with the same value of `key`, groups in order; the empty value is no group.
template <class Value>
Json by(const Pairs& pairs, const char* name, Value ScoredPair::* key) {
  std::map<Value, Pairs> groups;
  for (const ScoredPair* pair : pairs)
    if (pair->*key != Value()) groups[pair->*key].push_back(pair);
  Json rows = Json::array();
  for (const auto& [value, members] : groups)
    rows.push_back({{name, value}, {"pairs", members.size()}, {"accuracy", share(members, right)}});
  return rows;
}

void add_length(const Pairs& pairs, Json& result) {
  const Pairs longer = where(pairs, [](auto& pair) { return longer_by(pair) > 0; });
  const Pairs shorter = where(pairs, [](auto& pair) { return longer_by(pair) < 0; });
  const Pairs uneven = where(pairs, [](auto& pair) { return longer_by(pair) != 0; });
  const auto preferred = [](const ScoredPair& pair) { return longer_by(pair) > 0 ? 1.0 : 0.0; };
  result["when_longer_chosen"] = share(longer, right);
  result["when_shorter_chosen"] = share(shorter, right);
  result["longer_preferred"] = share(uneven, preferred);
  result["longer_scored_higher"] = share(
      uneven, [](const ScoredPair& pair) { return longer_by(pair) > 0 ? right(pair) : 1 - right(pair); });
  const double most = static_cast<double>(std::max(longer.size(), shorter.size()));
  const double even = 0.5 * static_cast<double>(pairs.size() - uneven.size());
  result["length_alone_accuracy"] = (most + even) / static_cast<double>(pairs.size());
  std::vector<double> lengths, differences;
  for (const ScoredPair* pair : pairs) {
    lengths.push_back(static_cast<double>(longer_by(*pair)));
    differences.push_back(pair->difference());
  }
  result["length_correlation"] = pearson(lengths, differences);
}

void add_position(const Pairs& pairs, Json& result) {
  const Pairs placed = where(pairs, [](auto& pair) { return pair.chosen_shown_first.has_value(); });
  if (placed.empty()) return;
  const auto first = [](const ScoredPair& pair) { return *pair.chosen_shown_first; };
  result["position"] = {
      {"first_preferred", share(placed, [&](auto& pair) { return first(pair) ? 1.0 : 0.0; })},
      {"first_scored_higher",
       share(placed, [&](auto& pair) { return first(pair) ? right(pair) : 1 - right(pair); })}};
}

Json bins_json(const std::vector<CalibrationBin>& bins) {
  Json rows = Json::array();
  for (const CalibrationBin& bin : bins)
    rows.push_back({{"predicted", bin.predicted}, {"observed", bin.observed}, {"count", bin.count}});
  return rows;
}

// Calibration looks at each pair from the side that the reward favours.
void add_calibration(const Pairs& pairs, Json& result) {
  std::vector<double> differences, outcomes;
  for (const ScoredPair* pair : pairs) {
    differences.push_back(pair->difference());
    outcomes.push_back(right(*pair));
  }
  const double fitted = fit_temperature(differences);
  double ceiling = 0;
  for (const auto& [suffix, temperature] : {std::pair{"", 1.0}, {"_after_temperature", fitted}}) {
    std::vector<double> favoured;
    for (const double difference : differences)
      favoured.push_back(1 / (1 + std::exp(-std::abs(difference) / temperature)));
    ceiling = 0;
    for (const double p : favoured)
      ceiling += (p * p + (1 - p) * (1 - p)) / static_cast<double>(favoured.size());
    result[std::string("ece") + suffix] = expected_calibration_error(favoured, outcomes);
    result[std::string("log_loss") + suffix] =
        preference_log_loss(differences, std::vector<double>(differences.size(), 1.0), temperature);
    result[std::string("reliability") + suffix] = bins_json(calibration_bins(favoured, outcomes));
  }
  result["temperature"] = fitted;
  result["ceiling"] = ceiling;
}

double mean_size(const Pairs& pairs) {
  double sum = 0;
  for (const ScoredPair* pair : pairs) sum += std::abs(pair->difference());
  return sum / static_cast<double>(pairs.size());
}

Json texts(const Pairs& pairs, std::size_t shown) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < std::min(shown, pairs.size()); ++i) {
    const ScoredPair& pair = *pairs[i];
    Json row = {{"prompt", pair.prompt},
                {"chosen", pair.chosen_text},
                {"rejected", pair.rejected_text},
                {"difference", pair.difference()}};
    if (pair.strength != 0) row["strength"] = pair.strength;
    if (!pair.source.empty()) row["source"] = pair.source;
    rows.push_back(std::move(row));
  }
  return rows;
}

void add_texts(Pairs pairs, Json& result) {
  constexpr std::size_t kShown = 12;
  std::ranges::stable_sort(pairs, {}, [](auto* pair) { return pair->difference(); });
  result["hardest"] = texts(where(pairs, [](auto& pair) { return pair.difference() < 0; }), kShown);
  std::ranges::stable_sort(pairs, {}, [](auto* pair) { return std::abs(pair->difference()); });
  result["most_doubtful"] = texts(pairs, kShown);
}

}  // namespace

Json reward_evaluation(std::span<const ScoredPair> all) {
  Pairs every;
  std::set<std::string> prompts;
  for (const ScoredPair& pair : all) {
    every.push_back(&pair);
    prompts.insert(pair.prompt);
  }
  const Pairs pairs = where(every, [](auto& pair) { return !pair.tie; });
  const Pairs ties = where(every, [](auto& pair) { return pair.tie; });
  Json result = {{"pairs", pairs.size()}, {"prompts", prompts.size()}};
  if (!ties.empty()) {
    result["ties"] = {{"pairs", ties.size()}, {"mean_difference", mean_size(ties)}};
    if (!pairs.empty()) result["ties"]["mean_difference_elsewhere"] = mean_size(pairs);
  }
  if (pairs.empty()) return result;
  result["accuracy"] = share(pairs, right);
  if (Json rows = by(pairs, "strength", &ScoredPair::strength); !rows.empty()) result["by_strength"] = rows;
  if (Json rows = by(pairs, "source", &ScoredPair::source); !rows.empty()) result["by_source"] = rows;
  add_length(pairs, result);
  add_position(pairs, result);
  add_calibration(pairs, result);
  if (Json raters = repeated_votes(all); !raters.empty()) result["raters"] = std::move(raters);
  add_texts(pairs, result);
  return result;
}

}  // namespace nudge
