#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/records.h"

namespace nudge {

/// The transcript form of HH-RLHF (Bai et al. 2022): turns that begin with "\n\nHuman:" and "\n\nAssistant:".
/// It is also how a conversation is written for a model without a chat template.

/// The turns of a transcript, their texts trimmed; nothing when `text` does not begin with "\n\nHuman:" or
/// "\n\nAssistant:".
std::optional<std::vector<Message>> parse_transcript(std::string_view text);

/// Writes messages as a transcript, `turn_end` behind each assistant turn; with `add_generation_prompt` it
/// ends where the assistant's next answer begins.
std::string write_transcript(const std::vector<Message>& messages, bool add_generation_prompt,
                             std::string_view turn_end);

}  // namespace nudge
