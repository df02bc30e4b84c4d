#include "data/messages.h"

#include "base/error.h"
#include "data/transcript.h"

namespace nudge {

namespace {

std::string role_of_sharegpt(const std::string& from) {
  if (from == "human") return "user";
  if (from == "gpt") return "assistant";
  return from;
}

Message read_message(const Json& value, std::string_view where) {
  require(value.is_object(), "{}: a message must be an object with role and content, and here it is {}.",
          where, value.type_name());
  const bool sharegpt = !value.contains("role") && value.contains("from");
  Message message{get<std::string>(value, sharegpt ? "from" : "role", where),
                  get<std::string>(value, sharegpt ? "value" : "content", where)};
  if (sharegpt) message.role = role_of_sharegpt(message.role);
  return message;
}

}  // namespace

std::vector<Message> read_messages(const Json& list, std::string_view where) {
  require(list.is_array() && !list.empty(), "{}: expected a list of messages, each with role and content.",
          where);
  std::vector<Message> messages;
  for (const Json& value : list) messages.push_back(read_message(value, where));
  return messages;
}

Json messages_json(const std::vector<Message>& messages) {
  Json list = Json::array();
  for (const Message& message : messages)
    list.push_back({{"role", message.role}, {"content", message.content}});
  return list;
}

Json prompt_json(const Prompt& prompt) {
  return prompt.conversational() && prompt.text.empty() ? messages_json(prompt.messages) : Json(prompt.text);
}

Json reply_json(const Prompt& prompt, const std::string& answer) {
  return prompt.conversational() && prompt.text.empty() ? messages_json({{"assistant", answer}})
                                                        : Json(answer);
}

bool is_message_list(const Json& value) {
  return value.is_array() && !value.empty() && value.front().is_object();
}

std::string reply_of(const Json& record, const std::string& column, std::string_view where) {
  require(record.contains(column), "{}: the column \"{}\" is missing.", where, column);
  if (!is_message_list(record.at(column))) return get<std::string>(record, column, where);
  const auto messages = read_messages(record.at(column), where);
  require(messages.size() == 1 && messages[0].role == "assistant",
          "{}: \"{}\" must hold one assistant turn, because the prompt has its own column.", where, column);
  return messages[0].content;
}

std::string reply_to(const Prompt& prompt, const Json& record, const std::string& column,
                     std::string_view where) {
  std::string reply = reply_of(record, column, where);
  const bool due = is_transcript(prompt) && prompt.text.ends_with(kAnswerDue);
  return due && is_message_list(record.at(column)) ? " " + reply : reply;
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace nudge
