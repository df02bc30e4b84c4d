#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nudge {

struct BpeTrainerOptions {
  std::int64_t vocab_size = 2048;  // special tokens and the 256 bytes included
  std::int64_t min_frequency = 2;  // a merge must occur this often
  std::vector<std::string> special_tokens = {"<|endoftext|>", "<|im_start|>",
                                             "<|im_end|>"};  // ids 0, 1, 2, ...
};

/// Trains byte-level BPE (GPT-2 pattern) on documents and returns the text of a `tokenizer.json` that the
/// `tokenizers` library loads. Ties are broken as that library breaks them (count, then smallest pair of
/// ids), so the result is the same.
std::string train_bpe(const std::vector<std::string>& documents, const BpeTrainerOptions& options,
                      const std::function<void(std::int64_t merges)>& on_merge = {});

}  // namespace nudge
