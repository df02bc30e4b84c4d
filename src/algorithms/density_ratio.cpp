// Underlying distribution matching, top to bottom: embed the prompts, learn to tell those of desirable
// completions from the others, and weigh the others by how much they look like the first.

#include "algorithms/density_ratio.h"

#include <iterator>

#include "base/error.h"
#include "base/progress.h"
#include "base/random.h"
#include "objectives/unpaired/density_ratio.h"
#include "rollout/prompt_embedding.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

// At most `most` of the learned examples of one side, drawn without replacement.
Indices sample_of(const LabelledTokens& data, std::int64_t learned, bool desirable, std::int64_t most,
                  std::uint64_t seed) {
  Indices side;
  for (std::int64_t i = 0; i < learned; ++i)
    if (data.examples[i].desirable == desirable) side.push_back(i);
  Stream(seed, "density-ratio", desirable).shuffle(side);
  if (std::ssize(side) > most) side.resize(static_cast<std::size_t>(most));
  return side;
}

at::Tensor rows(const at::Tensor& embeddings_BD, const LabelledTokens& data, const Indices& examples) {
  Indices completions;
  for (const std::int64_t example : examples) completions.push_back(data.examples[example].completion);
  return embeddings_BD.index_select(0, at::tensor(completions, at::kLong));
}

}  // namespace

void declare(Options& options, DensityRatioOptions& config) {
  options.add("match_underlying_distribution", config.match_underlying_distribution,
              "Weigh disliked answers by how much their prompts look like those of liked ones, which a "
              "classifier on the reference's hidden states tells.");
  options
      .add("prompt_sample_size", config.prompt_sample_size,
           "Prompts of each side that the classifier learns from.")
      .within(at_least(1));
  options.add("min_density_ratio", config.min_density_ratio, "Smallest of these weights.")
      .within(at_least(0));
  options.add("max_density_ratio", config.max_density_ratio, "Largest of these weights.").within(at_least(0));
}

std::vector<float> density_weights(const Decoder& model, const LabelledTokens& data, std::int64_t learned,
                                   const DensityRatioOptions& config, std::int64_t token_budget,
                                   std::uint64_t seed) {
  const auto drawn = [&](bool desirable) {
    return sample_of(data, learned, desirable, config.prompt_sample_size, seed);
  };
  const Indices liked = drawn(true), other = drawn(false);
  require(!liked.empty() && !other.empty(),
          "bco: --match_underlying_distribution compares the prompts of liked and of disliked answers, but "
          "the data has {} of the first and {} of the second; leave it out.",
          liked.size(), other.size());
  const at::Tensor embeddings = prompt_embeddings(model, data.completions, token_budget);
  const at::Tensor liked_rows = rows(embeddings, data, liked), other_rows = rows(embeddings, data, other);
  const LogisticRegression classifier = fit_logistic(
      at::cat({liked_rows, other_rows}),
      at::cat({at::ones({liked_rows.size(0)}, at::kBool), at::zeros({other_rows.size(0)}, at::kBool)}));
  const at::Tensor ratios =
      density_ratio(classifier.probabilities(embeddings), config.min_density_ratio, config.max_density_ratio);

  std::vector<float> weights;
  double total = 0, others = 0;
  for (const auto& [completion, desirable] : data.examples) {
    weights.push_back(desirable ? 1 : static_cast<float>(ratios[completion].item<double>()));
    if (!desirable) total += weights.back(), ++others;
  }
  const auto share = [](const at::Tensor& right) {
    return 100 * right.to(at::kDouble).mean().item<double>();
  };
  say(
      fmt::format("bco: the classifier of prompts is right on {:.1f} % of {} liked and {:.1f} % of {} other "
                  "ones; the others weigh {:.3f} on average.",
                  share(classifier.probabilities(liked_rows) > 0.5), liked.size(),
                  share(classifier.probabilities(other_rows) <= 0.5), other.size(), total / others));
  return weights;
}

}  // namespace nudge
