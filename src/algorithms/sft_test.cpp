#include "algorithms/sft.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "algorithms/small_world_test.h"

namespace nudge {
namespace {

// Pieces of different lengths, of which all but the first half of the tokens are learned.
std::vector<Example> examples(std::int64_t count) {
  std::vector<Example> all;
  for (std::int64_t i = 0; i < count; ++i) {
    Example& example = all.emplace_back();
    for (std::int64_t t = 0; t < 6 + i % 5; ++t) {
      example.tokens.push_back(static_cast<TokenId>((17 * i + 5 * t) % 200));
      example.loss_mask.push_back(t > 2);
    }
  }
  return all;
}

SftOptions small_steps() {
  SftOptions config;
  config.batch.per_device_train_batch_size = 4;
  config.batch.max_steps = 6;
  config.batch.eval_steps = 2;
  config.optimizer.learning_rate = 1e-3;
  return config;
}

std::pair<at::Tensor, std::string> trained(const SmallWorld& world, const std::string& name,
                                           const SftOptions& config) {
  Decoder model = world.decoder(3);
  Run run = world.run(name);
  const Ending ending =
      train_sft(model, world.format(), {.train = examples(12), .eval = examples(3)}, config, {}, run);
  return {model.parameters().flat().detach().clone(), to_line(ending_json(ending))};
}

// A log decides nothing.
TEST(Sft, LearnsTheSameWhateverItsMetricsAreCalled) {
  const SmallWorld world("sft_nameless");
  const auto [weights, ending] = trained(world, "named", small_steps());
  const NamelessMetrics none;
  const auto [nameless_weights, nameless_ending] = trained(world, "nameless", small_steps());
  EXPECT_TRUE(nameless_weights.equal(weights));
  EXPECT_EQ(nameless_ending, ending);
  EXPECT_NE(ending.find("held-out loss"), std::string::npos) << ending;
}

TEST(Sft, CuttingTheStepChangesNothing) {
  const SmallWorld world("sft_cut");
  SftOptions pieces = small_steps(), whole = small_steps();
  pieces.batch.micro_batch_tokens = 10;
  const auto [of_pieces, ending] = trained(world, "pieces", pieces);
  const auto [of_whole, same] = trained(world, "whole", whole);
  EXPECT_LT((of_pieces - of_whole).abs().max().item<float>(), 2e-5);
}

}  // namespace
}  // namespace nudge
