#include "data/unused_keys.h"

#include <algorithm>
#include <array>

#include "data/messages.h"
#include "data/published_forms.h"
#include "data/record_keys.h"
#include "data/records_file.h"

namespace nudge {
namespace {

using Name = std::string_view;
using Names = std::vector<std::string>;

constexpr std::array kOfComparisons = {Name("chosen"),     Name("rejected"),     Name("completions"),
                                       Name("ranks"),      Name("tie"),          Name("margin"),
                                       Name("rater"),      Name("protocol"),     Name("time"),
                                       Name("shown_left"), Name("extra"),        Name("comparison"),
                                       Name("strength"),   Name("seconds"),      Name("comment"),
                                       Name("response_0"), Name("response_1"),   Name("better_response_id"),
                                       Name("answers"),    Name("chosen_model"), Name("rejected_model"),
                                       Name("votes"),      Name("agreement")};
constexpr std::array kReasoningNames = {Name("reasoning_content"), Name("thinking"), Name("reasoning")};

bool is_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool says_nothing(const Json& value) {
  return value.is_null() || (value.is_structured() && value.empty()) ||
         (value.is_string() && blank(value.get_ref<const std::string&>()));
}

void append(Names& to, const Names& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// The columns that a reader takes from this record.
Names columns_of(const Json& record, DatasetUse use) {
  const std::string whole = column_in(record, conversation_columns()),
                    completion = column_in(record, completion_columns());
  if (use != DatasetUse::demonstrations) {
    Names columns(kOfComparisons.begin(), kOfComparisons.end());
    append(columns, prompt_columns_of(record));
    if (record.contains("chosen")) columns.emplace_back("messages");  // UltraFeedback: the chosen one again
    if (use == DatasetUse::labels) append(columns, {completion, label_column(record), "labels", "ended"});
    return columns;
  }
  if (!whole.empty()) return {whole, system_column(record), "prompt"};  // UltraChat: the first turn again
  if (completion.empty() || column_in(record, prompt_columns()).empty()) return {"text"};
  Names columns = prompt_columns_of(record);
  columns.push_back(completion);
  return columns;
}

bool conversational(const Json& record) {
  const std::string asked = column_in(record, prompt_columns());
  if (asked.empty()) return !record.contains("text") || !column_in(record, conversation_columns()).empty();
  return asked == "instruction" || record.at(asked).is_array() || !system_column(record).empty();
}

bool reply_column(Name name) {
  return name == "chosen" || name == "rejected" || is_one_of(name, completion_columns());
}

// One turn alone; our own "extra" is an object too, and none.
bool is_turn(const Json& value) {
  return value.is_object() && (value.contains("content") || value.contains("role") || value.contains("from"));
}

class Census {
 public:
  Census(DatasetUse use, Name chat_template, const Names& also)
      : use_(use), template_(chat_template), also_(also) {}

  void look(const Json& record) {
    const Names used = columns_of(record, use_);
    for (const auto& [name, value] : record.items()) {
      if (says_nothing(value)) continue;
      const bool taken = std::ranges::find(used, name) != used.end();
      if (taken && (is_message_list(value) || is_turn(value))) look_at_turns(name, value);
      if (is_one_of(name, template_columns())) {
        look_at_arguments(name, value, conversational(record));
      } else if (taken && name == "turns") {
        if (value.size() > 1) count(found_.columns, "turns beyond the first");
      } else if (!taken && use_ != DatasetUse::prompts && !harmless_column(name) &&
                 std::ranges::find(also_, name) == also_.end()) {
        count(found_.columns, name);
      }
    }
  }

  UnusedKeys take() { return std::move(found_); }

 private:
  static void count(std::vector<UnusedKeys::Count>& counts, const std::string& name) {
    auto found = std::ranges::find(counts, name, &UnusedKeys::Count::name);
    if (found == counts.end()) found = counts.insert(found, {name, 0});
    ++found->count;
  }

  // A plain text is not rendered, so no template is given anything.
  void look_at_arguments(const std::string& name, const Json& value, bool rendered) {
    if (name != "chat_template_kwargs") {
      if (!rendered || !mentions(template_, name == "functions" ? "tools" : name))
        count(found_.columns, name);
      return;
    }
    if (!value.is_object()) return;
    for (const auto& [key, argument] : value.items())
      if (!rendered || !mentions(template_, key)) count(found_.columns, name + "." + key);
  }

  void look_at_turns(const std::string& column, const Json& turns) {
    for (const Json& turn : turns.is_object() ? Json::array({turns}) : turns) {
      if (!turn.is_object()) continue;
      const Json role = turn.value(turn.contains("role") ? "role" : "from", Json(""));
      const std::string name = role.is_string() ? role.get<std::string>() : "";
      if (!known_role(role_named(name)) && !mentions(template_, name)) count(found_.roles, name);
      for (const auto& [key, value] : turn.items())
        if (!says_nothing(value) && !used_in_turn(key, value, role_named(name), column))
          count(found_.turn_keys, key);
    }
  }

  // What the turn's text is, and what only names it.
  static bool plain(Name key) {
    constexpr std::array kPlain = {Name("role"), Name("from"),         Name("content"), Name("value"),
                                   Name("text"), Name("tool_call_id"), Name("name")};
    return is_one_of(key, kPlain) || harmless_message_key(key);
  }

  bool used_in_turn(const std::string& key, const Json& value, const std::string& role,
                    const std::string& column) const {
    if (plain(key)) return true;
    if (is_turn_mask(key)) {
      if (use_ != DatasetUse::demonstrations) return !reply_column(column);  // a prompt is never learned
      return role == "assistant" || !learned_by(key, value, "a turn").value_or(false);
    }
    if (key == "function_call") return mentions(template_, "tool_calls");
    if (is_one_of(key, kReasoningNames))
      return std::ranges::any_of(kReasoningNames, [&](Name name) { return mentions(template_, name); });
    return mentions(template_, key);
  }

  DatasetUse use_;
  Name template_;
  const Names& also_;
  UnusedKeys found_;
};

}  // namespace

bool mentions(std::string_view chat_template, std::string_view name) {
  if (name.empty()) return false;
  for (std::size_t at = 0; (at = chat_template.find(name, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + name.size();
    const bool whole = (at == 0 || !is_word(chat_template[at - 1])) &&
                       (end == chat_template.size() || !is_word(chat_template[end]));
    if (whole) return true;
  }
  return false;
}

UnusedKeys unused_keys(const Dataset& dataset, DatasetUse use, std::string_view chat_template,
                       const std::vector<std::string>& also) {
  Census census(use, chat_template, also);
  dataset.each([&](const Json& record) {
    const std::optional<Json> usual = usual_form(record);
    census.look(usual ? *usual : record);
  });
  return census.take();
}

}  // namespace nudge
