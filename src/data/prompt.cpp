// How a record names its prompt.
#include <algorithm>
#include <iterator>
#include <vector>

#include "base/error.h"
#include "data/messages.h"
#include "data/record_keys.h"
#include "data/records_file.h"
#include "data/transcript.h"

namespace nudge {
namespace {

// An answer that a dataset already holds does not belong to the prompt.
void drop_last_answer(std::vector<Message>& messages, std::string_view where) {
  if (messages.back().role == "assistant") messages.pop_back();
  require(!messages.empty(), "{}: the conversation has no turn before the assistant's answer.", where);
}

// What stands behind the last "Assistant:" is the beginning of the answer; where a person has the last word,
// the answer is due.
void read_text(const std::string& text, Prompt& prompt, std::string_view where) {
  prompt.text = text;
  auto turns = parse_transcript(text);
  if (!turns) return;
  prompt.messages = std::move(*turns);
  if (prompt.messages.back().role != "assistant")
    prompt.text += kAnswerDue;
  else if (blank(prompt.messages.back().content))
    prompt.messages.pop_back();
  require(!prompt.messages.empty(), "{}: the transcript has no turn before the assistant's answer.", where);
}

bool is_list_of_turns(const Json& value) {
  const auto is_turn = [](const Json& turn) {
    return turn.is_array() && std::ranges::all_of(turn, [](const Json& part) { return part.is_string(); });
  };
  return value.is_array() && std::ranges::all_of(value, is_turn);
}

bool is_history(const Json& value) {
  return value.is_null() || is_message_list(value) || is_list_of_turns(value);
}

// Alpaca's turns before the instruction, [[question, answer] ...] or a list of messages; anything else that
// is called a history is not one.
std::vector<Message> history_of(const Json& record, std::string_view where) {
  const Json history = record.value("history", Json());
  if (is_message_list(history)) return read_messages(history, where);
  std::vector<Message> turns;
  if (!is_list_of_turns(history)) return turns;
  for (const Json& turn : history) {
    require(turn.size() == 2, "{}: a turn of \"history\" is a question and its answer, but has {} parts.",
            where, turn.size());
    turns.push_back({"user", turn[0]});
    turns.push_back({"assistant", turn[1]});
  }
  return turns;
}

// Alpaca: what is asked stands in one column and what it is about in another; it is a user's turn, as the
// programs take it that know this form.
void read_instruction(const Json& record, Prompt& prompt, std::string_view where) {
  const auto instruction = get<std::string>(record, "instruction", where);
  const auto input = get_or<std::string>(record, "input", "", where);
  prompt.messages = history_of(record, where);
  prompt.messages.push_back({"user", input.empty()         ? instruction
                                     : instruction.empty() ? input
                                                           : instruction + "\n\n" + input});
  require(!blank(prompt.messages.back().content), "{}: the prompt is empty.", where);
}

[[noreturn]] void refuse_without_prompt(std::string_view where) {
  fail(
      "{}: a prompt needs one of the columns \"prompt\", \"question\", \"problem\", \"query\", "
      "\"instruction\", \"messages\", \"conversations\" or \"turns\".",
      where);
}

// The column that holds what is asked; empty: none. "prompt" is that, as in TRL; a conversation comes before
// the other names, which beside it say the same in plain text (OpenR1-Math: problem, solution, messages).
std::string asking_column(const Json& record) {
  const std::string asked = column_in(record, prompt_columns());
  const std::string whole = column_in(record, conversation_columns());
  return whole.empty() || asked == "prompt" ? asked : whole;
}

void read_prompt(const Json& record, Prompt& prompt, std::string_view where) {
  const std::string asked = asking_column(record);
  if (is_one_of(asked, conversation_columns())) {
    prompt.messages = read_messages(record.at(asked), where);
    drop_last_answer(prompt.messages, where);
  } else if (asked == "instruction") {
    read_instruction(record, prompt, where);
  } else if (!asked.empty()) {
    if (is_message_list(record.at(asked)))
      prompt.messages = read_messages(record.at(asked), where);
    else
      read_text(get<std::string>(record, asked, where), prompt, where);
  } else if (record.contains("turns")) {  // MT-bench: what is asked first; the rest would need the answers
    const auto turns = get<std::vector<std::string>>(record, "turns", where);
    require(!turns.empty(), "{}: \"turns\" is empty.", where);
    prompt.messages = {{"user", turns.front()}};
  } else {
    refuse_without_prompt(where);
  }
}

std::string id_of(const Json& record, const Prompt& prompt) {
  auto id = record.find("id");
  if (id != record.end() && !id->is_null()) return id->is_string() ? id->get<std::string>() : id->dump();
  return prompt.conversational() ? to_line(messages_json(prompt.messages)) : prompt.text;
}

}  // namespace

std::string system_column(const Json& record) {
  const std::string column = column_in(record, system_columns());
  return !column.empty() && record.at(column).is_string() ? column : "";
}

void add_system(const Json& record, std::vector<Message>& messages) {
  const std::string column = system_column(record);
  if (column.empty() || (!messages.empty() && messages.front().role == "system")) return;
  const auto system = record.at(column).get<std::string>();
  if (!blank(system)) messages.insert(messages.begin(), {"system", system});
}

void add_system(const Json& record, Prompt& prompt) {
  std::vector<Message> messages = prompt.messages;
  if (messages.empty()) messages = {{"user", prompt.text}};
  const std::size_t turns = messages.size();
  add_system(record, messages);
  if (messages.size() == turns) return;
  prompt.text = is_transcript(prompt) ? write_transcript({messages.front()}) + prompt.text : "";
  prompt.messages = std::move(messages);
}

void refuse_unwritable(Dataset& dataset, const ChatFormat& format) {
  dataset.each([&](const Json& record, const std::string& where) {
    std::vector<Message> all;
    const auto read = [&](const std::string& column) {
      if (column.empty() || !record.contains(column) || !is_message_list(record.at(column))) return;
      std::vector<Message> turns = read_messages(record.at(column), where);
      require(!is_one_of(column, prompt_columns()) || turns.back().role != "assistant",
              "{}: the prompt's last turn is the assistant's, so nothing waits for an answer.", where);
      std::ranges::move(turns, std::back_inserter(all));
    };
    for (const char* side : {"chosen", "rejected"}) read(side);
    read(column_in(record, prompt_columns()));
    read(column_in(record, conversation_columns()));
    if (!all.empty()) format.require_writable(all, template_arguments(record, where));
  });
}

std::vector<std::string> prompt_columns_of(const Json& record) {
  const std::string asked = asking_column(record);
  std::vector<std::string> columns = {asked.empty() ? "turns" : asked};
  if (columns.front() == "instruction") columns.emplace_back("input");
  if (columns.front() == "instruction" && is_history(record.value("history", Json())))
    columns.emplace_back("history");
  if (const std::string system = system_column(record); !system.empty()) columns.push_back(system);
  return columns;
}

Prompt prompt_of(const Json& record, std::string_view where) {
  require(record.is_object(), "{}: a record must be a JSON object.", where);
  refuse_media(record, where);
  Prompt prompt;
  read_prompt(record, prompt, where);
  add_system(record, prompt);
  std::vector<std::string> used = prompt_columns_of(record);
  used.emplace_back("id");
  prompt.id = id_of(record, prompt);
  for (const auto& [name, content] : record.items())
    if (std::ranges::find(used, name) == used.end()) prompt.extra[name] = content;
  return prompt;
}

}  // namespace nudge
