#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/chat_format.h"
#include "data/dataset.h"
#include "data/examples.h"

namespace nudge {

/// What `nudge inspect` shows: names and what there is to say about each.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// A Hugging Face directory; the weights are loaded, so that what is shown also fits. Throws Error.
/// Adapters are loaded on `base`, or on the one that they name.
Facts inspect_model(const std::filesystem::path& folder, const std::filesystem::path& base = {});
/// A directory with a tokenizer, a model or not.
Facts inspect_tokenizer(const std::filesystem::path& folder);
/// Records behind a name (data/dataset_files.h): their columns, what these make them good for, and which are
/// refused. With the format of a model also what it would learn of them (inspect_examples).
Facts inspect_dataset(const std::filesystem::path& name, const std::string& split = "",
                      const ChatFormat* format = nullptr);
/// How many examples sft would make of the records, their lengths, and the first with its loss mask.
Facts inspect_examples(Dataset& dataset, const ChatFormat& format);
/// The text of an example in one line, of long parts the beginning and the end; what is learned is green on a
/// terminal, and in [[ ]] elsewhere. A backslash stands before names of special tokens that are text.
std::string masked_text(const Example& example, const Tokenizer& tokenizer);
/// A run: its last numbers and its checkpoints.
Facts inspect_run(const std::filesystem::path& folder);

/// 1234567 as "1,234,567".
std::string with_thousands(std::int64_t number);

}  // namespace nudge
