// Comparisons of two or more answers: rankings as they are, pairs as rankings of two.
#include <algorithm>

#include "base/error.h"
#include "data/columns.h"
#include "data/messages.h"
#include "data/published_forms.h"
#include "data/records_file.h"
#include "records/comparison.h"

namespace nudge {
namespace {

std::vector<std::string> answers_of(const Prompt& prompt, const Json& record, std::string_view where) {
  const Json list = get<Json>(record, "completions", where);
  require(list.is_array(), "{}: \"completions\" must be a list of answers, got {}.", where, list.type_name());
  std::vector<std::string> answers;
  for (const Json& answer : list)
    answers.push_back(reply_to(prompt, Json{{"completions", answer}}, "completions", where));
  return answers;
}

// Takes answer i out of the ranking and of everything that lists answers.
void remove_answer(Ranking& ranking, std::size_t i) {
  const auto at = static_cast<std::ptrdiff_t>(i);
  ranking.completions.erase(ranking.completions.begin() + at);
  ranking.ranks.erase(ranking.ranks.begin() + at);
  if (const auto ended = ranking.extra.find("ended"); ended != ranking.extra.end() && ended->is_array())
    ended->erase(i);
  ranking.extra.erase("shown");
}

// Leaves out empty answers, and those that repeat one before them.
void clean(Ranking& ranking) {
  for (std::size_t i = ranking.completions.size(); i-- > 0;) {
    const auto& answers = ranking.completions;
    const auto here = answers.begin() + i;
    if (blank(*here) || std::find(answers.begin(), here, *here) != here) remove_answer(ranking, i);
  }
}

Ranking ranking_in(const Json& record, std::string_view where) {
  Ranking ranking;
  Json rest = record;
  for (const char* column : {"completions", "ranks", "rater", "protocol", "time", "extra"})
    rest.erase(column);
  ranking.prompt = prompt_of(rest, where);
  ranking.completions = answers_of(ranking.prompt, record, where);
  const auto ranks = get<std::vector<std::int64_t>>(record, "ranks", where);
  ranking.ranks = dense_ranks({ranks.begin(), ranks.end()});
  ranking.rater = name_in(record, "rater", where);
  ranking.protocol = get_or<std::string>(record, "protocol", "import", where);
  ranking.time = get_or<std::string>(record, "time", "", where);
  ranking.extra = get_or<Json>(record, "extra", Json::object(), where);
  require(ranking.ranks.size() == ranking.completions.size() && ranking.ranks.size() >= 2,
          "{}: a ranking needs two or more completions and a rank for each, but came {} and {}.", where,
          ranking.completions.size(), ranking.ranks.size());
  require(ranking.extra.is_object(), "{}: \"extra\" must be an object, got {}.", where,
          ranking.extra.type_name());
  const auto ended = get_or<std::vector<bool>>(ranking.extra, "ended", {}, where);
  require(ended.empty() || ended.size() == ranking.ranks.size(),
          "{}: \"ended\" has {} entries for {} completions.", where, ended.size(), ranking.ranks.size());
  return ranking;
}

}  // namespace

Ranking ranking_of(const PreferencePair& pair) {
  Ranking ranking{.prompt = pair.prompt,
                  .completions = {pair.chosen, pair.rejected},
                  .ranks = {0, pair.tie ? 0 : 1},
                  .rater = pair.rater,
                  .protocol = pair.protocol,
                  .time = pair.time,
                  .extra = pair.extra};
  Json& extra = ranking.extra;
  if (pair.margin != 0) extra["margin"] = pair.margin;
  if (!pair.shown_left.empty()) extra["shown"] = pair.shown_left == "chosen" ? Json({0, 1}) : Json({1, 0});
  if (extra.contains("chosen_ended") || extra.contains("rejected_ended"))
    extra["ended"] = {get_or<bool>(extra, "chosen_ended", true, "preference pair"),
                      get_or<bool>(extra, "rejected_ended", true, "preference pair")};
  extra.erase("chosen_ended");
  extra.erase("rejected_ended");
  return ranking;
}

RankingsRead rankings(Dataset& dataset) {
  RankingsRead read;
  dataset.each([&](const Json& given, const std::string& place) {
    const std::optional<Json> usual = usual_form(given);
    const Json& record = usual ? *usual : given;
    if (!record.contains("completions") || !record.contains("ranks")) {
      PairsRead pair;
      read_pair(record, place, pair);
      for (const LeftOut& each : pair.dropped) leave_out(read.dropped, each.reason, place);
      for (const PreferencePair& each : pair.pairs) read.rankings.push_back(ranking_of(each));
      return;
    }
    Ranking ranking = ranking_in(record, place);
    clean(ranking);
    if (ranking.completions.size() < 2)
      leave_out(read.dropped, "fewer than two different answers in a ranking", place);
    else
      read.rankings.push_back(std::move(ranking));
  });
  return read;
}

}  // namespace nudge
