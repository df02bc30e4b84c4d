#include "preference/model_counts.h"

#include <set>
#include <unordered_map>

namespace nudge {
namespace {

std::set<std::string> models_of(const Comparison& comparison) {
  std::set<std::string> models;
  for (const Answer& answer : comparison.answers) models.insert(answer.model);
  return models;
}

}  // namespace

std::map<std::string, ModelCounts> counts_by_model(std::span<const Comparison> comparisons,
                                                   std::span<const Vote> votes) {
  std::map<std::string, ModelCounts> counts;
  std::unordered_map<std::string, const Comparison*> by_id;
  for (const Comparison& comparison : comparisons) {
    by_id.emplace(comparison.id, &comparison);
    for (const std::string& model : models_of(comparison)) ++counts[model].comparisons;
  }
  for (const Vote& vote : votes) {
    const auto found = by_id.find(vote.comparison);
    if (found == by_id.end() || vote.outcome != Outcome::compared) continue;
    const std::vector<Answer>& answers = found->second->answers;
    for (std::size_t first = 0; first < answers.size(); ++first)
      for (std::size_t second = first + 1; second < answers.size(); ++second)
        for (const std::string& model : std::set{answers[first].model, answers[second].model})
          ++counts[model].pairs;
  }
  return counts;
}

}  // namespace nudge
