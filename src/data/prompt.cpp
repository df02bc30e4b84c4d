// How a record names its prompt.
#include "base/error.h"
#include "data/messages.h"
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
void read_text_prompt(const std::string& text, Prompt& prompt, std::string_view where) {
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

std::string column_of_prompt(const Json& record, std::string_view where) {
  require(record.is_object(), "{}: a record must be a JSON object.", where);
  for (const char* name : {"prompt", "question", "messages", "conversations"})
    if (record.contains(name)) return name;
  fail("{}: a prompt needs one of the columns \"prompt\", \"question\" or \"messages\".", where);
}

std::string id_of(const Json& record, const Prompt& prompt) {
  auto id = record.find("id");
  if (id != record.end() && !id->is_null()) return id->is_string() ? id->get<std::string>() : id->dump();
  return prompt.conversational() ? to_line(messages_json(prompt.messages)) : prompt.text;
}

}  // namespace

Prompt prompt_of(const Json& record, std::string_view where) {
  const std::string column = column_of_prompt(record, where);
  const Json& value = record.at(column);
  Prompt prompt;
  if (is_message_list(value)) {
    prompt.messages = read_messages(value, where);
    if (column == "messages" || column == "conversations") drop_last_answer(prompt.messages, where);
  } else {
    read_text_prompt(get<std::string>(record, column, where), prompt, where);
  }
  prompt.id = id_of(record, prompt);
  for (const auto& [name, content] : record.items())
    if (name != column && name != "id") prompt.extra[name] = content;
  return prompt;
}

}  // namespace nudge
