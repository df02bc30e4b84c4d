#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gguf/architecture.h"
#include "gguf/file.h"

namespace nudge::gguf {

/// Does to a tensor's numbers what a converter does on the way to GGUF; `head` is the size of an attention
/// head.
void apply(Change change, std::span<float> numbers, const std::vector<std::int64_t>& shape,
           std::int64_t head);
/// And back.
void undo(Change change, std::span<float> numbers, const std::vector<std::int64_t>& shape, std::int64_t head);

/// Checks that the file holds exactly these tensors in these shapes (beside rope_freqs.weight, which its
/// configuration has). Error naming the first that is missing, of another shape, or without a place.
void check_tensors(const File& file, const std::vector<NamedTensor>& tensors);

/// The numbers of one as Hugging Face has them, in fp32.
void read(const File& file, const NamedTensor& tensor, std::int64_t head, std::span<float> numbers);

}  // namespace nudge::gguf
