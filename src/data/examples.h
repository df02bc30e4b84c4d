#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/chat_format.h"

namespace nudge {

/// A sequence to train on. `loss_mask[t]` says that token t is a target (predicted from what precedes it);
/// its first entry is 0.
struct Example {
  std::vector<TokenId> tokens;
  std::vector<std::uint8_t> loss_mask;
};

struct ExampleOptions {
  std::int64_t max_length = 1024;
  bool completion_only_loss = true;  // prompt-completion records: loss on the completion only
  bool assistant_only_loss = true;   // conversations: loss on assistant turns only
};

/// What `max_length` took from some records.
struct TooLong {
  std::int64_t left_out = 0;  // whole: no target lies within it
  std::int64_t cut = 0;       // their end, and with it the stop token
};

/// Examples of language-modelling (`text`), prompt-completion and conversational (`messages`) records,
/// detected by column. Every completion and document ends with the stop token, and that token carries a loss
/// (asserted). Longer ones are cut at the end, records with no target left are left out; `too_long`, where
/// given, counts both.
std::vector<Example> training_examples(const std::vector<Json>& records, const ChatFormat& format,
                                       const ExampleOptions& options, TooLong* too_long = nullptr);

/// Documents concatenated, each in the tokenizer's frame and followed by the stop token, and cut into pieces
/// of `length` tokens: pretraining without padding. A piece may begin inside a document (GPT-style); every
/// token but the first of a piece is a target.
std::vector<Example> wrapped_examples(const std::vector<Json>& records, const ChatFormat& format,
                                      std::int64_t length);

}  // namespace nudge
