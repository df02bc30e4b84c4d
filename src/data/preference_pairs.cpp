// Preference records: reading the forms found in the wild, and writing our own.
#include <algorithm>
#include <optional>
#include <variant>

#include "base/error.h"
#include "data/columns.h"
#include "data/messages.h"
#include "data/records_file.h"
#include "data/transcript.h"

namespace nudge {

namespace {

constexpr const char* kOtherPrompt = "the two sides answer different prompts";
constexpr const char* kEmptyReply = "an empty reply";
constexpr const char* kSameReply = "the replies are the same";

const std::vector<std::string> kPairColumns = {"prompt",     "question", "chosen", "rejected",
                                               "tie",        "margin",   "rater",  "protocol",
                                               "shown_left", "time",     "extra",  "messages"};

// The prompt with the two replies, or why there are none.
struct Sides {
  Prompt prompt;
  std::string chosen, rejected;
};
using SidesOrReason = std::variant<Sides, const char*>;

bool same(const Message& a, const Message& b) {
  return a.role == b.role && a.content == b.content;
}

// Full conversations: the longest common prefix of turns, then one assistant turn on each side.
SidesOrReason split_conversations(std::vector<Message> chosen, const std::vector<Message>& rejected) {
  const bool one_reply_each = chosen.size() == rejected.size() && chosen.size() > 1 &&
                              chosen.back().role == "assistant" && rejected.back().role == "assistant" &&
                              std::equal(chosen.begin(), chosen.end() - 1, rejected.begin(), same);
  if (!one_reply_each) return kOtherPrompt;
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

SidesOrReason split_sides(const Json& record, std::string_view where) {
  for (const char* column : {"chosen", "rejected"})
    require(record.contains(column), "{}: a preference needs the column \"{}\".", where, column);
  const Json prompt_text = get_or<Json>(record, "prompt", Json(), where);
  if (conversation_about(record.at("chosen"), prompt_text) &&
      conversation_about(record.at("rejected"), prompt_text))
    return split_conversations(read_messages(record.at("chosen"), where),
                               read_messages(record.at("rejected"), where));
  if (record.contains("prompt") || record.contains("question")) {
    Prompt prompt = prompt_of(record, where);
    std::string chosen = reply_to(prompt, record, "chosen", where);
    std::string rejected = reply_to(prompt, record, "rejected", where);
    return Sides{std::move(prompt), std::move(chosen), std::move(rejected)};
  }
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
  if (prompt.id.empty()) {
    Json named = {{"prompt", prompt_json(prompt)}};
    if (record.contains("id")) named["id"] = record.at("id");
    prompt.id = prompt_of(named, where).id;
  }
  prompt.extra = Json::object();
  for (const auto& [name, content] : record.items())
    if (name != "id" && std::find(kPairColumns.begin(), kPairColumns.end(), name) == kPairColumns.end())
      prompt.extra[name] = content;
}

PreferencePair pair_of(Sides sides, const Json& record, std::string_view where) {
  fill_prompt(sides.prompt, record, where);
  return {.prompt = std::move(sides.prompt),
          .chosen = std::move(sides.chosen),
          .rejected = std::move(sides.rejected),
          .tie = get_or<bool>(record, "tie", false, where),
          .margin = get_or<double>(record, "margin", 0, where),
          .rater = name_in(record, "rater", where),
          .protocol = get_or<std::string>(record, "protocol", "import", where),
          .shown_left = get_or<std::string>(record, "shown_left", "", where),
          .time = get_or<std::string>(record, "time", "", where),
          .extra = get_or<Json>(record, "extra", Json::object(), where)};
}

void count(std::vector<std::pair<std::string, std::int64_t>>& dropped, const char* reason) {
  auto found =
      std::find_if(dropped.begin(), dropped.end(), [&](auto& entry) { return entry.first == reason; });
  if (found == dropped.end()) found = dropped.insert(found, {reason, 0});
  ++found->second;
}

}  // namespace

PairsRead preference_pairs(const std::vector<Json>& records, std::string_view where) {
  PairsRead read;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string place = fmt::format("{} record {}", where, i + 1);
    SidesOrReason sides = split_sides(records[i], place);
    if (auto* reason = std::get_if<const char*>(&sides)) {
      count(read.dropped, *reason);
      continue;
    }
    auto& [prompt, chosen, rejected] = std::get<Sides>(sides);
    if (blank(chosen) || blank(rejected)) {
      count(read.dropped, kEmptyReply);
    } else if (chosen == rejected) {
      count(read.dropped, kSameReply);
    } else {
      read.pairs.push_back(pair_of(std::move(std::get<Sides>(sides)), records[i], place));
    }
  }
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
