#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "records/records.h"

namespace nudge {

/// An answer as a reward model reads it, its last token the one at which the score is read. Models are
/// trained and read there by transformers (*ForSequenceClassification), TRL 1.16 (RewardTrainer; GRPO with a
/// reward model) and reward-bench 0.1.4: the last token of the finished conversation that is not padding.
///
/// - The conversation is closed as the template closes it (ChatML: the newline behind <|im_end|>), and plain
///   text by the stop token, whether the answer ended or was cut: a model is never asked within a turn, where
///   its number means nothing. That an answer did not end is not its business (--missing_eos_penalty).
/// - Where the text ends in the model's padding token, which many models share with their end token, the
///   token before is read.
struct AnswerToScore {
  std::vector<TokenId> tokens;
  std::size_t prompt = 0;  // how many of them are the prompt's, as ChatFormat::encode_prompt gives them
};
/// `padding`: the model's pad_token_id.
AnswerToScore answer_to_score(const ChatFormat& format, const Prompt& prompt, const std::string& completion,
                              std::optional<std::int64_t> padding);

/// A token for a new reward model to pad with, so that padding hides nothing that is read: the tokenizer's
/// own, its bos, or another special token, the first that neither a conversation nor plain text ends in.
/// Where there is none, the stop token, and models are trained and read before it.
TokenId padding_for_scores(const ChatFormat& format);

}  // namespace nudge
