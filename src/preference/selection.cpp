#include "preference/selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace nudge {
namespace {

void check(const EnsembleScores& scores) {
  require(!scores.empty() && scores.front().size() >= 2,
          "selection: expected scores of two or more answers by one or more models.");
  for (const std::vector<double>& member : scores) {
    require(member.size() == scores.front().size(),
            "selection: every model must score every answer; one has {} scores and the first has {}.",
            member.size(), scores.front().size());
    require(std::ranges::all_of(member, [](double score) { return std::isfinite(score); }),
            "selection: a score is not finite.");
  }
}

/// Calls visit(differences of two answers' scores, one a member) for each pair of answers.
template <class Visit>
void for_each_pair(const EnsembleScores& scores, Visit visit) {
  check(scores);
  std::vector<double> differences(scores.size());
  for (std::size_t i = 0; i < scores.front().size(); ++i)
    for (std::size_t j = i + 1; j < scores.front().size(); ++j) {
      for (std::size_t member = 0; member < scores.size(); ++member)
        differences[member] = scores[member][i] - scores[member][j];
      visit(differences);
    }
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double disagreement(const EnsembleScores& scores) {
  double largest = 0;
  for_each_pair(scores, [&](const std::vector<double>& differences) {
    const double centre = mean(differences);
    double squares = 0;
    for (const double value : differences) squares += (value - centre) * (value - centre);
    largest = std::max(largest, std::sqrt(squares / static_cast<double>(differences.size())));
  });
  return largest;
}

double uncertainty(const EnsembleScores& scores) {
  double smallest = std::numeric_limits<double>::infinity();
  for_each_pair(scores, [&](const std::vector<double>& differences) {
    smallest = std::min(smallest, std::abs(mean(differences)));
  });
  return -smallest;
}

std::vector<std::size_t> asking_order(std::span<const double> values, double random_share,
                                      std::uint64_t seed) {
  require(random_share >= 0 && random_share <= 1,
          "selection: the random share must lie between 0 and 1, but came {}.", random_share);
  std::vector<std::size_t> best(values.size());
  std::iota(best.begin(), best.end(), std::size_t{0});
  std::ranges::stable_sort(best, [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  Stream stream(seed, "selection");
  std::vector<std::size_t> shuffled = best;
  std::ranges::sort(shuffled);
  stream.shuffle(shuffled);

  // Two queues of the same comparisons; what one has given, the other passes over. The next of a shuffled
  // queue that is still left is a random one of those left.
  std::vector<bool> asked(values.size());
  std::vector<std::size_t> order;
  auto next_best = best.begin(), next_random = shuffled.begin();
  while (order.size() < values.size()) {
    auto& next = stream.chance(random_share) ? next_random : next_best;
    while (asked[*next]) ++next;
    asked[*next] = true;
    order.push_back(*next);
  }
  return order;
}

std::vector<double> priorities(std::span<const std::size_t> order) {
  std::vector<double> result(order.size());
  const auto count = static_cast<double>(order.size());
  for (std::size_t place = 0; place < order.size(); ++place)
    result[order[place]] = 1 - static_cast<double>(place) / count;
  return result;
}

}  // namespace nudge
