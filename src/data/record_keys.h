#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace nudge {

/// What the keys of records and of their messages mean: one table for every reader, so that none skips in
/// silence what another knows. docs/datasets.md shows it to users.

/// Names of one thing in published files, the first that a record has being the one that is read.
std::span<const std::string_view> prompt_columns();        // "prompt", "question", "problem" ...: a text
std::span<const std::string_view> completion_columns();    // "completion", "response", "output" ...
std::span<const std::string_view> conversation_columns();  // "messages", "conversations" ...
std::span<const std::string_view> system_columns();        // "system", "system_prompt"
/// What a chat template is given beside the messages: "tools", "documents", "chat_template_kwargs" ...
std::span<const std::string_view> template_columns();
/// Throws Error where a record has what nudge cannot read at all: pictures and sound, in columns of their
/// own.
void refuse_media(const Json& record, std::string_view where);

/// The first of `names` that the record has with a value; empty where it has none.
std::string column_in(const Json& record, std::span<const std::string_view> names);
bool is_one_of(std::string_view name, std::span<const std::string_view> names);

/// Names, dates and origins: nothing that could change what is learned.
bool harmless_column(std::string_view name);
bool harmless_message_key(std::string_view name);

/// The role that chat templates know by the name that a file uses: "human" is "user", "gpt" or "model" are
/// "assistant", "observation" is "tool", "developer" is "system". A name in no table stays as it is.
std::string role_named(const std::string& name);
/// One of system, user, assistant and tool.
bool known_role(std::string_view role);
/// The turns in which ShareGPT's kin keep a call as JSON text: "function_call", "tool_call".
bool names_a_call(const std::string& name);

/// Whether a message's key says if the turn is learned ("weight", "loss", "train", "loss_mask", "masked"
/// ...), and what it says; nothing for null. Throws Error for a weight between 0 and 1 and the like.
bool is_turn_mask(std::string_view key);
std::optional<bool> learned_by(std::string_view key, const Json& value, std::string_view where);

}  // namespace nudge
