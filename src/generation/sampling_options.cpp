#include "generation/sampling_options.h"

#include <cmath>

#include "base/error.h"
#include "base/options.h"

namespace nudge {

void declare_drawing(Options& options, SamplingOptions& sampling) {
  options.add("temperature", sampling.temperature, "Softmax temperature; 0: greedy.").within(at_least(0));
  options.add("top_k", sampling.top_k, "Sample among the k likeliest tokens only; 0: off.")
      .within(at_least(0));
  options.add("top_p", sampling.top_p, "Sample among the likeliest tokens of this total probability; 1: off.")
      .within(above_up_to(0, 1));
  options
      .add(
          "min_p", sampling.min_p,
          "Sample among the tokens that have at least this share of the likeliest one's probability; 0: off.")
      .within(between(0, 1));
}

kernels::SampleRule rule_of(const SamplingOptions& sampling) {
  return {.temperature = static_cast<float>(sampling.temperature),
          .top_k = sampling.top_k,
          .top_p = static_cast<float>(sampling.top_p),
          .min_p = static_cast<float>(sampling.min_p)};
}

void check_sampling(const SamplingOptions& sampling) {
  require(std::isfinite(sampling.temperature) && sampling.temperature >= 0,
          "generate: temperature must be 0 (greedy) or positive, got {}.", sampling.temperature);
  require(sampling.top_k >= 0, "generate: top_k must be 0 (off) or positive, got {}.", sampling.top_k);
  require(sampling.top_p > 0 && sampling.top_p <= 1, "generate: top_p must be in (0, 1], got {}.",
          sampling.top_p);
  require(sampling.min_p >= 0 && sampling.min_p <= 1, "generate: min_p must be in [0, 1], got {}.",
          sampling.min_p);
  require(sampling.max_new_tokens >= 1, "generate: max_new_tokens must be at least 1, got {}.",
          sampling.max_new_tokens);
  require(sampling.num_generations >= 1 && sampling.num_generations <= SamplingOptions::kMostGenerations,
          "generate: num_generations must be between 1 and {}, got {}.", SamplingOptions::kMostGenerations,
          sampling.num_generations);
}

}  // namespace nudge
