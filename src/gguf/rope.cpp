#include "gguf/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace nudge::gguf {

namespace {

/// Positions in which dimension `i` turns once round.
double wavelength(std::size_t i, std::size_t count, double theta) {
  return 2 * std::numbers::pi * std::pow(theta, static_cast<double>(i) / static_cast<double>(count));
}

/// As it would be written by hand: 8192 for 8191.9997.
double neat(double number) {
  const double rounded = std::round(number * 64) / 64;
  return std::abs(number - rounded) < 1e-4 * std::abs(number) ? rounded : number;
}

bool gives(const Llama3Rope& rope, const std::vector<float>& factors, double theta) {
  const auto again = rope.factors(2 * std::ssize(factors), theta);
  return std::ranges::equal(again, factors,
                            [](float a, float b) { return std::abs(a - b) <= 2e-6f * std::abs(b); });
}

}  // namespace

std::vector<float> Llama3Rope::factors(std::int64_t head, double theta) const {
  const auto original = static_cast<double>(original_length);
  std::vector<float> all(head / 2);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double length = wavelength(i, all.size(), theta);
    double divisor = 1;
    if (length > original / low_freq_factor) {
      divisor = factor;
    } else if (length >= original / high_freq_factor) {
      const double kept = (original / length - low_freq_factor) / (high_freq_factor - low_freq_factor);
      divisor = 1 / ((1 - kept) / factor + kept);
    }
    all[i] = static_cast<float>(divisor);
  }
  return all;
}

std::optional<Llama3Rope> llama3_rope(const std::vector<float>& factors, double theta,
                                      std::optional<std::int64_t> original_length) {
  const double factor = factors.empty() ? 0 : neat(factors.back());
  if (!(factor > 1) || !std::isfinite(factor)) return std::nullopt;
  // Between the two ends what is kept is linear in the frequency: two of them give the line.
  std::vector<std::pair<double, double>> mixed;  // turns in one position, kept
  for (std::size_t i = 0; i < factors.size(); ++i)
    if (factors[i] > 1.0f && factors[i] < static_cast<float>(factor))
      mixed.emplace_back(1 / wavelength(i, factors.size(), theta),
                         (1 / double{factors[i]} - 1 / factor) / (1 - 1 / factor));
  std::vector<Llama3Rope> candidates;
  const auto propose = [&](double low, double high, double original) {
    if (original >= 1 && original < 0x1p53) candidates.push_back({factor, low, high, std::llround(original)});
  };
  if (mixed.size() >= 2) {
    const auto [first_x, first_y] = mixed.front();
    const auto [last_x, last_y] = mixed.back();
    const double slope = (first_y - last_y) / (first_x - last_x), at_zero = last_y - slope * last_x;
    const double low = original_length ? -at_zero / slope * static_cast<double>(*original_length) : 1.0;
    const double original = original_length ? static_cast<double>(*original_length) : neat(-slope / at_zero);
    const double high = low - low / at_zero;
    propose(neat(low), neat(high), original);
  }
  double published = 8192;  // with the low and high factors of all published models: 1 and 4
  if (!mixed.empty()) published = neat((3 * mixed.back().second + 1) / mixed.back().first);
  propose(1, 4, original_length ? static_cast<double>(*original_length) : published);
  for (const auto& rope : candidates)
    if (rope.high_freq_factor > rope.low_freq_factor && gives(rope, factors, theta)) return rope;
  return std::nullopt;
}

}  // namespace nudge::gguf
