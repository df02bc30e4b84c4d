#include "data/messages.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "data/record_keys.h"
#include "data/transcript.h"

namespace nudge {
namespace {

constexpr std::array kReasoning = {"reasoning_content", "thinking", "reasoning"};

Json json_in(const std::string& text, const std::string& what, std::string_view where) {
  try {
    return parse_json(text, what);
  } catch (const Error& error) {
    fail("{}: {} should be JSON. {}", where, what, error.what());
  }
}

/// The text of one part of a content: a string, or {"type": "text", "text": ...}.
std::string text_of_part(const Json& part, std::string_view where) {
  if (part.is_string()) return part.get<std::string>();
  require(part.is_object(), "{}: a part of a content must be text, and here it is {}.", where,
          part.type_name());
  const std::string type = get_or<std::string>(part, "type", "text", where);
  const bool text = type == "text" || type == "input_text" || type == "output_text";
  require(text, "{}: a content holds a part of type \"{}\"; only text is read.", where, type);
  return get<std::string>(part, part.contains("text") ? "text" : "content", where);
}

bool is_list_of_parts(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& part) {
           return part.is_string() || (part.is_object() && (part.contains("type") || part.contains("text")));
         });
}

/// {name, arguments} or {function: {...}} as an entry of `tool_calls`.
Json call_entry(const Json& call, std::string_view where) {
  Json function = call.is_object() && call.contains("function") ? call.at("function") : call;
  require(function.is_object() && function.contains("name"),
          "{}: a call must be JSON with a \"name\" and \"arguments\", but came {}.", where, to_line(call));
  if (!function.contains("arguments")) function["arguments"] = Json::object();
  Json entry = {{"type", "function"}, {"function", std::move(function)}};
  if (call.contains("id")) entry["id"] = call.at("id");
  return entry;
}

Json calls_of(const Json& content, std::string_view where) {
  const Json value =
      content.is_string() ? json_in(content.get<std::string>(), "a turn that calls a tool", where) : content;
  Json calls = Json::array();
  for (const Json& call : value.is_array() ? value : Json::array({value}))
    calls.push_back(call_entry(call, where));
  return calls;
}

bool says(const Json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && !found->is_null() && !(found->is_structured() && found->empty());
}

// A content that is no text stays for the template; what an assistant says may be nothing but calls.
void read_content(const Json& content, Message& message, std::string_view where) {
  if (content.is_string()) {
    message.content = content.get<std::string>();
  } else if (is_list_of_parts(content)) {
    for (const Json& part : content) message.content += text_of_part(part, where);
  } else if (content.is_structured() && message.role == "tool") {
    message.content = to_line(content);
    message.further["content"] = content;
  } else {
    const bool speechless = content.is_null() && message.role == "assistant" && !message.further.is_null();
    require(speechless, "{}: the {}'s turn has a content that is not text ({}).", where, message.role,
            content.type_name());
    message.further["content"] = nullptr;
  }
}

Message read_message(const Json& value, std::string_view where) {
  require(value.is_object(), "{}: a message must be an object with role and content, and here it is {}.",
          where, value.type_name());
  const std::string speaker = value.contains("role") ? "role" : "from";
  const std::string text = value.contains("content") ? "content" : value.contains("value") ? "value" : "text";
  const auto name = get<std::string>(value, speaker, where);
  Message message{.role = role_named(name)};
  for (const auto& [key, said] : value.items()) {
    if (is_turn_mask(key)) {
      message.train = message.train && learned_by(key, said, where).value_or(true);
    } else if (key != speaker && key != text && !said.is_null() && !harmless_message_key(key)) {
      message.further[key] = said;
    }
  }
  Json content = value.value(text, Json());
  if (names_a_call(name) && !says(message.further, "tool_calls")) {
    message.further["tool_calls"] = calls_of(content, where);
    content = nullptr;
  } else if (says(message.further, "function_call")) {
    const Json call = message.further.at("function_call");
    message.further.erase("function_call");
    if (!says(message.further, "tool_calls")) message.further["tool_calls"] = calls_of(call, where);
  }
  read_content(content, message, where);
  return message;
}

// Several calls one behind the other are one turn's (ms-swift writes parallel calls so).
bool joins(const Message& message, const std::vector<Message>& messages) {
  const auto only_calls = [](const Message& each) {
    return each.role == "assistant" && each.train && each.further.is_object() && each.further.size() == 2 &&
           each.further.contains("tool_calls") && each.further.value("content", Json("")).is_null();
  };
  return !messages.empty() && only_calls(messages.back()) && only_calls(message);
}

}  // namespace

std::vector<Message> read_messages(const Json& list, std::string_view where) {
  require(list.is_array() && !list.empty(), "{}: expected a list of messages, each with role and content.",
          where);
  std::vector<Message> messages;
  for (const Json& value : list) {
    Message message = read_message(value, where);
    const bool own_turn = value.contains("tool_calls") || value.contains("function_call");
    if (!own_turn && joins(message, messages)) {
      for (Json& call : message.further["tool_calls"]) messages.back().further["tool_calls"].push_back(call);
    } else {
      messages.push_back(std::move(message));
    }
  }
  return messages;
}

Json messages_json(const std::vector<Message>& messages) {
  Json list = Json::array();
  for (const Message& message : messages) list.push_back(to_json(message));
  return list;
}

Json prompt_json(const Prompt& prompt) {
  return prompt.conversational() && prompt.text.empty() ? messages_json(prompt.messages) : Json(prompt.text);
}

Json reply_json(const Prompt& prompt, const std::string& answer) {
  return prompt.conversational() && prompt.text.empty() ? messages_json({{"assistant", answer}})
                                                        : Json(answer);
}

Json template_messages(const std::vector<Message>& messages) {
  Json list = Json::array();
  for (const Message& message : messages) {
    Json turn = {{"role", message.role}, {"content", message.content}};
    if (message.further.is_object()) turn.update(message.further);
    if (turn.at("content").is_null()) turn.erase("content");
    for (const char* name : kReasoning) {
      if (!says(turn, name)) continue;
      const Json reasoning = turn.at(name);
      if (!turn.contains("thinking")) turn["thinking"] = reasoning;
      turn["reasoning_content"] = reasoning;
      break;
    }
    list.push_back(std::move(turn));
  }
  return list;
}

Json template_arguments(const Json& columns, std::string_view where) {
  Json arguments = Json::object();
  if (!columns.is_object()) return arguments;
  const auto value_of = [&](const char* column) {
    Json value = get_or<Json>(columns, column, Json(), where);
    if (value.is_string() && blank(value.get<std::string>())) return Json();
    if (!value.is_string()) return value;
    return json_in(value.get<std::string>(), fmt::format("the column \"{}\"", column), where);
  };
  for (const char* column : {"tools", "documents"}) {
    const Json value = value_of(column);
    require(value.is_null() || value.is_array(), "{}: the column \"{}\" must be a list, and here it is {}.",
            where, column, value.type_name());
    if (!value.empty()) arguments[column] = value;
  }
  if (const Json functions = value_of("functions"); functions.is_array() && !arguments.contains("tools"))
    for (const Json& function : functions)  // OpenAI's old name for them
      arguments["tools"].push_back({{"type", "function"}, {"function", function}});
  const Json further = value_of("chat_template_kwargs");
  require(further.is_null() || further.is_object(),
          "{}: \"chat_template_kwargs\" must be an object, and here it is {}.", where, further.type_name());
  if (further.is_object()) arguments.update(further);
  return arguments;
}

bool calls_tools(const Message& message) {
  return message.further.is_object() && says(message.further, "tool_calls");
}

std::string shown_text(const Message& message) {
  std::string text = message.content;
  for (const Json& call : message.further.is_object() ? message.further.value("tool_calls", Json()) : Json())
    text += (text.empty() ? "" : "\n") + to_line(call.is_object() ? call.value("function", call) : call);
  return text;
}

bool is_message_list(const Json& value) {
  return value.is_array() && !value.empty() && value.front().is_object();
}

std::string reply_of(const Json& record, const std::string& column, std::string_view where) {
  require(record.contains(column), "{}: the column \"{}\" is missing.", where, column);
  const Json& value = record.at(column);
  const bool turn = value.is_object() && (value.contains("role") || value.contains("from"));
  if (!is_message_list(value) && !turn) return get<std::string>(record, column, where);
  const auto messages = read_messages(turn ? Json::array({value}) : value, where);
  require(messages.size() == 1 && messages[0].role == "assistant",
          "{}: \"{}\" must hold one assistant turn, because the prompt has its own column.", where, column);
  require(!calls_tools(messages[0]),
          "{}: \"{}\" calls tools, and here answers are compared and learned as text; write the call as the "
          "model would.",
          where, column);
  const bool thinks = std::ranges::any_of(kReasoning, [&](const char* key) {
    return messages[0].further.is_object() && says(messages[0].further, key);
  });
  require(
      !thinks,
      "{}: \"{}\" keeps its reasoning apart, and here answers are compared and learned as one text; write it "
      "into the content as the model would.",
      where, column);
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
