#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "records/records.h"

namespace nudge {

/// Reads a list of {role, content}, or of {from, value} as ShareGPT writes it. Throws Error naming `where`
/// and what was expected; contents must be text.
std::vector<Message> read_messages(const Json& list, std::string_view where);

/// The list of {role, content} that chat templates and datasets use.
Json messages_json(const std::vector<Message>& messages);

/// A prompt as a dataset's column: its text or transcript as it stands, or the list of its messages.
Json prompt_json(const Prompt& prompt);

/// An answer to it as a column: text behind text, one assistant turn behind messages.
Json reply_json(const Prompt& prompt, const std::string& answer);

/// True for a list of objects: how conversational columns are told from plain text.
bool is_message_list(const Json& value);

/// What an assistant says in `column`: a text, or a list of exactly one assistant turn. Throws Error.
std::string reply_of(const Json& record, const std::string& column, std::string_view where);

/// The same as it is written behind `prompt`: a turn behind a transcript's "Assistant:" begins with a space.
std::string reply_to(const Prompt& prompt, const Json& record, const std::string& column,
                     std::string_view where);

/// Nothing but spaces.
bool blank(std::string_view text);

}  // namespace nudge
