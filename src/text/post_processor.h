#pragma once

#include <string_view>

#include "base/json.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace nudge {

/// The `post_processor` of a tokenizer.json, as far as it adds tokens to a single text: TemplateProcessing,
/// BertProcessing, RobertaProcessing, ByteLevel (adds none), Sequence, and none. Throws Error naming `where`
/// and what is not supported, or a token that is not in the vocabulary.
TextFrame read_post_processor(const Json& json, const Vocabulary& vocabulary, std::string_view where);

}  // namespace nudge
