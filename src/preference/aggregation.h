#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/names.h"
#include "preference/dawid_skene.h"
#include "records/comparison.h"

namespace nudge {

/// How the votes on one comparison become one.
enum class Aggregation {
  every_vote,  // they do not: every vote stands for itself
  majority,    // of each pair of answers, the label most raters gave; no single most frequent one: a tie
  strength,    // each vote weighs its strength (1 where it was not said): the sign of the sum decides
  dawid_skene  // raters weigh by how they err, which is learnt from all votes (dawid_skene.h)
};
constexpr auto names_table(Aggregation) {
  return std::to_array<Named<Aggregation>>({{Aggregation::every_vote, "every"},
                                            {Aggregation::majority, "majority"},
                                            {Aggregation::strength, "strength"},
                                            {Aggregation::dawid_skene, "dawid_skene"}});
}

/// One vote for each comparison that has any which counts (compared, or both bad), in the order of the
/// comparisons; its rater is the name of the aggregation, and its extra holds "votes" (how many) and
/// "agreement" (the share of them that say, of the pairs of answers, what it says). "Both bad" needs to win
/// every pair. Answers are ranked by pairs won minus pairs lost (Copeland), which is the order itself
/// wherever the pairs have one. Strength is the rounded mean of what was said of the best and
/// the next best, votes against counting as negative, and 1 at least. For every_vote, the votes that
/// count, in the order of the comparisons. Pure. Throws Error for votes that do not fit.
std::vector<Vote> aggregate(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                            Aggregation aggregation);

/// How reliable each rater is by Dawid-Skene: the probability of the true label, over labels as they occur.
struct RaterReliability {
  std::string rater;
  double accuracy = 0;
  std::int64_t labels = 0;
};
std::vector<RaterReliability> rater_reliability(std::span<const Comparison> comparisons,
                                                std::span<const Vote> votes);

}  // namespace nudge
