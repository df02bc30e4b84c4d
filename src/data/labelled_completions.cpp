// Unpaired preferences: reading the two forms that they come in, and writing our own.
#include "base/error.h"
#include "data/columns.h"
#include "data/messages.h"
#include "data/records_file.h"

namespace nudge {
namespace {

LabelledCompletion labelled_of(const Json& record, std::string_view where) {
  LabelledCompletion
      labelled;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
  labelled.desirable = liked_in(record, "label", where);
  labelled.ended = get_or<bool>(record, "ended", true, where);
  Json rest = record;
  for (const char* column : {"completion", "label", "ended"}) rest.erase(column);
  labelled.prompt = prompt_of(rest, where);
  labelled.completion = reply_to(labelled.prompt, record, "completion", where);
  return labelled;
}

void append_sides(const PreferencePair& pair, std::string_view where, LabelledRead& read) {
  const auto ended = [&](const char* column) { return get_or<bool>(pair.extra, column, true, where); };
  read.completions.push_back({pair.prompt, pair.chosen, true, ended("chosen_ended")});
  read.completions.push_back({pair.prompt, pair.rejected, false, ended("rejected_ended")});
}

}  // namespace

LabelledRead labelled_completions(const std::vector<Json>& records, std::string_view where) {
  LabelledRead read;
  std::int64_t empty = 0, ties = 0;
  std::vector<Json> pairs;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!records[i].contains("label")) {
      pairs.push_back(records[i]);
      continue;
    }
    LabelledCompletion labelled = labelled_of(records[i], fmt::format("{} record {}", where, i + 1));
    if (blank(labelled.completion)) {
      ++empty;
    } else {
      read.completions.push_back(std::move(labelled));
    }
  }
  PairsRead from_pairs = preference_pairs(pairs, where);
  read.dropped = std::move(from_pairs.dropped);
  for (const PreferencePair& pair : from_pairs.pairs) {
    if (pair.tie) {
      ++ties;
    } else {
      append_sides(pair, where, read);
    }
  }
  if (empty > 0) read.dropped.emplace_back("an empty completion", empty);
  if (ties > 0) read.dropped.emplace_back("the rater saw no difference", ties);
  return read;
}

Json labelled_record(const LabelledCompletion& labelled) {
  Json record = {{"id", labelled.prompt.id},
                 {"prompt", prompt_json(labelled.prompt)},
                 {"completion", reply_json(labelled.prompt, labelled.completion)},
                 {"label", labelled.desirable}};
  if (!labelled.ended) record["ended"] = false;
  for (const auto& [name, value] : labelled.prompt.extra.items()) record[name] = value;
  return record;
}

}  // namespace nudge
