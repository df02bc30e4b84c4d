#include "preference/aggregation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "preference/label_table.h"

namespace nudge {
namespace {

constexpr std::size_t kLabels = 4;
constexpr int kUndecided = kTie;

/// Votes that count, each rater's first.
using VotesOf = std::vector<const Vote*>;

/// A comparison that somebody voted on. The others say nothing, and nobody below sees them.
struct Voted {
  const Comparison& comparison;
  VotesOf votes;

  std::size_t answers() const { return comparison.answers.size(); }
  std::size_t pairs() const { return answers() * (answers() - 1) / 2; }
};

std::vector<Voted> voted_comparisons(std::span<const Comparison> comparisons, std::span<const Vote> votes) {
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < comparisons.size(); ++i) index.emplace(comparisons[i].id, i);
  std::vector<VotesOf> lists(comparisons.size());
  for (const Vote& vote : votes) {
    const auto found = index.find(vote.comparison);
    require(found != index.end(), "aggregation: a vote is on the comparison {}, which is not there.",
            vote.comparison);
    require_fits(vote, comparisons[found->second], fmt::format("vote on {}", vote.comparison));
    if (label_of(vote, 0, 1) == kNoLabel) continue;
    VotesOf& list = lists[found->second];
    if (std::ranges::none_of(list, [&](const Vote* other) { return other->rater == vote.rater; }))
      list.push_back(&vote);
  }
  std::vector<Voted> result;
  for (std::size_t i = 0; i < comparisons.size(); ++i)
    if (!lists[i].empty()) result.push_back({comparisons[i], std::move(lists[i])});
  return result;
}

int most_frequent(const VotesOf& votes, std::size_t first, std::size_t second) {
  std::array<int, kLabels> counts{};
  for (const Vote* vote : votes) ++counts[label_of(*vote, first, second)];
  const auto highest = std::ranges::max_element(counts);
  return std::ranges::count(counts, *highest) == 1 ? static_cast<int>(highest - counts.begin()) : kUndecided;
}

int heaviest(const VotesOf& votes, std::size_t first, std::size_t second) {
  const bool all_bad =
      std::ranges::all_of(votes, [](const Vote* vote) { return vote->outcome == Outcome::both_bad; });
  if (all_bad) return kBothBad;
  std::int64_t sum = 0;
  for (const Vote* vote : votes) {
    const std::int64_t weight = std::max<std::int64_t>(vote->strength_between(first, second), 1);
    const int label = label_of(*vote, first, second);
    sum += label == kFirstBetter ? weight : label == kSecondBetter ? -weight : 0;
  }
  return sum > 0 ? kFirstBetter : sum < 0 ? kSecondBetter : kTie;
}

/// Raters numbered by name, and every label on every pair, as Dawid-Skene counts them.
struct PairLabels {
  std::map<std::string, std::size_t> raters;
  std::vector<Labelling> labellings;
  std::size_t items = 0;
};

PairLabels pair_labels(std::span<const Voted> comparisons) {
  PairLabels result;
  for (const Voted& voted : comparisons)
    for (const Vote* vote : voted.votes) result.raters.emplace(vote->rater, 0);
  std::size_t number = 0;
  for (auto& [name, rater] : result.raters) rater = number++;
  for (const Voted& voted : comparisons)
    for (std::size_t first = 0; first < voted.answers(); ++first)
      for (std::size_t second = first + 1; second < voted.answers(); ++second, ++result.items)
        for (const Vote* vote : voted.votes)
          result.labellings.push_back(
              {result.items, result.raters[vote->rater], label_of(*vote, first, second)});
  return result;
}

/// Whether each rater says the same as some other one more often than by chance, of the labels that the two
/// share. Who does not has shown nothing by which one could tell who is right.
std::vector<bool> agree_with_somebody(const PairLabels& labels) {
  struct Shared {
    double same = 0, items = 0;
  };
  std::vector<std::vector<Labelling>> items(labels.items);
  for (const Labelling& each : labels.labellings) items[each.item].push_back(each);
  std::map<std::pair<std::size_t, std::size_t>, Shared> of_two;
  std::array<double, kLabels> counts{};
  double all = 0;
  for (const auto& item : items) {
    for (const Labelling& one : item) {
      if (item.size() > 1) ++counts[one.label], ++all;
      for (const Labelling& other : item) {
        if (one.rater == other.rater) continue;
        Shared& shared = of_two[{one.rater, other.rater}];
        shared.same += one.label == other.label;
        ++shared.items;
      }
    }
  }
  double chance = 0;
  for (const double count : counts) chance += all > 0 ? (count / all) * (count / all) : 0;
  std::vector<bool> result(labels.raters.size());
  for (const auto& [raters, shared] : of_two)
    if (shared.same > chance * shared.items) result[raters.first] = true;
  return result;
}

/// Bayes' rule decides, but does not break a tie of votes by raters who agree with nobody: their tables are
/// made of the starting point and of rounding.
std::vector<int> dawid_skene_decisions(std::span<const Voted> comparisons) {
  const PairLabels labels = pair_labels(comparisons);
  const DawidSkene model = dawid_skene(labels.labellings, labels.items, labels.raters.size(), kLabels, {});
  const std::vector<bool> informative = agree_with_somebody(labels);
  const auto is_informed = [&](const Vote* vote) { return informative[labels.raters.at(vote->rater)]; };
  std::vector<int> result;
  for (const Voted& voted : comparisons) {
    const bool informed = std::ranges::any_of(voted.votes, is_informed);
    for (std::size_t first = 0; first < voted.answers(); ++first)
      for (std::size_t second = first + 1; second < voted.answers(); ++second) {
        const std::vector<double>& item = model.items[result.size()];
        const auto best = static_cast<int>(std::ranges::max_element(item) - item.begin());
        const bool tied = voted.votes.size() > 1 && most_frequent(voted.votes, first, second) == kUndecided;
        result.push_back(tied && !informed ? kUndecided : best);
      }
  }
  return result;
}

/// Decisions on the pairs (0,1), (0,2) ... of every comparison in order.
std::vector<int> decisions(std::span<const Voted> comparisons, Aggregation aggregation) {
  if (aggregation == Aggregation::dawid_skene) return dawid_skene_decisions(comparisons);
  std::vector<int> result;
  for (const Voted& voted : comparisons)
    for (std::size_t first = 0; first < voted.answers(); ++first)
      for (std::size_t second = first + 1; second < voted.answers(); ++second)
        result.push_back(aggregation == Aggregation::majority ? most_frequent(voted.votes, first, second)
                                                              : heaviest(voted.votes, first, second));
  return result;
}

/// Ranks by pairs won minus pairs lost.
std::vector<std::int64_t> copeland_ranks(std::size_t answers, std::span<const int> labels) {
  std::vector<int> score(answers);
  auto label = labels.begin();
  for (std::size_t first = 0; first < answers; ++first)
    for (std::size_t second = first + 1; second < answers; ++second, ++label) {
      const int won = *label == kFirstBetter ? 1 : *label == kSecondBetter ? -1 : 0;
      score[first] += won;
      score[second] -= won;
    }
  std::vector<int> different = score;
  std::ranges::sort(different, std::ranges::greater());
  different.erase(std::ranges::unique(different).begin(), different.end());
  std::vector<std::int64_t> ranks;
  for (const int each : score) ranks.push_back(std::ranges::find(different, each) - different.begin());
  return ranks;
}

/// Of the best and the next best of the consensus: what each vote said of them, if it said anything of these
/// two.
std::int64_t mean_strength(const VotesOf& votes, const Vote& consensus, std::size_t answers) {
  double sum = 0, said = 0;
  for (std::size_t best = 0; best < answers; ++best)
    for (std::size_t next = 0; next < answers; ++next) {
      if (consensus.ranks[best] != 0 || consensus.ranks[next] != 1) continue;
      for (const Vote* vote : votes) {
        const auto strength = static_cast<double>(vote->strength_between(best, next));
        if (strength == 0) continue;
        sum += label_of(*vote, best, next) == kFirstBetter ? strength : -strength;
        ++said;
      }
    }
  return said > 0 ? std::max<std::int64_t>(1, std::llround(sum / said)) : 0;
}

/// Share of the pairs of all votes on which they say what the consensus says.
double agreement(const Vote& consensus, const VotesOf& votes, std::size_t answers) {
  double same = 0, all = 0;
  for (const Vote* vote : votes)
    for (std::size_t first = 0; first < answers; ++first)
      for (std::size_t second = first + 1; second < answers; ++second, ++all)
        same += label_of(*vote, first, second) == label_of(consensus, first, second);
  return same / all;
}

Vote consensus(const Voted& voted, std::span<const int> labels, const std::string& name) {
  const auto& [comparison, votes] = voted;
  Vote vote{.comparison = comparison.id, .rater = name, .protocol = votes.front()->protocol};
  if (std::ranges::all_of(labels, [](int label) { return label == kBothBad; })) {
    vote.outcome = Outcome::both_bad;
  } else {
    vote.ranks = copeland_ranks(comparison.answers.size(), labels);
    if (!vote.tie()) vote.strength = mean_strength(votes, vote, comparison.answers.size());
  }
  for (const Vote* other : votes)
    if (other->protocol != vote.protocol) vote.protocol = "mixed";
  vote.extra["votes"] = votes.size();
  vote.extra["agreement"] = agreement(vote, votes, comparison.answers.size());
  return vote;
}

}  // namespace

std::vector<Vote> aggregate(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                            Aggregation aggregation) {
  const std::vector<Voted> all = voted_comparisons(comparisons, votes);
  std::vector<Vote> result;
  if (aggregation == Aggregation::every_vote) {
    for (const Voted& voted : all)
      for (const Vote* vote : voted.votes) result.push_back(*vote);
    return result;
  }
  if (all.empty()) return result;
  const std::vector<int> labels = decisions(all, aggregation);
  std::size_t start = 0;
  for (const Voted& voted : all) {
    result.push_back(consensus(voted, std::span(labels).subspan(start, voted.pairs()), name_of(aggregation)));
    start += voted.pairs();
  }
  return result;
}

std::vector<RaterReliability> rater_reliability(std::span<const Comparison> comparisons,
                                                std::span<const Vote> votes) {
  const PairLabels labels = pair_labels(voted_comparisons(comparisons, votes));
  std::vector<RaterReliability> result;
  if (labels.labellings.empty()) return result;
  const DawidSkene model = dawid_skene(labels.labellings, labels.items, labels.raters.size(), kLabels, {});
  for (const auto& [name, rater] : labels.raters) {
    RaterReliability& each = result.emplace_back(RaterReliability{.rater = name});
    for (std::size_t label = 0; label < kLabels; ++label)
      each.accuracy += model.shares[label] * model.confusion[rater][label][label];
    each.labels = std::ranges::count(labels.labellings, rater, &Labelling::rater);
  }
  return result;
}

}  // namespace nudge
