// Unpaired preferences: reading the two forms that they come in, and writing our own.
#include <array>

#include "base/error.h"
#include "data/columns.h"
#include "data/messages.h"
#include "data/record_keys.h"
#include "data/records_file.h"

namespace nudge {
namespace {

constexpr const char* kEmpty = "an empty completion";
constexpr const char* kTie = "the rater saw no difference";

void append_sides(const PreferencePair& pair, std::string_view where, LabelledRead& read) {
  const auto ended = [&](const char* column) { return get_or<bool>(pair.extra, column, true, where); };
  read.completions.push_back({pair.prompt, pair.chosen, true, ended("chosen_ended")});
  read.completions.push_back({pair.prompt, pair.rejected, false, ended("rejected_ended")});
}

}  // namespace

std::string label_column(const Json& record) {
  return column_in(record, std::array<std::string_view, 2>{"label", "kto_tag"});
}

std::string completion_of(const Prompt& prompt, const Json& record, std::string_view where) {
  const bool asked = !column_in(record, prompt_columns()).empty();
  const std::string column = column_in(record, completion_columns());
  const std::string whole = column_in(record, conversation_columns());
  if (!column.empty()) return reply_to(prompt, record, column, where);
  require(!asked && !whole.empty(),
          "{}: an answer needs one of the columns \"completion\", \"response\", \"output\", \"solution\", "
          "\"answer\", or to be the last turn of \"messages\".",
          where);
  const Json& turns = record.at(whole);
  require(read_messages(turns, where).back().role == "assistant",
          "{}: the conversation does not end with the assistant's answer.", where);
  return reply_of({{whole, Json::array({turns.back()})}}, whole, where);
}

LabelledCompletion labelled_completion(const Json& record, std::string_view where) {
  // Assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws.
  LabelledCompletion labelled;
  require(!label_column(record).empty(), "{}: the column \"label\" is missing.", where);
  labelled.desirable = liked_in(record, label_column(record), where);
  labelled.ended = get_or<bool>(record, "ended", true, where);
  labelled.prompt = prompt_of(record, where);
  labelled.completion = completion_of(labelled.prompt, record, where);
  for (const std::string& column :
       {column_in(record, completion_columns()), label_column(record), std::string("ended")})
    labelled.prompt.extra.erase(column);
  return labelled;
}

LabelledRead labelled_completions(Dataset& dataset) {
  LabelledRead read;
  dataset.each([&](const Json& record, const std::string& place) {
    if (!label_column(record).empty()) {
      LabelledCompletion labelled = labelled_completion(record, place);
      if (blank(labelled.completion))
        leave_out(read.dropped, kEmpty, place);
      else
        read.completions.push_back(std::move(labelled));
      return;
    }
    PairsRead pair;
    read_pair(record, place, pair);
    for (const LeftOut& each : pair.dropped) leave_out(read.dropped, each.reason, place);
    for (const PreferencePair& each : pair.pairs) {
      if (each.tie)
        leave_out(read.dropped, kTie, place);
      else
        append_sides(each, place, read);
    }
  });
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
