#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/records.h"

namespace nudge {

/// The transcript form of HH-RLHF (Bai et al. 2022): turns that begin with "\n\nHuman:" and "\n\nAssistant:".
/// Conversations are written so, too, for a model without a chat template.

/// The turns of a transcript: their texts as they stand, without the one space behind the speaker's name;
/// nothing when `text` does not begin with "\n\nHuman:" or "\n\nAssistant:" (or "\n\nSystem:", once).
std::optional<std::vector<Message>> parse_transcript(std::string_view text);

/// Messages as a transcript, one space behind each speaker's name.
std::string write_transcript(const std::vector<Message>& messages);

/// What stands where the assistant's next answer begins; the space behind it belongs to the answer.
extern const char* const kAnswerDue;

/// A transcript and where its last answer begins: right behind the last "\n\nAssistant:".
std::size_t last_answer(std::string_view transcript);

/// Whether the prompt came as a transcript: `text` holds it, `messages` its turns, of which an assistant's
/// last one is the beginning of the answer. Whoever changes the messages of such a prompt clears its text.
bool is_transcript(const Prompt& prompt);

/// The answer to a prompt as a turn of a conversation.
struct AnswerTurn {
  std::vector<Message> before;  // the turns before it
  std::string begun;            // what of it stands in the prompt already
  std::string rest;             // without the space that a transcript has in front of a turn
};
AnswerTurn answer_turn(const Prompt& prompt, std::string answer);

}  // namespace nudge
