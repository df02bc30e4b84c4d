// TRL's preference records (explicit and implicit prompts, conversational), HH-RLHF's transcripts, Alpaca's
// columns and Llama-Factory's ShareGPT form, all through the reader that training uses.
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
  PairsRead read;
  read_pair(record, kThisRecord, read);
  require(!read.pairs.empty(), "{}", read.dropped.empty() ? "" : read.dropped.front().reason);
  return std::move(read.pairs.front());
}

Answer answer_of(const Json& record, const PreferencePair& pair, const std::string& side) {
  Answer answer;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
  answer.content = side == "chosen" ? pair.chosen : pair.rejected;
  answer.model = get_or<std::string>(record, side + "_model", "", kThisRecord);
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

}  // namespace

void import_pairs(const ImportRecords& records, ImportCollector& out) {
  out.each(records, [&](const Json& record) { import_pair(record, out); });
}

void import_sharegpt(const ImportRecords& records, ImportCollector& out) {
  out.each(records, [&](const Json& record) {
    require(record.contains("conversations"), "the column \"conversations\" is missing");
    import_pair(record, out);
  });
}

}  // namespace nudge
