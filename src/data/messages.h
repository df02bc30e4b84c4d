#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "records/records.h"

namespace nudge {

/// Reads a conversation as published files write one: a list of {role, content}, or of {from, value} as
/// ShareGPT does. Roles get the names that chat templates know (record_keys.h); a call in a turn of its own
/// (ShareGPT's function_call) or in OpenAI's old `function_call` becomes `tool_calls`, as transformers takes
/// them; the texts of a list of text parts become one; what says whether a turn is learned becomes `train`;
/// any other key stays for the template. `content` may be null beside calls. Throws Error naming `where` and
/// what was expected: images, for one, are not read.
std::vector<Message> read_messages(const Json& list, std::string_view where);

/// The list of {role, content ...} that datasets use; reading it gives the same messages.
Json messages_json(const std::vector<Message>& messages);

/// A prompt as a dataset's column: its text or transcript as it stands, or the list of its messages.
Json prompt_json(const Prompt& prompt);

/// An answer to it as a column: text behind text, one assistant turn behind messages.
Json reply_json(const Prompt& prompt, const std::string& answer);

/// The list as a chat template gets it. As transformers 5.24 does, keys without a value are left away, and
/// reasoning stands under the names "reasoning_content" and "thinking", whichever the record had.
Json template_messages(const std::vector<Message>& messages);

/// What a record has for the chat template beside its messages: {"tools", "documents", and what
/// chat_template_kwargs holds}. Lists that stand there as JSON text are read, as TRL reads them; an empty
/// list of tools is none. Throws Error naming `where`.
Json template_arguments(const Json& columns, std::string_view where);

/// Whether a turn calls tools.
bool calls_tools(const Message& message);

/// A turn as people read it: what it says, and the calls that it makes, each as a line of JSON.
std::string shown_text(const Message& message);

/// True for a list of objects: how conversational columns are told from plain text.
bool is_message_list(const Json& value);

/// What an assistant says in `column`: a text, or a list of exactly one assistant turn (or that turn itself).
/// Throws Error, for a turn as well that calls tools or keeps its reasoning apart.
std::string reply_of(const Json& record, const std::string& column, std::string_view where);

/// A reply as it is written behind `prompt`: a turn behind a transcript's "Assistant:" begins with a space.
std::string reply_to(const Prompt& prompt, const Json& record, const std::string& column,
                     std::string_view where);

/// Nothing but spaces.
bool blank(std::string_view text);

}  // namespace nudge
