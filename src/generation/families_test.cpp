#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "generation/engine.h"
#include "model/checkpoint.h"
#include "model/family_golden_test.h"

namespace nudge {
namespace {

class EngineFamilies : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    golden.write(folder.path());
    model = load_model(folder.path());
    if (model->config().head != Head::language) GTEST_SKIP() << "a classifier, which does not generate";
  }

  FamilyGolden golden{GetParam()};
  TemporaryFolder folder;
  std::unique_ptr<Decoder> model;
};

TEST_P(EngineFamilies, GreedyTokensAreThoseOfTransformers) {
  Engine engine(*model, 4);
  const auto& greedy = golden.json["greedy"];
  const auto prompt = greedy["prompt"].get<std::vector<TokenId>>();
  const auto expected = greedy["tokens"].get<std::vector<TokenId>>();
  const std::vector<std::vector<TokenId>> prompts{prompt};
  const auto samples = engine.generate(prompts, {.temperature = 0, .max_new_tokens = std::ssize(expected)});
  EXPECT_EQ(samples[0].tokens, expected);
}

/// How far the engine's log-probs of ragged prompts in one batch, longer than any window, are from those of
/// the training forward on the finished sequences.
double worst_logprob(const Decoder& model, const std::vector<std::vector<TokenId>>& prompts) {
  Engine engine(model, 3);
  const auto samples = engine.generate(prompts, {.max_new_tokens = 12, .num_generations = 2, .seed = 3});
  double worst = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    auto sequence = prompts[i / 2];
    const auto before = std::ssize(sequence);
    sequence.insert(sequence.end(), samples[i].tokens.begin(), samples[i].tokens.end());
    const auto positions = at::arange(before - 1, std::ssize(sequence) - 1);
    const std::vector<std::vector<TokenId>> alone{sequence};
    const auto expected =
        next_token_logprobs(model, pack(alone), positions, at::tensor(samples[i].tokens, at::kInt), 1, false)
            .logprobs_N;
    worst = std::max(worst, (expected - at::tensor(samples[i].logprobs)).abs().max().item<double>());
  }
  return worst;
}

TEST_P(EngineFamilies, LogprobsAreThoseOfTheTrainingForward) {
  const double worst = worst_logprob(*model, golden.sequences());
  EXPECT_LT(worst, 1e-4);
  RecordProperty("worst_logprob", fmt::format("{:.1e}", worst));
}

/// A frozen base with adapters that do something on every linear layer.
void freeze_with_adapters(Decoder& model) {
  PartialTraining training{.rank = 2, .scale = 0.5};
  for (const CheckpointTensor& item : checkpoint_tensors(model.config()))
    if (item.linear) training.adapted.push_back(item.name.substr(0, item.name.rfind('.')));
  model.freeze(training, 1);
  for (const Adapter& adapter : model.adapters()) {
    const at::Tensor b = model.parameters()[adapter.b()];
    b.copy_(at::linspace(-0.3, 0.3, b.numel()).view(b.sizes()));
  }
}

TEST_P(EngineFamilies, LogprobsWithAdaptersAreThoseOfTheTrainingForward) {
  freeze_with_adapters(*model);
  const double worst = worst_logprob(*model, golden.sequences());
  EXPECT_LT(worst, 1e-4);
  RecordProperty("worst_logprob", fmt::format("{:.1e}", worst));
}

// The contract of bf16 on every processor: a rollout's log-probs are the training forward's, to the bit.
TEST_P(EngineFamilies, InBf16LogprobsAreTheBitsOfTheTrainingForward) {
  model->compute_in(Precision::bfloat16);
  EXPECT_EQ(worst_logprob(*model, golden.sequences()), 0);
  freeze_with_adapters(*model);
  EXPECT_EQ(worst_logprob(*model, golden.sequences()), 0);
}

/// Of the families that are read.
std::vector<std::string> known_goldens() {
  auto names = FamilyGolden::names();
  std::erase_if(names, [](const std::string& name) {
    return std::ranges::find(families(), FamilyGolden(name).model_type(), &Family::model_type) ==
           families().end();
  });
  return names;
}

INSTANTIATE_TEST_SUITE_P(Goldens, EngineFamilies, testing::ValuesIn(known_goldens()),
                         [](const auto& golden) { return golden.param; });

}  // namespace
}  // namespace nudge
