#include "objectives/rewards/plackett_luce.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/aten.h"

namespace nudge {
namespace {

constexpr double kAbsent = -std::numeric_limits<double>::infinity();

// The choices of all rankings: N rows, each the one chosen, those it was chosen from, and the logs of how
// much each of them counts. Rows are filled up to `width` with what does not count.
struct Choices {
  std::size_t width = 0;
  std::vector<std::int64_t> chosen, from, ranking;
  std::vector<double> log_counts, shares;

  void add(const RankedItems& comparison, std::int64_t index) {
    const auto& [items, ranks, margin, weight] = comparison;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto equal = static_cast<double>(std::ranges::count(ranks, ranks[i]));
      const auto place = static_cast<double>(std::count(ranks.begin(), ranks.begin() + i, ranks[i]));
      for (std::size_t k = 0; k < width; ++k) {
        const bool left = k < items.size() && ranks[k] >= ranks[i];
        from.push_back(left ? items[k] : items[0]);
        log_counts.push_back(!left ? kAbsent : ranks[k] == ranks[i] ? std::log1p(-place / equal) : 0);
      }
      chosen.push_back(items[i]);
      ranking.push_back(index);
      shares.push_back(1 / static_cast<double>(items.size() - 1));
    }
  }
};

}  // namespace

at::Tensor plackett_luce(const at::Tensor& scores_C, std::span<const RankedItems> comparisons) {
  Choices choices;
  for (const RankedItems& each : comparisons) choices.width = std::max(choices.width, each.items.size());
  for (std::size_t i = 0; i < comparisons.size(); ++i)
    choices.add(comparisons[i], static_cast<std::int64_t>(i));
  const auto indices = [&](const std::vector<std::int64_t>& values) {
    return at::tensor(values, at::kLong).to(scores_C.device());
  };
  const auto numbers = [&](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).to(scores_C.options());
  };
  const auto width = static_cast<std::int64_t>(choices.width);
  const auto from = scores_C.index_select(0, indices(choices.from)).view({-1, width});
  const auto left = at::logsumexp(from + numbers(choices.log_counts).view({-1, width}), 1);
  const auto losses = (left - scores_C.index_select(0, indices(choices.chosen))) * numbers(choices.shares);
  return at::zeros({static_cast<std::int64_t>(comparisons.size())}, scores_C.options())
      .index_add(0, indices(choices.ranking), losses);
}

}  // namespace nudge
