#include "rollout/example_weights.h"

#include <algorithm>
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

void declare(Options& options, LabelWeightOptions& weights) {
  options.add("desirable_weight", weights.desirable_weight, "Weight of the desirable completions.")
      .within(at_least(0));
  options.add("undesirable_weight", weights.undesirable_weight, "Weight of the others.").within(at_least(0));
}

std::vector<float> label_weights(const LabelledTokens& data, std::int64_t learned,
                                 const LabelWeightOptions& weights) {
  std::vector<float> each;
  double desirable = 0;
  for (std::int64_t i = 0; i < std::ssize(data.examples); ++i) {
    const bool liked = data.examples[i].desirable;
    each.push_back(static_cast<float>(liked ? weights.desirable_weight : weights.undesirable_weight));
    desirable += liked && i < learned;
  }
  const double other = static_cast<double>(learned) - desirable;
  const double ratio =
      desirable * weights.desirable_weight / std::max(1.0, other * weights.undesirable_weight);
  if (desirable == 0 || other == 0 || ratio < 1 / 1.33 || ratio > 1.33)
    warn(
        fmt::format("kto: {} desirable and {} other completions weigh {:.2f} to 1; --desirable_weight or "
                    "--undesirable_weight should bring that into [0.75, 1.33].",
                    desirable, other, ratio));
  return each;
}

void declare(Options& options, DensityRatioOptions& ratio) {
  options.rule([&ratio] {
    if (ratio.min_density_ratio > ratio.max_density_ratio)
      throw UsageError(fmt::format("--min_density_ratio {} is more than --max_density_ratio {}.",
                                   ratio.min_density_ratio, ratio.max_density_ratio));
  });
  options.add("match_underlying_distribution", ratio.match_underlying_distribution,
              "Weigh disliked answers by how much their prompts look like those of liked ones, which a "
              "classifier on the reference's hidden states tells.");
  options
      .add("prompt_sample_size", ratio.prompt_sample_size,
           "Prompts of each side that the classifier learns from.")
      .within(at_least(1));
  options.add("min_density_ratio", ratio.min_density_ratio, "Smallest of these weights.").within(at_least(0));
  options.add("max_density_ratio", ratio.max_density_ratio, "Largest of these weights.").within(at_least(0));
}

std::vector<float> density_weights(const Decoder& model, const LabelledTokens& data, std::int64_t learned,
                                   const DensityRatioOptions& ratio, std::int64_t token_budget,
                                   std::uint64_t seed) {
  const auto drawn = [&](bool desirable) {
    return sample_of(data, learned, desirable, ratio.prompt_sample_size, seed);
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
      density_ratio(classifier.probabilities(embeddings), ratio.min_density_ratio, ratio.max_density_ratio);

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
