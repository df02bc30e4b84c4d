#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "text/tokenizer.h"

namespace nudge {

/// Texts of a dataset (documents, prompts, answers; not contents of messages) in which names of the
/// tokenizer's special tokens stand: somebody applied a chat template to them already.
struct RenderedTexts {
  std::int64_t records = 0;
  std::vector<std::string> names;  // the first few of those that occur
};
RenderedTexts rendered_texts(const Dataset& dataset, const Tokenizer& tokenizer);

}  // namespace nudge
