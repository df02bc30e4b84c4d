#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "model/decoder.h"
#include "records/records.h"

namespace nudge {

/// One token as a token classifier (`*ForTokenClassification`) sees it.
struct LabelledToken {
  std::string text;   // the token alone
  std::string label;  // the likeliest
  double probability = 0;
};

/// softmax of the raw scores of one place under each label.
std::vector<double> label_probabilities(std::span<const double> raw);

/// The tokens of each answer, read behind its prompt: all of them, the one that ends the answer included.
/// Answers that exceed the model's context have none. Throws Error unless the model labels tokens.
std::vector<std::vector<LabelledToken>> labelled_tokens(const Decoder& model, const ChatFormat& format,
                                                        std::span<const Trajectory> answers);

}  // namespace nudge
