// K answers to one prompt with ranks, and the candidates of `nudge sample`, which nobody has ranked yet.
#include <algorithm>

#include "base/error.h"
#include "data/columns.h"
#include "data/messages.h"
#include "data/records_file.h"
#include "preference/formats/importers.h"

namespace nudge {
namespace {

/// A completion is a text, an assistant turn in a list, or an object with "text" or "content". Of an object,
/// what its sampler said stays, save the long lists (tokens, log-probs).
Answer answer_of(const Json& completion) {
  if (completion.is_string()) return {.content = completion.get<std::string>()};
  if (is_message_list(completion))
    return {.content = reply_of({{"completion", completion}}, "completion", kThisRecord)};
  require(completion.is_object(), "a completion is neither text nor an object, but {}",
          completion.type_name());
  Answer answer;
  answer.content =
      get<std::string>(completion, completion.contains("text") ? "text" : "content", kThisRecord);
  answer.model = get_or<std::string>(completion, "model", "", kThisRecord);
  for (const auto& [name, value] : completion.items())
    if (name != "text" && name != "content" && name != "model" && name != "role" && !value.is_structured())
      answer.extra[name] = value;
  return answer;
}

Comparison comparison_of(const Json& record) {
  Comparison comparison;
  comparison.source = name_in(record, "source", kThisRecord);
  for (const Json& completion : get<Json>(record, "completions", kThisRecord))
    comparison.answers.push_back(answer_of(completion));
  Json rest = record;
  rest.erase("completions");
  rest.erase("ranks");
  comparison.prompt = prompt_of(rest, kThisRecord);
  drop_vote_columns(comparison.prompt.extra);
  return comparison;
}

std::vector<double> ranks_of(const Json& record) {
  const Json& list = record.at("ranks");
  require(list.is_array(), "\"ranks\" is no list of numbers, but {}", list.type_name());
  std::vector<double> ranks;
  for (const Json& rank : list) {
    require(rank.is_number(), "ranks are numbers, but the one of answer {} is {}", ranks.size() + 1,
            rank.is_primitive() ? to_line(rank) : rank.type_name());
    ranks.push_back(rank.get<double>());
  }
  return ranks;
}

/// Equal answers of an unranked set are one answer.
void drop_repeated(std::vector<Answer>& answers) {
  std::vector<Answer> different;
  for (Answer& answer : answers)
    if (std::ranges::find(different, answer.content, &Answer::content) == different.end())
      different.push_back(std::move(answer));
  answers = std::move(different);
}

/// What our own rankings say of each answer: whether it ended by itself, and where it was shown.
void read_extra(const Json& extra, Comparison& comparison, Vote& vote) {
  if (!extra.is_object()) return;
  vote.shown = get_or(extra, "shown", vote.shown, kThisRecord);
  const auto ended = get_or<std::vector<bool>>(extra, "ended", {}, kThisRecord);
  for (std::size_t i = 0; i < std::min(ended.size(), comparison.answers.size()); ++i)
    if (!ended[i]) comparison.answers[i].extra["ended"] = false;
}

void import_ranking(const Json& record, ImportCollector& out) {
  Comparison comparison = comparison_of(record);
  if (!record.contains("ranks")) {
    drop_repeated(comparison.answers);
    require(comparison.answers.size() >= 2, "there are no two different answers to compare");
    out.add(std::move(comparison), {});
    return;
  }
  const std::vector<double> ranks = ranks_of(record);
  require(comparison.answers.size() >= 2, "there are no two answers to compare");
  require(ranks.size() == comparison.answers.size(), "there are {} ranks for {} completions", ranks.size(),
          comparison.answers.size());
  Vote vote = vote_of(record);
  vote.ranks = dense_ranks(ranks);
  read_extra(get_or<Json>(record, "extra", Json::object(), kThisRecord), comparison, vote);
  out.add(std::move(comparison), {std::move(vote)});
}

}  // namespace

void import_rankings(const ImportRecords& records, ImportCollector& out) {
  out.each(records, [&](const Json& record) { import_ranking(record, out); });
}

}  // namespace nudge
