#include "data/record_keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"

namespace nudge {
namespace {

using Name = std::string_view;

constexpr std::array kPrompts = {Name("prompt"), Name("question"), Name("problem"), Name("query"),
                                 Name("instruction")};
constexpr std::array kCompletions = {Name("completion"), Name("response"), Name("output"), Name("solution"),
                                     Name("answer")};
constexpr std::array kConversations = {Name("messages"), Name("conversations"), Name("conversation")};
constexpr std::array kSystems = {Name("system"), Name("system_prompt")};
constexpr std::array kTemplate = {Name("tools"), Name("functions"), Name("documents"),
                                  Name("chat_template_kwargs")};
constexpr std::array kMedia = {Name("images"), Name("image"),  Name("videos"),
                               Name("video"),  Name("audios"), Name("audio")};

constexpr std::array kHarmlessColumns = {Name("id"),
                                         Name("ids"),
                                         Name("idx"),
                                         Name("index"),
                                         Name("uid"),
                                         Name("uuid"),
                                         Name("hash"),
                                         Name("prompt_id"),
                                         Name("question_id"),
                                         Name("conversation_id"),
                                         Name("conversation_hash"),
                                         Name("task_id"),
                                         Name("row_id"),
                                         Name("key"),
                                         Name("source"),
                                         Name("source_id"),
                                         Name("url"),
                                         Name("link"),
                                         Name("dataset"),
                                         Name("dataset_name"),
                                         Name("data_source"),
                                         Name("subset"),
                                         Name("split"),
                                         Name("category"),
                                         Name("subject"),
                                         Name("topic"),
                                         Name("domain"),
                                         Name("language"),
                                         Name("lang"),
                                         Name("license"),
                                         Name("author"),
                                         Name("model"),
                                         Name("generator"),
                                         Name("timestamp"),
                                         Name("created"),
                                         Name("created_at"),
                                         Name("date"),
                                         Name("time"),
                                         Name("meta"),
                                         Name("metadata"),
                                         Name("tags"),
                                         Name("title"),
                                         Name("difficulty"),
                                         Name("level"),
                                         Name("type")};
constexpr std::array kHarmlessMessageKeys = {
    Name("id"),         Name("uid"),       Name("uuid"),    Name("message_id"),
    Name("parent_id"),  Name("timestamp"), Name("created"), Name("date"),
    Name("created_at"), Name("language"),  Name("lang"),    Name("model"),
    Name("metadata"),   Name("meta"),      Name("source"),  Name("markdown")};

using Pair = std::pair<Name, Name>;
constexpr std::array kRoles = {Pair("human", "user"),
                               Pair("prompter", "user"),
                               Pair("customer", "user"),
                               Pair("gpt", "assistant"),
                               Pair("chatgpt", "assistant"),
                               Pair("bing", "assistant"),
                               Pair("bard", "assistant"),
                               Pair("model", "assistant"),
                               Pair("bot", "assistant"),
                               Pair("chatbot", "assistant"),
                               Pair("ai", "assistant"),
                               Pair("claude", "assistant"),
                               Pair("gemini", "assistant"),
                               Pair("function_call", "assistant"),
                               Pair("tool_call", "assistant"),
                               Pair("tool_calls", "assistant"),
                               Pair("developer", "system"),
                               Pair("system_prompt", "system"),
                               Pair("observation", "tool"),
                               Pair("observations", "tool"),
                               Pair("ipython", "tool"),
                               Pair("function", "tool"),
                               Pair("function_response", "tool"),
                               Pair("function_result", "tool"),
                               Pair("tool_response", "tool"),
                               Pair("tool_responses", "tool"),
                               Pair("tool_result", "tool"),
                               Pair("tool_results", "tool"),
                               Pair("environment", "tool")};
constexpr std::array kKnownRoles = {Name("system"), Name("user"), Name("assistant"), Name("tool")};
constexpr std::array kCalls = {Name("function_call"), Name("tool_call"), Name("tool_calls")};

/// Keys of a turn, and whether true means that it is learned (OpenAI's weight, ms-swift's loss, axolotl's
/// train, verl's and LLaMA-Factory's loss_mask ...).
constexpr std::array kMasks = {std::pair(Name("weight"), true),       std::pair(Name("loss"), true),
                               std::pair(Name("train"), true),        std::pair(Name("loss_mask"), true),
                               std::pair(Name("loss_weight"), true),  std::pair(Name("trainable"), true),
                               std::pair(Name("is_trainable"), true), std::pair(Name("learn"), true),
                               std::pair(Name("learnable"), true),    std::pair(Name("compute_loss"), true),
                               std::pair(Name("masked"), false),      std::pair(Name("is_masked"), false)};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace

std::span<const Name> prompt_columns() {
  return kPrompts;
}
std::span<const Name> completion_columns() {
  return kCompletions;
}
std::span<const Name> conversation_columns() {
  return kConversations;
}
std::span<const Name> system_columns() {
  return kSystems;
}
std::span<const Name> template_columns() {
  return kTemplate;
}

void refuse_media(const Json& record, Name where) {
  for (const Name column : kMedia) {
    const auto found = record.find(std::string(column));
    const bool holds = found != record.end() && !found->is_null() &&
                       !(found->is_structured() && found->empty()) && *found != Json("");
    require(!holds, "{}: the column \"{}\" holds pictures or sound, and nudge reads text only.", where,
            column);
  }
}

std::string column_in(const Json& record, std::span<const Name> names) {
  for (const Name name : names)
    if (const auto found = record.find(std::string(name)); found != record.end() && !found->is_null())
      return std::string(name);
  return "";
}

bool is_one_of(Name name, std::span<const Name> names) {
  return std::ranges::find(names, name) != names.end();
}

bool harmless_column(Name name) {
  return is_one_of(name, kHarmlessColumns);
}

bool harmless_message_key(Name name) {
  return is_one_of(name, kHarmlessMessageKeys);
}

std::string role_named(const std::string& name) {
  std::string small = lower(name);
  if (known_role(small)) return small;
  const auto found = std::ranges::find(kRoles, small, &Pair::first);
  return found == kRoles.end() ? name : std::string(found->second);
}

bool known_role(Name role) {
  return is_one_of(role, kKnownRoles);
}

bool names_a_call(const std::string& name) {
  return is_one_of(lower(name), kCalls);
}

bool is_turn_mask(Name key) {
  return std::ranges::any_of(kMasks, [&](const auto& mask) { return mask.first == key; });
}

std::optional<bool> learned_by(Name key, const Json& value, Name where) {
  if (value.is_null()) return std::nullopt;
  const bool yes = value == Json(true) || value == Json(1) || value == Json("true") || value == Json("1");
  const bool no = value == Json(false) || value == Json(0) || value == Json("false") || value == Json("0");
  require(
      yes || no,
      "{}: the key \"{}\" of a turn says whether it is learned, true or false (or 1 or 0), but came {}; a "
      "turn cannot be learned in part.",
      where, key, to_line(value));
  const auto mask = std::ranges::find_if(kMasks, [&](const auto& each) { return each.first == key; });
  return yes == mask->second;
}

}  // namespace nudge
