#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace nudge {

/// How the frequencies of a rotary embedding were stretched for contexts longer than the first training's.
enum class RotaryKind { plain, linear, dynamic, llama3, yarn, longrope };

/// Their names in config.json.
inline constexpr std::pair<RotaryKind, std::string_view> kRotaryKinds[] = {
    {RotaryKind::plain, "default"}, {RotaryKind::linear, "linear"}, {RotaryKind::dynamic, "dynamic"},
    {RotaryKind::llama3, "llama3"}, {RotaryKind::yarn, "yarn"},     {RotaryKind::longrope, "longrope"}};

/// A rotary embedding (Su et al. 2021), under the names of transformers' rope_parameters, whose numbers it
/// gives (modeling_rope_utils.py of transformers 5.24; it computes the frequencies in single precision, we in
/// double). What does not belong to the kind is ignored.
struct RotaryOptions {
  RotaryKind kind = RotaryKind::plain;
  double theta = 10000;              // frequency i of n is theta^(-i / n), and then:
  double partial_rotary_factor = 1;  // only this share of each head turns, its first elements
  /// linear: divides all frequencies. dynamic: how much longer than `max_length` sequences may become.
  /// llama3: divides the low ones. yarn: the same (Peng et al. 2023); longrope: only makes attention_factor.
  /// For yarn and longrope 0 is max_length / original_length.
  double factor = 1;
  std::int64_t max_length = 2048;       // the model's context (max_position_embeddings)
  std::int64_t original_length = 2048;  // the first training's (original_max_position_embeddings)
  double low_freq_factor = 1, high_freq_factor = 4;  // llama3
  double beta_fast = 32, beta_slow = 1;              // yarn: turns within the original length, between which
  bool truncate = true;                              // the factor sets in, at whole elements
  double mscale = 0, mscale_all_dim = 0;             // yarn: what else makes attention_factor; 0: nothing
  /// yarn, longrope: on all cosines and sines, so that scores grow by its square; without, what the papers
  /// say.
  std::optional<double> attention_factor;
  std::vector<double> short_factor, long_factor;  // longrope (Ding et al. 2024): divisor of each frequency

  bool operator==(const RotaryOptions&) const = default;

  /// How many elements of a head turn: an even number, else Error.
  std::int64_t rotated(std::int64_t head_size) const;
  /// The longest sequences whose frequencies do not depend on their length: beyond, dynamic and longrope
  /// turn *all* tokens of a sequence otherwise, so that no key can be computed before the length is known.
  std::int64_t fixed_up_to() const;
};

/// Radians from one token to the next, of each pair of elements that turns, in sequences of `length` tokens
/// (which matters beyond fixed_up_to only).
std::vector<double> rotary_frequencies(const RotaryOptions& options, std::int64_t head_size,
                                       std::int64_t length = 0);

/// The factor on cosines and sines.
double rotary_attention_factor(const RotaryOptions& options);

/// Cosines and sines, each [positions, rotated / 2]. Element i of a head turns with element i + rotated / 2;
/// those from `rotated` on do not. Without columns, as a default-made one, nothing turns: a layer without
/// rotary embedding.
struct RotaryTable {
  at::Tensor cosines, sines;

  std::int64_t rotated() const { return cosines.defined() ? 2 * cosines.size(1) : 0; }
};
RotaryTable rotary_table(const RotaryOptions& options, std::int64_t positions, std::int64_t head_size,
                         std::int64_t length = 0);

}  // namespace nudge
