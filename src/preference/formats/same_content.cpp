#include "preference/formats/same_content.h"

#include <algorithm>

#include "base/files.h"
#include "data/messages.h"

namespace nudge {
namespace {

template <class T>
void reorder(std::vector<T>& values, const std::vector<std::size_t>& order) {
  if (values.empty()) return;
  std::vector<T> sorted(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) sorted[order[i]] = values[i];
  values = std::move(sorted);
}

}  // namespace

std::string content_id(const Comparison& comparison) {
  std::vector<std::string> answers;
  for (const Answer& answer : comparison.answers) answers.push_back(answer.content);
  std::ranges::sort(answers);
  Json key = answers;
  key.push_back(messages_json(comparison.prompt.messages));
  key.push_back(comparison.prompt.conversational() ? "" : comparison.prompt.text);
  return sha256(to_line(key)).substr(0, 24);
}

void translate(Vote& vote, const Comparison& from, const Comparison& to) {
  std::vector<std::size_t> order;  // where each answer of `from` stands in `to`
  for (const Answer& answer : from.answers)
    order.push_back(std::ranges::find(to.answers, answer.content, &Answer::content) - to.answers.begin());
  reorder(vote.ranks, order);
  reorder(vote.quality, order);
  reorder(vote.answer_flags, order);
  for (std::int64_t& answer : vote.shown) answer = order[answer];
}

}  // namespace nudge
