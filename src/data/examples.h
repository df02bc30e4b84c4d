#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "data/dataset.h"

namespace nudge {

class Options;

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
  bool learn_behind_answer = false;  // also what the template writes behind the last end token (TRL)
  bool split_turns = false;  // conversations: an example for each learned turn, as the last of its own
};

/// --learn_behind_answer, of every command that learns from given answers.
void declare_learn_behind_answer(Options& options, bool& learn);

/// Examples, and what became of the records that gave none.
struct TrainingExamples {
  std::vector<Example> examples;
  /// Records that can be read and teach nothing: no target within max_length, no assistant's turn, no text.
  /// The reasons go on behind "records" ("have no assistant's turn").
  std::vector<LeftOut> left_out;
  std::int64_t cut = 0;  // examples that lost their end to max_length, and with it the stop token
};

/// Examples of language-modelling (`text`), prompt-completion and conversational (`messages`) records, each
/// by its own columns (record_keys.h has their names). Every completion and document ends with the stop
/// token, and that token carries a loss (asserted). Longer ones are cut at the end. Records of another form
/// are bad.
TrainingExamples training_examples(Dataset& dataset, const ChatFormat& format, const ExampleOptions& options);

/// One record of them, added to what was `read`: one example, or with split_turns several. Throws Error for a
/// bad one.
void read_example(const Json& record, const std::string& where, const ChatFormat& format,
                  const ExampleOptions& options, TrainingExamples& read);

/// Documents concatenated, each in the tokenizer's frame and followed by the stop token, and cut into pieces
/// of `length` tokens: pretraining without padding. A piece may begin inside a document (GPT-style); every
/// token but the first of a piece is a target.
std::vector<Example> wrapped_examples(Dataset& dataset, const ChatFormat& format, std::int64_t length);

}  // namespace nudge
