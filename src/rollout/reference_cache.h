#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "model/decoder.h"
#include "records/records.h"
#include "tensor/ragged.h"

namespace nudge {

/// Log-probs of every completion token under a model at temperature 1, computed once: a file in `folder`,
/// named by the SHA-256 of everything they depend on (weights, shape of the model, token ids, instruction
/// set), is read when it is there and written when it is not. The file holds a checksum; a damaged one is
/// reported and computed again. A folder that cannot be written costs a warning, not the run.
Ragged cached_logprobs(const Decoder& model, std::span<const Trajectory> completions,
                       std::int64_t token_budget, const std::filesystem::path& folder);

/// What that folder holds of them already, if it does; nothing is computed or written.
std::optional<Ragged> kept_logprobs(const Decoder& model, std::span<const Trajectory> completions,
                                    const std::filesystem::path& folder);

}  // namespace nudge
