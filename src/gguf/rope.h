#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace nudge::gguf {

/// Llama 3.1's change of the rotary embedding (transformers' rope type "llama3"): slow frequencies divided by
/// `factor`, fast ones kept, those between mixed.
struct Llama3Rope {
  double factor, low_freq_factor, high_freq_factor;
  std::int64_t original_length;

  /// What each frequency is divided by, in the order and precision of the tensor `rope_freqs.weight` that
  /// llama.cpp's converter writes; `head` rotated numbers a head.
  std::vector<float> factors(std::int64_t head, double theta) const;
};

/// The numbers behind such factors, of which only ratios show: with `original_length` where it is known, else
/// with the low factor of 1 that all published models have. Absent when no numbers give these factors.
std::optional<Llama3Rope> llama3_rope(const std::vector<float>& factors, double theta,
                                      std::optional<std::int64_t> original_length);

}  // namespace nudge::gguf
