#pragma once

#include <cstdint>
#include <vector>

#include "base/options.h"
#include "data/preference_tokens.h"
#include "model/decoder.h"

namespace nudge {

// How much each single labelled completion counts in a loss.

/// A weight for each side. Names as in TRL's KTOConfig.
struct LabelWeightOptions {
  double desirable_weight = 1, undesirable_weight = 1;
};
void declare(Options& options, LabelWeightOptions& weights);

/// A weight for each example of `data`. Warns when those of the first `learned` put the two sides, weights
/// included, more than a third apart (Ethayarajh et al. 2024, eq. 8).
std::vector<float> label_weights(const LabelledTokens& data, std::int64_t learned,
                                 const LabelWeightOptions& weights);

/// BCO's underlying distribution matching (Jung et al. 2024), for data whose liked and disliked
/// answers belong to different prompts: disliked answers to prompts like those of liked ones count more.
/// Names as in TRL's BCOConfig.
struct DensityRatioOptions {
  bool match_underlying_distribution = false;
  std::int64_t prompt_sample_size = 1024;  // of each side, that the classifier is fitted on
  double min_density_ratio = 0.5, max_density_ratio = 10;
};
void declare(Options& options, DensityRatioOptions& ratio);

/// A weight for each example of `data`: 1 for the desirable; for another p / (1 - p), clamped, where p says
/// how likely its prompt belongs to a desirable completion: logistic regression on what `model` makes of the
/// prompts (prompt_embeddings), fitted on a sample of the first `learned` examples. Says how well the
/// classifier tells the sides apart. A pure function of its arguments, so resuming computes it again. Throws
/// Error when one side is empty.
std::vector<float> density_weights(const Decoder& model, const LabelledTokens& data, std::int64_t learned,
                                   const DensityRatioOptions& ratio, std::int64_t token_budget,
                                   std::uint64_t seed);

}  // namespace nudge
