#include "records/records.h"

#include "base/error.h"

namespace nudge {

bool operator==(const Message& a, const Message& b) {
  return a.role == b.role && a.content == b.content && a.further == b.further && a.train == b.train;
}

Json to_json(const Message& message) {
  Json value = {{"role", message.role}, {"content", message.content}};
  if (message.further.is_object()) value.update(message.further);
  if (!message.train) value["train"] = false;
  return value;
}

Message message_from_json(const Json& value, std::string_view where) {
  Message message;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
  message.role = get<std::string>(value, "role", where);
  const Json content = get<Json>(value, "content", where);
  if (content.is_string()) message.content = content.get<std::string>();
  for (const auto& [key, further] : value.items()) {
    const bool known = key == "role" || key == "train" || (key == "content" && content.is_string());
    if (!known) message.further[key] = further;
  }
  message.train = get_or<bool>(value, "train", true, where);
  return message;
}

const std::string& Prompt::question() const {
  if (!conversational()) return text;
  for (auto turn = messages.rbegin(); turn != messages.rend(); ++turn)
    if (turn->role == "user") return turn->content;
  return messages.back().content;
}

}  // namespace nudge
