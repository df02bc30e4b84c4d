#include "records/comparison.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace nudge {
namespace {

constexpr std::array<std::pair<Outcome, const char*>, 4> kOutcomes{{{Outcome::compared, "compared"},
                                                                    {Outcome::both_bad, "both_bad"},
                                                                    {Outcome::cannot_judge, "cannot_judge"},
                                                                    {Outcome::skipped, "skipped"}}};

template <class T>
void put_unless(Json& object, const char* key, const T& value, const T& absent) {
  if (value != absent) object[key] = value;
}

template <class List>
void put_unless_empty(Json& object, const char* key, const List& value) {
  if (!value.empty()) object[key] = value;
}

Json to_json(const Prompt& prompt) {
  Json value{{"id", prompt.id}};
  for (const Message& message : prompt.messages) value["messages"].push_back(to_json(message));
  if (!prompt.conversational() || !prompt.text.empty()) value["text"] = prompt.text;
  put_unless_empty(value, "extra", prompt.extra);
  return value;
}

Prompt prompt_from_json(const Json& value, std::string_view where) {
  Prompt prompt;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
  prompt.id = get<std::string>(value, "id", where);
  prompt.text = get_or<std::string>(value, "text", "", where);
  prompt.extra = get_or<Json>(value, "extra", Json::object(), where);
  for (const Json& message : get_or<Json>(value, "messages", Json::array(), where))
    prompt.messages.push_back(message_from_json(message, where));
  return prompt;
}

Json to_json(const Answer& answer) {
  Json value{{"content", answer.content}};
  put_unless<std::string>(value, "media", answer.media, "text");
  put_unless_empty(value, "model", answer.model);
  put_unless_empty(value, "extra", answer.extra);
  return value;
}

Answer answer_from_json(const Json& value, std::string_view where) {
  Answer answer;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
  answer.content = get<std::string>(value, "content", where);
  answer.media = get_or<std::string>(value, "media", "text", where);
  answer.model = get_or<std::string>(value, "model", "", where);
  answer.extra = get_or<Json>(value, "extra", Json::object(), where);
  require(answer.media == "text" || answer.media == "clip",
          "{}: an answer's \"media\" is \"text\" or \"clip\", but came \"{}\".", where, answer.media);
  return answer;
}

using Integers = std::vector<std::int64_t>;

void require_length(std::size_t length, std::size_t answers, std::string_view what, std::string_view where) {
  require(length == answers, "{}: expected {} with one entry for each of the {} answers, but came {}.", where,
          what, answers, length);
}

void require_consistent(const Vote& vote, std::string_view where) {
  require(vote.strength >= 0 && vote.strength <= 4,
          "{}: strength is 1 to 4, or 0 where not said, but came {}.", where, vote.strength);
  require((vote.outcome == Outcome::compared) == !vote.ranks.empty(),
          "{}: ranks go with the outcome \"compared\" and with no other, but came {} ranks with \"{}\".",
          where, vote.ranks.size(), to_string(vote.outcome));
}

}  // namespace

bool Vote::tie() const {
  return outcome == Outcome::compared &&
         std::ranges::all_of(ranks, [&](auto rank) { return rank == ranks[0]; });
}

std::int64_t Vote::strength_between(std::size_t first, std::size_t second) const {
  if (outcome != Outcome::compared) return 0;
  const auto [better, worse] = std::minmax(ranks[first], ranks[second]);
  return better == 0 && worse == 1 ? strength : 0;
}

std::vector<std::int64_t> dense_ranks(const std::vector<double>& ranks) {
  std::vector<double> different = ranks;
  std::ranges::sort(different);
  different.erase(std::ranges::unique(different).begin(), different.end());
  std::vector<std::int64_t> dense;
  for (const double rank : ranks)
    dense.push_back(std::ranges::lower_bound(different, rank) - different.begin());
  return dense;
}

std::string to_string(Outcome outcome) {
  return std::ranges::find(kOutcomes, outcome, &std::pair<Outcome, const char*>::first)->second;
}

Outcome outcome_named(const std::string& name, std::string_view where) {
  for (const auto& [outcome, text] : kOutcomes)
    if (name == text) return outcome;
  fail("{}: expected an outcome (compared, both_bad, cannot_judge or skipped), but came \"{}\".", where,
       name);
}

Json to_json(const Comparison& comparison) {
  Json value{{"id", comparison.id}, {"prompt", to_json(comparison.prompt)}, {"answers", Json::array()}};
  for (const Answer& answer : comparison.answers) value["answers"].push_back(to_json(answer));
  put_unless_empty(value, "source", comparison.source);
  put_unless_empty(value, "extra", comparison.extra);
  return value;
}

Comparison comparison_from_json(const Json& value, std::string_view where) {
  Comparison comparison;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
  comparison.id = get<std::string>(value, "id", where);
  comparison.prompt = prompt_from_json(get<Json>(value, "prompt", where), where);
  comparison.source = get_or<std::string>(value, "source", "", where);
  comparison.extra = get_or<Json>(value, "extra", Json::object(), where);
  for (const Json& answer : get<Json>(value, "answers", where))
    comparison.answers.push_back(answer_from_json(answer, where));
  require(comparison.answers.size() >= 2, "{}: expected two or more answers to compare, but came {}.", where,
          comparison.answers.size());
  return comparison;
}

Json to_json(const Vote& vote) {
  Json value{{"comparison", vote.comparison}, {"outcome", to_string(vote.outcome)}};
  put_unless_empty(value, "ranks", vote.ranks);
  put_unless<std::int64_t>(value, "strength", vote.strength, 0);
  put_unless_empty(value, "shown", vote.shown);
  put_unless_empty(value, "quality", vote.quality);
  put_unless_empty(value, "answer_flags", vote.answer_flags);
  put_unless_empty(value, "flags", vote.flags);
  put_unless_empty(value, "comment", vote.comment);
  value["rater"] = vote.rater;
  put_unless_empty(value, "protocol", vote.protocol);
  put_unless_empty(value, "time", vote.time);
  put_unless(value, "seconds", vote.seconds, 0.0);
  put_unless_empty(value, "extra", vote.extra);
  return value;
}

Vote vote_from_json(const Json& value, std::string_view where) {
  Vote vote;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
  vote.comparison = get<std::string>(value, "comparison", where);
  vote.outcome = outcome_named(get<std::string>(value, "outcome", where), where);
  vote.ranks = get_or(value, "ranks", Integers{}, where);
  vote.strength = get_or<std::int64_t>(value, "strength", 0, where);
  vote.shown = get_or(value, "shown", Integers{}, where);
  vote.quality = get_or(value, "quality", Integers{}, where);
  vote.answer_flags = get_or(value, "answer_flags", std::vector<std::vector<std::string>>{}, where);
  vote.flags = get_or(value, "flags", std::vector<std::string>{}, where);
  vote.comment = get_or<std::string>(value, "comment", "", where);
  vote.rater = get<std::string>(value, "rater", where);
  vote.protocol = get_or<std::string>(value, "protocol", "", where);
  vote.time = get_or<std::string>(value, "time", "", where);
  vote.seconds = get_or(value, "seconds", 0.0, where);
  vote.extra = get_or<Json>(value, "extra", Json::object(), where);
  require_consistent(vote, where);
  return vote;
}

void require_fits(const Vote& vote, const Comparison& comparison, std::string_view where) {
  require_consistent(vote, where);
  const std::size_t answers = comparison.answers.size();
  if (vote.outcome == Outcome::compared) {
    require_length(vote.ranks.size(), answers, "ranks", where);
    const auto [lowest, highest] = std::ranges::minmax(vote.ranks);
    require(lowest == 0 && highest < static_cast<std::int64_t>(answers),
            "{}: ranks count from 0, the best, to at most {}, but came {} to {}.", where, answers - 1, lowest,
            highest);
  }
  if (!vote.quality.empty()) {
    require_length(vote.quality.size(), answers, "quality", where);
    for (const std::int64_t quality : vote.quality)
      require(quality >= 0 && quality <= 7, "{}: quality is 1 to 7, or 0 where not said, but came {}.", where,
              quality);
  }
  if (!vote.answer_flags.empty()) require_length(vote.answer_flags.size(), answers, "answer_flags", where);
  if (vote.shown.empty()) return;
  require_length(vote.shown.size(), answers, "shown", where);
  Integers in_order(answers);
  std::iota(in_order.begin(), in_order.end(), 0);
  require(std::ranges::is_permutation(vote.shown, in_order),
          "{}: expected in \"shown\" each of the answers 0 to {} once.", where, answers - 1);
}

}  // namespace nudge
