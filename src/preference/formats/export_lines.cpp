// The lines of each exported format.
#include <algorithm>
#include <span>

#include "base/error.h"
#include "data/csv.h"
#include "data/messages.h"
#include "data/records_file.h"
#include "data/transcript.h"
#include "preference/formats/exporters.h"

namespace nudge {
namespace {

/// Whose vote it was, and on what: columns that import reads back and other programs ignore. Strength and the
/// like stand in "extra", where `nudge reward` looks for them.
void add_vote_columns(Json& record, const Comparison& comparison, const Vote& vote) {
  record["comparison"] = comparison.id;
  if (!comparison.source.empty()) record["source"] = comparison.source;
  if (!vote.rater.empty()) record["rater"] = vote.rater;
  if (!vote.protocol.empty()) record["protocol"] = vote.protocol;
  if (!vote.time.empty()) record["time"] = vote.time;
  if (vote.seconds != 0) record["seconds"] = vote.seconds;
  for (const char* name : {"votes", "agreement"})
    if (vote.extra.contains(name)) record[name] = vote.extra.at(name);
}

bool ended(const Answer& answer) {
  return get_or<bool>(answer.extra, "ended", true, "an answer's extra");
}

Json turn(const std::string& role, const std::string& content) {
  const std::string from = role == "user" ? "human" : role == "assistant" ? "gpt" : role;
  return {{"from", from}, {"value", content}};
}

}  // namespace

std::string pair_line(const ExportedPair& pair) {
  PreferencePair written{.prompt = pair.comparison.prompt,
                         .chosen = pair.chosen.content,
                         .rejected = pair.rejected.content,
                         .tie = pair.tie,
                         .margin = get_or<double>(pair.vote.extra, "margin", 0, "a vote's extra"),
                         .shown_left = pair.shown_left};
  if (!ended(pair.chosen)) written.extra["chosen_ended"] = false;
  if (!ended(pair.rejected)) written.extra["rejected_ended"] = false;
  if (pair.strength != 0) written.extra["strength"] = pair.strength;
  Json record = pair_record(written);
  if (!pair.chosen.model.empty()) record["chosen_model"] = pair.chosen.model;
  if (!pair.rejected.model.empty()) record["rejected_model"] = pair.rejected.model;
  add_vote_columns(record, pair.comparison, pair.vote);
  return to_line(record) + "\n";
}

std::string sharegpt_line(const ExportedPair& pair) {
  const Prompt& prompt = pair.comparison.prompt;
  const auto [messages, begun, chosen] = answer_turn(prompt, pair.chosen.content);
  const std::string rejected = answer_turn(prompt, pair.rejected.content).rest;
  Json record = {{"conversations", Json::array()},
                 {"chosen", turn("assistant", begun + chosen)},
                 {"rejected", turn("assistant", begun + rejected)}};
  std::span<const Message> turns = messages;
  if (turns.size() > 1 &&
      turns.front().role == "system") {  // in a column of its own, as Llama-Factory has it
    record["system"] = turns.front().content;
    turns = turns.subspan(1);
  }
  for (const Message& message : turns) record["conversations"].push_back(turn(message.role, message.content));
  if (!prompt.conversational()) record["conversations"].push_back(turn("user", prompt.text));
  if (pair.tie) record["tie"] = true;
  if (pair.strength != 0) record["strength"] = pair.strength;
  add_vote_columns(record, pair.comparison, pair.vote);
  return to_line(record) + "\n";
}

std::string csv_heading() {
  return csv_row({"comparison", "prompt", "chosen", "rejected", "tie", "strength", "shown_left", "rater",
                  "protocol", "time", "source"});
}

std::string csv_line(const ExportedPair& pair) {
  const Json prompt = prompt_json(pair.comparison.prompt);
  const Vote& vote = pair.vote;
  return csv_row({pair.comparison.id, prompt.is_string() ? prompt.get<std::string>() : to_line(prompt),
                  pair.chosen.content, pair.rejected.content, pair.tie ? "true" : "",
                  pair.strength == 0 ? "" : std::to_string(pair.strength), pair.shown_left, vote.rater,
                  vote.protocol, vote.time, pair.comparison.source});
}

std::string ranking_line(const Comparison& comparison, const Vote& vote) {
  Json record = {{"id", comparison.prompt.id},
                 {"prompt", prompt_json(comparison.prompt)},
                 {"completions", Json::array()},
                 {"ranks", vote.ranks}};
  Json extra = Json::object(), answers_ended = Json::array();
  for (const Answer& answer : comparison.answers) {
    record["completions"].push_back(answer.content);
    answers_ended.push_back(ended(answer));
  }
  if (!std::ranges::all_of(comparison.answers, ended)) extra["ended"] = answers_ended;
  if (!vote.shown.empty()) extra["shown"] = vote.shown;
  if (vote.strength != 0) extra["strength"] = vote.strength;
  if (!extra.empty()) record["extra"] = extra;
  add_vote_columns(record, comparison, vote);
  for (const auto& [name, value] : comparison.prompt.extra.items()) record[name] = value;
  return to_line(record) + "\n";
}

std::string label_line(const Comparison& comparison, const Vote& vote, const Answer& answer, bool liked) {
  Json record = labelled_record({.prompt = comparison.prompt,
                                 .completion = answer.content,
                                 .desirable = liked,
                                 .ended = ended(answer)});
  add_vote_columns(record, comparison, vote);
  return to_line(record) + "\n";
}

}  // namespace nudge
