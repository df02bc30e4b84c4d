#include "model/decoder.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "model/checkpoint.h"
#include "model/weight_names.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

using Sequences = std::vector<std::vector<std::int32_t>>;

const std::filesystem::path kGoldens = NUDGE_SOURCE_DIR "/tests/goldens/tiny_llama";

at::Tensor floats(const Json& values) {
  return at::tensor(values.get<std::vector<float>>());
}

double relative_error(const at::Tensor& value, const at::Tensor& expected) {
  return ((value - expected).norm() / expected.norm()).item<double>();
}

/// Positions that predict a token of their own sequence: all but each sequence's last.
at::Tensor predicting_positions(const PackedBatch& batch) {
  auto mask = at::ones({batch.tokens()}, at::kBool);
  mask.index_fill_(0, batch.last_tokens_B(), false);
  return mask.nonzero().squeeze(1);
}

at::Tensor logprobs_of(const Decoder& model, const PackedBatch& batch) {
  const auto positions = predicting_positions(batch);
  const auto targets = batch.tokens_T.index_select(0, positions + 1);
  return next_token_logprobs(model, batch, positions, targets, 1, false).logprobs_N;
}

at::Tensor loss_of(const Decoder& model, const PackedBatch& batch) {
  return -logprobs_of(model, batch).sum();
}

class TinyLlama : public testing::Test {
 protected:
  void SetUp() override {
    golden = read_json(kGoldens / "forward.json");
    model = load_model(kGoldens);
    batch = pack(golden["sequences"].get<Sequences>());
  }

  Json golden;
  std::unique_ptr<Decoder> model;
  PackedBatch batch;
};

TEST_F(TinyLlama, LogitsAgreeWithTransformers) {
  const auto logits = nudge::linear(model->hidden(batch), model->head_weight());
  std::int64_t row = 0;
  for (const auto& sequence : golden["logits"]) {
    for (const auto& expected : sequence) {
      EXPECT_LT((logits[row++] - floats(expected)).abs().max().item<double>(), 1e-4);
    }
  }
  EXPECT_EQ(row, batch.tokens());
}

TEST_F(TinyLlama, LogprobsAndLossAgreeWithTransformers) {
  const auto logprobs = logprobs_of(*model, batch);
  std::vector<float> expected;
  for (const auto& sequence : golden["logprobs"]) {
    for (const auto& value : sequence) expected.push_back(value);
  }
  ASSERT_EQ(logprobs.numel(), golden["count"].get<std::int64_t>());
  EXPECT_LT((logprobs - at::tensor(expected)).abs().max().item<double>(), 1e-4);
  EXPECT_NEAR(loss_of(*model, batch).item<double>(), golden["loss_sum"].get<double>(), 1e-3);
}

TEST_F(TinyLlama, GradientsAgreeWithTransformers) {
  model->parameters().gradients();
  loss_of(*model, batch).backward();
  for (const auto& item : checkpoint_tensors(model->config())) {
    const auto gradient =
        model->parameters()[item.parameter].grad().narrow(0, item.row, item.shape[0]).reshape({-1});
    const auto& expected = golden["gradients"][item.name];
    EXPECT_NEAR(gradient.norm().item<double>() / expected["norm"].get<double>(), 1, 1e-4) << item.name;
    const auto index = at::tensor(expected["index"].get<std::vector<std::int64_t>>());
    EXPECT_LT(relative_error(gradient.index_select(0, index), floats(expected["values"])), 1e-4) << item.name;
  }
}

TEST_F(TinyLlama, ScoresAgreeWithTransformers) {
  const auto reward = model->clone_with_scalar_head();
  EXPECT_EQ(reward->sequence_scores(batch).abs().max().item<float>(), 0) << "a fresh head scores 0";
  reward->parameters()["score.weight"].copy_(floats(golden["score_weight"]).unsqueeze(0));
  const auto scores = reward->sequence_scores(batch);
  EXPECT_LT((scores - floats(golden["scores"])).abs().max().item<double>(), 1e-4);
  EXPECT_TRUE(at::equal(reward->token_scores(batch).index_select(0, batch.last_tokens_B()), scores));
  EXPECT_THROW(model->sequence_scores(batch), Error);
  EXPECT_THROW(logprobs_of(*reward, batch), Error);
}

TEST_F(TinyLlama, OneByOneGivesTheSameBits) {
  const auto packed = model->hidden(batch);
  const auto sequences = golden["sequences"].get<Sequences>();
  std::int64_t row = 0;
  for (const auto& sequence : sequences) {
    const auto alone = model->hidden(pack(Sequences{sequence}));
    EXPECT_TRUE(at::equal(packed.narrow(0, row, alone.size(0)), alone));
    row += alone.size(0);
  }
}

TEST_F(TinyLlama, GradientsOfSplitBatchesAddUp) {
  const auto sequences = golden["sequences"].get<Sequences>();
  auto& gradients = model->parameters().gradients();
  loss_of(*model, batch).backward();
  const auto whole = gradients.clone();
  model->parameters().zero_gradients();
  for (const auto& sequence : sequences) loss_of(*model, pack(Sequences{sequence})).backward();
  EXPECT_LT(relative_error(gradients, whole), 1e-6);
}

// Completions of one prompt, of a prompt of one token and of one that nobody shares, one of them empty.
const std::vector<std::pair<std::vector<std::int32_t>, std::vector<std::int32_t>>> kAnswers = {
    {{5, 17, 3, 60, 9}, {1, 2, 3}},
    {{8}, {30, 31, 32, 33}},
    {{5, 17, 3, 60, 9}, {}},
    {{7, 7}, {40, 41}},
    {{8}, {2}},
    {{5, 17, 3, 60, 9}, {1, 50, 51, 52, 53, 54, 55}}};

std::vector<PromptedSequence> answers() {
  std::vector<PromptedSequence> sequences;
  for (const auto& [prompt, completion] : kAnswers) sequences.push_back({prompt, completion});
  return sequences;
}

// A number that depends on the log-prob of every completion token and on every sequence's last state.
at::Tensor answers_loss(const Decoder& model, const PackedBatch& batch,
                        std::span<const PromptedSequence> all) {
  std::vector<std::int64_t> positions;
  std::vector<std::int32_t> targets;
  for (std::int64_t b = 0; b < std::ssize(all); ++b) {
    for (std::int64_t t = 0; t < std::ssize(all[b].completion); ++t) {
      positions.push_back(batch.row(b, std::ssize(all[b].prompt) + t - 1));
      targets.push_back(all[b].completion[t]);
    }
  }
  const auto logprobs = next_token_logprobs(model, batch, at::tensor(positions, at::kLong),
                                            at::tensor(targets, at::kInt), 1, false)
                            .logprobs_N;
  const auto last = model.hidden(batch).index_select(0, batch.last_tokens_B());
  return (logprobs * at::arange(1, logprobs.numel() + 1)).sum() + last.square().sum();
}

TEST_F(TinyLlama, ASharedPromptChangesNoBitOfItsCompletions) {
  const auto sequences = answers();
  const auto shared = pack(sequences);
  const auto together = model->hidden(shared);
  for (std::int64_t b = 0; b < std::ssize(sequences); ++b) {
    const auto alone = model->hidden(pack(std::span(&sequences[b], 1)));
    for (std::int64_t t = 0; t < alone.size(0); ++t)
      EXPECT_TRUE(at::equal(together[shared.row(b, t)], alone[t])) << b << " " << t;
  }
}

TEST_F(TinyLlama, GradientsThroughASharedPromptAreThoseOfWholeSequences) {
  const auto sequences = answers();
  Sequences whole;
  for (const auto& [prompt, completion] : kAnswers) {
    whole.push_back(prompt);
    whole.back().insert(whole.back().end(), completion.begin(), completion.end());
  }
  auto& gradients = model->parameters().gradients();
  const auto one_by_one = answers_loss(*model, pack(whole), sequences);
  one_by_one.backward();
  const auto expected = gradients.clone();
  model->parameters().zero_gradients();
  const auto shared = answers_loss(*model, pack(sequences), sequences);
  shared.backward();
  EXPECT_TRUE(at::equal(shared, one_by_one));
  for (const auto& [name, weight] : model->parameters().named()) {
    const auto of = [&](const at::Tensor& flat) {
      const auto offset = weight.const_data_ptr<float>() - model->parameters().flat().const_data_ptr<float>();
      return flat.narrow(0, offset, weight.numel());
    };
    EXPECT_LT(relative_error(of(gradients), of(expected)), 1e-5) << name;
  }
}

TEST_F(TinyLlama, GradModeChangesNoBitAndKeepsNothingOutside) {
  const auto before = model->hidden(batch);
  model->parameters().gradients();
  EXPECT_TRUE(at::equal(model->hidden(batch), before));
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(model->hidden(batch).requires_grad());
}

TEST_F(TinyLlama, ForeignTokensAndLongSequencesAreRefused) {
  EXPECT_THROW(model->hidden(pack(Sequences{{96}})), Error);
  EXPECT_THROW(model->hidden(pack(Sequences{{-1}})), Error);
  const auto longest =
      static_cast<std::size_t>(model->config().max_position_embeddings + Decoder::kClosingRoom);
  EXPECT_NO_THROW(model->hidden(pack(Sequences{std::vector<std::int32_t>(longest, 3)})));
  EXPECT_THROW(model->hidden(pack(Sequences{std::vector<std::int32_t>(longest + 1, 3)})), Error);
}

TEST_F(TinyLlama, ClonesAreIndependent) {
  const auto copy = model->clone();
  const auto before = copy->hidden(batch);
  model->parameters().gradients();
  const at::NoGradGuard no_grad;
  model->parameters()["model.norm.weight"].zero_();
  EXPECT_TRUE(at::equal(copy->hidden(batch), before));
  EXPECT_FALSE(copy->head_weight().requires_grad());
  const auto table = [](const Decoder& of) { return of.layers()[0].rotary.cosines.const_data_ptr(); };
  EXPECT_EQ(table(*copy), table(*model)) << "what nobody changes is shared";
}

TEST(Decoder, StartsFromItsSeed) {
  ModelConfig config;
  config.vocab_size = 300;
  const Decoder model(config, 5), same(config, 5), other(config, 6);
  EXPECT_TRUE(at::equal(model.parameters().flat(), same.parameters().flat()));
  EXPECT_FALSE(at::equal(model.parameters().flat(), other.parameters().flat()));
  EXPECT_NEAR(model.parameters()["model.embed_tokens.weight"].std().item<double>(), 0.02, 1e-3);
  EXPECT_NEAR(model.parameters()["model.layers.0.mlp.down_proj.weight"].std().item<double>(),
              0.02 / std::sqrt(8.0), 1e-3);
  EXPECT_EQ(model.parameters()["model.norm.weight"].min().item<float>(), 1);
}

}  // namespace
}  // namespace nudge
