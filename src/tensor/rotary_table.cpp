#include "tensor/rotary_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {

namespace {

using Frequencies = std::vector<double>;

/// theta^(-i / n).
Frequencies powers(double theta, std::int64_t n) {
  Frequencies all(n);
  for (std::int64_t i = 0; i < n; ++i)
    all[i] = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(2 * n));
  return all;
}

double stretch(const RotaryOptions& o) {
  return o.factor > 0 ? o.factor : static_cast<double>(o.max_length) / static_cast<double>(o.original_length);
}

/// A larger base for a longer sequence, so that its last token turns as the context's last did.
Frequencies dynamic(const RotaryOptions& o, std::int64_t n, std::int64_t length) {
  const double context = static_cast<double>(o.max_length);
  const double longer = std::max(static_cast<double>(length), context) / context;
  const double width = static_cast<double>(2 * n);
  return powers(o.theta * std::pow(o.factor * longer - (o.factor - 1), width / (width - 2)), n);
}

/// Frequencies that turn seldom within the original length are divided, those that turn often stay.
Frequencies llama3(const RotaryOptions& o, std::int64_t n) {
  Frequencies all = powers(o.theta, n);
  for (double& f : all) {
    const double turns = static_cast<double>(o.original_length) * f / (2 * std::numbers::pi);
    const double kept =
        std::clamp((turns - o.low_freq_factor) / (o.high_freq_factor - o.low_freq_factor), 0.0, 1.0);
    f = (1 - kept) * f / o.factor + kept * f;
  }
  return all;
}

/// The same by elements: from the one that makes beta_fast turns on to the one that makes beta_slow, more and
/// more of the frequency is divided.
Frequencies yarn(const RotaryOptions& o, std::int64_t n) {
  const double width = static_cast<double>(2 * n);
  const auto element = [&](double turns) {
    return width * std::log(static_cast<double>(o.original_length) / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(o.theta));
  };
  double low = element(o.beta_fast), high = element(o.beta_slow);
  if (o.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, width - 1);
  if (low == high) high += 0.001;
  Frequencies all = powers(o.theta, n);
  for (std::int64_t i = 0; i < n; ++i) {
    const double divided = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    all[i] = divided * all[i] / stretch(o) + (1 - divided) * all[i];
  }
  return all;
}

Frequencies longrope(const RotaryOptions& o, std::int64_t n, std::int64_t length) {
  const auto& factors = length > o.original_length ? o.long_factor : o.short_factor;
  require(std::ssize(factors) == n,
          "Rotary embedding: longrope needs a factor for each of {} frequencies, got {}.", n, factors.size());
  Frequencies all = powers(o.theta, n);
  for (std::int64_t i = 0; i < n; ++i) all[i] /= factors[i];
  return all;
}

}  // namespace

std::int64_t RotaryOptions::rotated(std::int64_t head_size) const {
  const auto elements = static_cast<std::int64_t>(static_cast<double>(head_size) * partial_rotary_factor);
  require(elements >= 2 && elements <= head_size && elements % 2 == 0,
          "Rotary embedding: an even number of a head's elements must turn, but {} of {} are {}.",
          partial_rotary_factor, head_size, elements);
  return elements;
}

std::int64_t RotaryOptions::fixed_up_to() const {
  switch (kind) {
    case RotaryKind::dynamic:
      return max_length;
    case RotaryKind::longrope:
      return original_length;
    default:
      return std::numeric_limits<std::int64_t>::max();
  }
}

Frequencies rotary_frequencies(const RotaryOptions& options, std::int64_t head_size, std::int64_t length) {
  const std::int64_t n = options.rotated(head_size) / 2;
  switch (options.kind) {
    case RotaryKind::plain:
      return powers(options.theta, n);
    case RotaryKind::linear: {
      Frequencies all = powers(options.theta, n);
      for (double& f : all) f /= options.factor;
      return all;
    }
    case RotaryKind::dynamic:
      return dynamic(options, n, length);
    case RotaryKind::llama3:
      return llama3(options, n);
    case RotaryKind::yarn:
      return yarn(options, n);
    case RotaryKind::longrope:
      return longrope(options, n, length);
  }
  throw Error("Rotary embedding: no such kind.");
}

double rotary_attention_factor(const RotaryOptions& o) {
  if (o.kind != RotaryKind::yarn && o.kind != RotaryKind::longrope) return 1;
  if (o.attention_factor) return *o.attention_factor;
  const double factor = stretch(o);
  if (factor <= 1) return 1;
  if (o.kind == RotaryKind::longrope)
    return std::sqrt(1 + std::log(factor) / std::log(static_cast<double>(o.original_length)));
  const auto grown = [&](double by) { return 0.1 * by * std::log(factor) + 1; };
  return o.mscale != 0 && o.mscale_all_dim != 0 ? grown(o.mscale) / grown(o.mscale_all_dim) : grown(1);
}

RotaryTable rotary_table(const RotaryOptions& options, std::int64_t positions, std::int64_t head_size,
                         std::int64_t length) {
  const auto frequencies = rotary_frequencies(options, head_size, length);
  const double factor = rotary_attention_factor(options);
  const auto half = std::ssize(frequencies);
  RotaryTable table{at::empty({positions, half}, at::kFloat), at::empty({positions, half}, at::kFloat)};
  auto* cosines = table.cosines.mutable_data_ptr<float>();
  auto* sines = table.sines.mutable_data_ptr<float>();
#pragma omp parallel for schedule(static) if (positions * half > (1 << 14))
  for (std::int64_t p = 0; p < positions; ++p) {
    for (std::int64_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(p) * frequencies[i];
      cosines[p * half + i] = static_cast<float>(std::cos(angle) * factor);
      sines[p * half + i] = static_cast<float>(std::sin(angle) * factor);
    }
  }
  return table;
}

}  // namespace nudge
