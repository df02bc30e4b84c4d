#include "objectives/rewards/score_pairs.h"

#include "tensor/aten.h"

namespace nudge {
namespace {

struct Lists {
  std::vector<std::int64_t> better, worse;
  std::vector<double> margins, ties, weights;
};

void add_pairs(const RankedItems& comparison, bool with_ties, Lists& lists) {
  const std::size_t before = lists.better.size();
  const auto& [items, ranks, margin, weight] = comparison;
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t j = i + 1; j < items.size(); ++j) {
      const bool tie = ranks[i] == ranks[j];
      if (tie && !with_ties) continue;
      const std::size_t better = ranks[i] <= ranks[j] ? i : j, worse = better == i ? j : i;
      lists.better.push_back(items[better]);
      lists.worse.push_back(items[worse]);
      lists.margins.push_back(ranks[better] == 0 && ranks[worse] == 1 ? margin : 0);
      lists.ties.push_back(tie);
    }
  }
  const std::size_t pairs = lists.better.size() - before;
  lists.weights.insert(lists.weights.end(), pairs, weight / static_cast<double>(pairs));
}

}  // namespace

ScorePairs score_pairs(const at::Tensor& scores_C, std::span<const RankedItems> comparisons, bool with_ties) {
  Lists lists;
  for (const RankedItems& comparison : comparisons) add_pairs(comparison, with_ties, lists);
  const auto numbers = [&](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).to(scores_C.options());
  };
  const auto scores = [&](const std::vector<std::int64_t>& items) {
    return scores_C.index_select(0, at::tensor(items, at::kLong).to(scores_C.device()));
  };
  return {scores(lists.better), scores(lists.worse), numbers(lists.margins), numbers(lists.ties),
          numbers(lists.weights)};
}

}  // namespace nudge
