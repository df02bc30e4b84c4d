// TRL's preference records (explicit and implicit prompts, conversational), HH-RLHF's transcripts and
// Llama-Factory's ShareGPT form, all through the reader that training uses.
#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "data/columns.h"
#include "data/messages.h"
#include "data/records_file.h"
#include "preference/formats/importers.h"

namespace nudge {
namespace {

PreferencePair pair_of(const Json& record) {
  PairsRead read = preference_pairs({record}, "this");  // calls it "this record 1"
  require(!read.pairs.empty(), "{}", read.dropped.empty() ? "" : read.dropped.front().first);
  return std::move(read.pairs.front());
}

Answer answer_of(const Json& record, const PreferencePair& pair, const std::string& side) {
  Answer answer{.content = side == "chosen" ? pair.chosen : pair.rejected,
                .model = get_or<std::string>(record, side + "_model", "", kThisRecord)};
  if (!get_or<bool>(pair.extra, side + "_ended", true, kThisRecord)) answer.extra["ended"] = false;
  return answer;
}

/// The columns chosen and rejected give the vote away, so they must not decide which answer comes first: what
/// was shown left does, or else chance.
bool chosen_first(const PreferencePair& pair, std::size_t record) {
  if (!pair.shown_left.empty()) return pair.shown_left == "chosen";
  return Stream(0, "order of a pair", record).chance(0.5);
}

void import_pair(const Json& record, ImportCollector& out) {
  PreferencePair pair = pair_of(record);
  const bool first = chosen_first(pair, out.record);
  Vote vote = vote_of(record);
  vote.ranks = pair.tie ? std::vector<std::int64_t>{0, 0}
               : first  ? std::vector<std::int64_t>{0, 1}
                        : std::vector<std::int64_t>{1, 0};
  if (!pair.shown_left.empty()) vote.shown = {0, 1};
  if (pair.margin != 0) vote.extra["margin"] = pair.margin;

  Comparison comparison;
  comparison.source = name_in(record, "source", kThisRecord);
  comparison.answers = {answer_of(record, pair, first ? "chosen" : "rejected"),
                        answer_of(record, pair, first ? "rejected" : "chosen")};
  comparison.prompt = std::move(pair.prompt);
  drop_vote_columns(comparison.prompt.extra);
  out.add(std::move(comparison), {std::move(vote)});
}

/// Takes the system prompt, which Llama-Factory keeps in a column of its own, out of the record. A column of
/// that name which holds no text is another thing, and stays.
std::vector<Message> take_system(Json& record) {
  const Json column = record.value("system", Json(""));
  if (!column.is_string() && !column.is_null()) return {};
  const std::string system = column.is_null() ? "" : column.get<std::string>();
  record.erase("system");
  if (blank(system)) return {};
  return {{"system", system}};
}

bool is_list_of_turns(const Json& value) {
  const auto is_turn = [](const Json& turn) {
    return turn.is_array() &&
           std::all_of(turn.begin(), turn.end(), [](const Json& part) { return part.is_string(); });
  };
  return value.is_null() || (value.is_array() && std::all_of(value.begin(), value.end(), is_turn));
}

/// Alpaca's turns before the instruction, [[question, answer] ...] or a list of messages; anything else that
/// is called a history is not one.
std::vector<Message> take_history(Json& record) {
  const Json history = record.value("history", Json());
  if (is_message_list(history)) {
    record.erase("history");
    return read_messages(history, kThisRecord);
  }
  if (!is_list_of_turns(history)) return {};
  record.erase("history");
  std::vector<Message> turns;
  for (const Json& turn : history) {
    require(turn.size() == 2, "a turn of \"history\" is a question and its answer, but has {} parts",
            turn.size());
    turns.push_back({"user", turn[0]});
    turns.push_back({"assistant", turn[1]});
  }
  return turns;
}

/// Alpaca's columns stand for a prompt: a text, or a conversation where the record has what came before.
Json with_prompt(const Json& record) {
  if (record.contains("prompt") || record.contains("question") || !record.contains("instruction"))
    return record;
  Json changed = record;
  const std::string question = instruction_prompt(get<std::string>(record, "instruction", kThisRecord),
                                                  get_or<std::string>(record, "input", "", kThisRecord))
                                   .text;
  std::vector<Message> messages = take_system(changed);
  const auto history = take_history(changed);
  if (!history.empty() && history.front().role == "system") messages.clear();  // its own goes before
  messages.insert(messages.end(), history.begin(), history.end());
  changed["prompt"] = question;
  if (!messages.empty()) {
    messages.push_back({"user", question});
    changed["prompt"] = messages_json(messages);
    for (const char* side : {"chosen", "rejected"})  // so that they are not read as a transcript's
      if (record.contains(side))
        changed[side] = messages_json({{"assistant", reply_of(record, side, kThisRecord)}});
  }
  changed.erase("instruction");
  changed.erase("input");
  return changed;
}

/// Llama-Factory: the conversation ends where the answer is due; chosen and rejected are one turn each. A
/// system turn of the conversation's own goes before the column, as there.
Json from_sharegpt(const Json& record) {
  require(record.contains("conversations"), "the column \"conversations\" is missing");
  Json changed = record;
  std::vector<Message> messages = take_system(changed);
  const auto turns = read_messages(record.at("conversations"), kThisRecord);
  require(turns.back().role != "assistant", "the conversation does not end where an answer is due");
  if (turns.front().role == "system") messages.clear();
  messages.insert(messages.end(), turns.begin(), turns.end());
  changed.erase("conversations");
  changed["prompt"] = messages_json(messages);
  for (const char* side : {"chosen", "rejected"})
    if (record.contains(side) && record.at(side).is_object()) changed[side] = Json::array({record.at(side)});
  return changed;
}

}  // namespace

void import_pairs(const std::vector<Json>& records, ImportCollector& out) {
  out.each(records, [&](const Json& record) { import_pair(with_prompt(record), out); });
}

void import_sharegpt(const std::vector<Json>& records, ImportCollector& out) {
  out.each(records, [&](const Json& record) { import_pair(from_sharegpt(record), out); });
}

}  // namespace nudge
