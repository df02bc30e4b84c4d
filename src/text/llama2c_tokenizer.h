#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace nudge {

/// A tokenizer.bin of llama2.c (int32 longest piece, then per id a float score, an int32 length and the
/// bytes; id 0 unknown, 1 <s>, 2 </s>, 3..258 the bytes) as the text of a tokenizer.json of the Llama-2 kind:
/// BPE with byte fallback whose merges are all splits of each piece into two pieces, best score first. Throws
/// Error when the file does not hold exactly `vocab_size` pieces.
std::string llama2c_tokenizer_json(const std::filesystem::path& file, std::int64_t vocab_size);

/// Writes that tokenizer.json and its tokenizer_config.json into `folder`. <s> stands between texts in
/// llama2.c's training data and its samples end there, so it is both bos_token and eos_token.
void write_llama2c_tokenizer(const std::filesystem::path& file, std::int64_t vocab_size,
                             const std::filesystem::path& folder);

}  // namespace nudge
