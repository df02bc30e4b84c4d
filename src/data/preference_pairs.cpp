// Preference records: reading the forms found in the wild, and writing our own.
#include <algorithm>
#include <optional>
#include <variant>

#include "base/error.h"
#include "data/columns.h"
#include "data/messages.h"
#include "data/published_forms.h"
#include "data/record_keys.h"
#include "data/records_file.h"
#include "data/transcript.h"

namespace nudge {

namespace {

constexpr const char* kOtherPrompt = "the two sides answer different prompts";
constexpr const char* kEmptyReply = "an empty reply";
constexpr const char* kSameReply = "the replies are the same";
constexpr const char* kCallsTools =
    "a reply calls tools, and replies are compared as text; write the call as the model would";

const std::vector<std::string> kPairColumns = {"id",     "chosen", "rejected", "tie",
                                               "margin", "rater",  "protocol", "shown_left",
                                               "time",   "extra",  "messages"};

// The prompt with the two replies, or why there are none.
struct Sides {
  Prompt prompt;
  std::string chosen, rejected;
};
using SidesOrReason = std::variant<Sides, const char*>;

bool same(const Message& a, const Message& b) {
  return a.role == b.role && a.content == b.content && a.further == b.further;
}

// Full conversations: the longest common prefix of turns, then one assistant turn on each side.
SidesOrReason split_conversations(std::vector<Message> chosen, const std::vector<Message>& rejected) {
  const bool one_reply_each = chosen.size() == rejected.size() && chosen.size() > 1 &&
                              chosen.back().role == "assistant" && rejected.back().role == "assistant" &&
                              std::equal(chosen.begin(), chosen.end() - 1, rejected.begin(), same);
  if (!one_reply_each) return kOtherPrompt;
  if (calls_tools(chosen.back()) || calls_tools(rejected.back())) return kCallsTools;
  Sides sides{.chosen = chosen.back().content, .rejected = rejected.back().content};
  chosen.pop_back();
  sides.prompt.messages = std::move(chosen);
  return sides;
}

// Full transcripts: up to the last answer, which keeps the space that it begins with.
SidesOrReason split_transcripts(const std::string& chosen, const std::string& rejected,
                                std::string_view where) {
  const std::size_t answer = last_answer(chosen), other = last_answer(rejected);
  const std::string prompt = chosen.substr(0, answer);
  const auto answered = [](const std::string& text) {
    const auto turns = parse_transcript(text);
    return turns->size() > 1 && turns->back().role == "assistant";
  };
  if (!answered(chosen) || !answered(rejected) || prompt != rejected.substr(0, other)) return kOtherPrompt;
  return Sides{prompt_of(Json{{"prompt", prompt}}, where), chosen.substr(answer), rejected.substr(other)};
}

// Full texts: the longest common prefix of characters, not ending in a space (as TRL cuts it).
SidesOrReason split_texts(const std::string& chosen, const std::string& rejected) {
  const auto [a, b] = std::mismatch(chosen.begin(), chosen.end(), rejected.begin(), rejected.end());
  auto length = static_cast<std::size_t>(a - chosen.begin());
  auto inside_character = [&](const std::string& text) {
    return length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0u) == 0x80u;
  };
  while (length > 0 && (inside_character(chosen) || inside_character(rejected))) --length;
  if (length > 0 && chosen[length - 1] == ' ') --length;
  if (length == 0) return kOtherPrompt;
  Sides sides{.chosen = chosen.substr(length), .rejected = rejected.substr(length)};
  sides.prompt.text = chosen.substr(0, length);
  return sides;
}

/// UltraFeedback's binarized form: the prompt is a text, and the sides are whole conversations that begin
/// with it (and `messages` is the chosen one again).
bool conversation_about(const Json& side, const Json& prompt) {
  if (!prompt.is_string() || !is_message_list(side) || side.size() < 2) return false;
  const auto asked = std::ranges::find_if(
      side, [](const Json& turn) { return turn.is_object() && turn.value("role", Json()) == "user"; });
  return asked != side.end() && asked->value("content", Json()) == prompt;
}

// LLaMA-Factory: a conversation that both sides answer, each with a turn.
bool answers_conversation(const Json& record) {
  return !column_in(record, conversation_columns()).empty() &&
         !(is_message_list(record.at("chosen")) && record.at("chosen").size() > 1);
}

SidesOrReason explicit_sides(const Json& record, std::string_view where) {
  Sides sides;
  sides.prompt = prompt_of(record, where);
  if (column_in(record, prompt_columns()).empty()) {
    const auto turns = read_messages(record.at(column_in(record, conversation_columns())), where);
    require(turns.back().role != "assistant", "{}: the conversation does not end where an answer is due.",
            where);
  }
  sides.chosen = reply_to(sides.prompt, record, "chosen", where);
  sides.rejected = reply_to(sides.prompt, record, "rejected", where);
  return sides;
}

SidesOrReason split_sides(const Json& record, std::string_view where) {
  for (const char* column : {"chosen", "rejected"})
    require(record.contains(column), "{}: a preference needs the column \"{}\".", where, column);
  const Json prompt_text = get_or<Json>(record, "prompt", Json(), where);
  if (conversation_about(record.at("chosen"), prompt_text) &&
      conversation_about(record.at("rejected"), prompt_text))
    return split_conversations(read_messages(record.at("chosen"), where),
                               read_messages(record.at("rejected"), where));
  if (!column_in(record, prompt_columns()).empty() || answers_conversation(record))
    return explicit_sides(record, where);
  if (is_message_list(record.at("chosen")))
    return split_conversations(read_messages(record.at("chosen"), where),
                               read_messages(record.at("rejected"), where));
  const auto chosen = get<std::string>(record, "chosen", where);
  const auto rejected = get<std::string>(record, "rejected", where);
  if (parse_transcript(chosen) && parse_transcript(rejected))
    return split_transcripts(chosen, rejected, where);
  return split_texts(chosen, rejected);
}

void fill_prompt(Prompt& prompt, const Json& record, std::string_view where) {
  add_system(record, prompt);
  if (prompt.id.empty()) {
    Json named = {{"prompt", prompt_json(prompt)}};
    if (record.contains("id")) named["id"] = record.at("id");
    prompt.id = prompt_of(named, where).id;
  }
  const std::vector<std::string> used = prompt_columns_of(record);
  prompt.extra = Json::object();
  for (const auto& [name, content] : record.items())
    if (std::ranges::find(used, name) == used.end() &&
        std::ranges::find(kPairColumns, name) == kPairColumns.end())
      prompt.extra[name] = content;
}

std::string shown_left_in(const Json& record, std::string_view where) {
  auto side = get_or<std::string>(record, "shown_left", "", where);
  require(side.empty() || side == "chosen" || side == "rejected",
          "{}: \"shown_left\" says which side was shown left, \"chosen\" or \"rejected\", but came \"{}\".",
          where, side);
  return side;
}

PreferencePair pair_of(Sides sides, const Json& record, std::string_view where) {
  PreferencePair pair;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
  fill_prompt(sides.prompt, record, where);
  pair.prompt = std::move(sides.prompt);
  pair.chosen = std::move(sides.chosen);
  pair.rejected = std::move(sides.rejected);
  pair.tie = get_or<bool>(record, "tie", false, where);
  pair.margin = get_or<double>(record, "margin", 0, where);
  pair.rater = name_in(record, "rater", where);
  pair.protocol = get_or<std::string>(record, "protocol", "import", where);
  pair.shown_left = shown_left_in(record, where);
  pair.time = get_or<std::string>(record, "time", "", where);
  pair.extra = get_or<Json>(record, "extra", Json::object(), where);
  return pair;
}

}  // namespace

void read_pair(const Json& given, const std::string& place, PairsRead& read) {
  const std::optional<Json> usual = usual_form(given);
  const Json& record = usual ? *usual : given;
  refuse_media(record, place);
  SidesOrReason sides = split_sides(record, place);
  if (auto* reason = std::get_if<const char*>(&sides)) {
    leave_out(read.dropped, *reason, place);
    return;
  }
  auto& [prompt, chosen, rejected] = std::get<Sides>(sides);
  if (blank(chosen) || blank(rejected)) {
    leave_out(read.dropped, kEmptyReply, place);
  } else if (chosen == rejected) {
    leave_out(read.dropped, kSameReply, place);
  } else {
    read.pairs.push_back(pair_of(std::move(std::get<Sides>(sides)), record, place));
  }
}

PairsRead preference_pairs(Dataset& dataset) {
  PairsRead read;
  dataset.each([&](const Json& record, const std::string& place) { read_pair(record, place, read); });
  return read;
}

Json pair_record(const PreferencePair& pair) {
  Json record = {{"id", pair.prompt.id}};
  record["prompt"] = prompt_json(pair.prompt);
  record["chosen"] = reply_json(pair.prompt, pair.chosen);
  record["rejected"] = reply_json(pair.prompt, pair.rejected);
  if (pair.tie) record["tie"] = true;
  if (pair.margin != 0) record["margin"] = pair.margin;
  for (const auto& [name, value] : {std::pair{"rater", &pair.rater},
                                    {"protocol", &pair.protocol},
                                    {"shown_left", &pair.shown_left},
                                    {"time", &pair.time}})
    if (!value->empty()) record[name] = *value;
  if (!pair.extra.empty()) record["extra"] = pair.extra;
  for (const auto& [name, value] : pair.prompt.extra.items()) record[name] = value;
  return record;
}

}  // namespace nudge
