#pragma once

#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "tensor/rotary_table.h"

namespace nudge {

/// How a family's config.json speaks of rotary embeddings. transformers 5 says all in "rope_parameters"; up
/// to 4 there were a key for theta and "rope_scaling" for what stretches it.
struct RotaryFormat {
  std::string_view theta_key = "rope_theta", partial_key = "partial_rotary_factor";  // up to transformers 4
  double theta = 10000, partial = 1;  // where a file does not say
  /// Whether a part of each head may turn. transformers passes over partial_rotary_factor in the others'
  /// files, or fails.
  bool turns_part = false;
  /// Whether layers with a window have an embedding of their own, which is never stretched up to transformers
  /// 4 ("rope_parameters" then has an object for each type of layer).
  bool by_layer_type = false;
  std::string_view sliding_theta_key = "rope_theta";  // of those layers, up to transformers 4
  double sliding_theta = 10000;
  std::int64_t original_length = 0;  // where a file does not say; 0: the context
};

/// Of the layers that attend to everything, and of those with a window: mostly the same.
struct ModelRotary {
  RotaryOptions full, sliding;

  bool operator==(const ModelRotary&) const = default;
};

/// From a config.json of transformers 4 or 5, as transformers 5.24 reads it. `context` is the longest
/// sequence (max_position_embeddings). Throws Error naming the key, and the embedding where it is none of
/// ours.
ModelRotary parse_rotary(const Json& config, std::int64_t context, const RotaryFormat& format,
                         std::string_view where);

/// Adds the keys of both transformers 4 and 5.
void write_rotary(const ModelRotary& rotary, const RotaryFormat& format, Json& config);

}  // namespace nudge
