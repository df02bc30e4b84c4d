// TRL's preference records (explicit and implicit prompts, conversational), HH-RLHF's transcripts and
// Llama-Factory's ShareGPT form, all through the reader that training uses.
#include "base/error.h"
#include "base/random.h"
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
  comparison.source = get_or<std::string>(record, "source", "", kThisRecord);
  comparison.answers = {answer_of(record, pair, first ? "chosen" : "rejected"),
                        answer_of(record, pair, first ? "rejected" : "chosen")};
  comparison.prompt = std::move(pair.prompt);
  drop_vote_columns(comparison.prompt.extra);
  out.add(std::move(comparison), {std::move(vote)});
}

/// Alpaca's columns stand for a prompt.
Json with_prompt(const Json& record) {
  if (record.contains("prompt") || record.contains("question") || !record.contains("instruction"))
    return record;
  Json changed = record;
  changed["prompt"] = instruction_prompt(get<std::string>(record, "instruction", kThisRecord),
                                         get_or<std::string>(record, "input", "", kThisRecord))
                          .text;
  changed.erase("instruction");
  changed.erase("input");
  return changed;
}

/// Llama-Factory: the conversation ends where the answer is due; chosen and rejected are one turn each.
Json from_sharegpt(const Json& record) {
  require(record.contains("conversations"), "the column \"conversations\" is missing");
  Json changed = record;
  const auto messages = read_messages(record.at("conversations"), kThisRecord);
  require(messages.back().role != "assistant", "the conversation does not end where an answer is due");
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
