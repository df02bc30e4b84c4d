#include "evaluation/scored_pairs.h"

#include <algorithm>

#include "base/error.h"
#include "data/messages.h"

namespace nudge {
namespace {

// Where the answer was shown, from 0; nothing where that was not written down.
std::optional<std::int64_t> place_shown(const Ranking& ranking, std::int64_t answer) {
  const auto shown = get_or<std::vector<std::int64_t>>(ranking.extra, "shown", {}, "comparison");
  const auto found = std::ranges::find(shown, answer);
  if (found == shown.end()) return {};
  return found - shown.begin();
}

std::string source_of(const Ranking& ranking) {
  const Json& columns = ranking.prompt.extra;
  const auto source = columns.find("source");
  if (source != columns.end() && source->is_string()) return source->get<std::string>();
  return get_or<std::string>(ranking.extra, "source", "", "comparison");
}

std::string text_of(const Prompt& prompt) {
  if (!prompt.conversational()) return prompt.text;
  std::string text;
  for (const Message& turn : prompt.messages)
    text += (text.empty() ? "" : "\n\n") + turn.role + ": " + shown_text(turn);
  return text;
}

}  // namespace

std::vector<ScoredPair> scored_pairs(const Ranking& ranking, const ScoredAnswers& scored) {
  const ScoredPair common{.source = source_of(ranking), .prompt = text_of(ranking.prompt)};
  const auto strength = get_or<std::int64_t>(ranking.extra, "strength", 0, "comparison");
  const auto& [answers, scores, lengths] = scored;
  const auto rank = [&](std::size_t i) { return ranking.ranks[answers[i]]; };
  std::vector<ScoredPair> pairs;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (std::size_t j = i + 1; j < answers.size(); ++j) {
      const std::size_t better = rank(i) <= rank(j) ? i : j, worse = better == i ? j : i;
      ScoredPair& pair = pairs.emplace_back(common);
      pair.chosen = scores[better];
      pair.rejected = scores[worse];
      pair.chosen_length = lengths[better];
      pair.rejected_length = lengths[worse];
      pair.tie = rank(i) == rank(j);
      if (rank(better) == 0 && rank(worse) == 1) pair.strength = strength;
      pair.chosen_text = ranking.completions[answers[better]];
      pair.rejected_text = ranking.completions[answers[worse]];
      const auto first = place_shown(ranking, answers[better]), second = place_shown(ranking, answers[worse]);
      if (first && second) pair.chosen_shown_first = *first < *second;
    }
  }
  return pairs;
}

}  // namespace nudge
