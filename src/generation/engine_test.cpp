#include "generation/engine.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "generation/packed_linear.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

using Prompts = std::vector<std::vector<TokenId>>;

ModelConfig small_config(std::int64_t kv_heads) {
  ModelConfig config;
  config.vocab_size = 67;
  config.hidden_size = 48;
  config.intermediate_size = 88;
  config.num_hidden_layers = 3;
  config.num_attention_heads = 4;
  config.num_key_value_heads = kv_heads;
  config.head_dim = 12;
  config.max_position_embeddings = 96;
  config.initializer_range = 0.4;  // far from uniform softmaxes
  return config;
}

/// A random model whose norms are not all 1.
std::unique_ptr<Decoder> random_model(const ModelConfig& config, std::uint64_t seed = 1) {
  auto model = std::make_unique<Decoder>(config, seed);
  const at::NoGradGuard no_gradients;
  for (const auto& [name, weight] : model->parameters().named()) {
    if (name.ends_with("norm.weight")) weight.copy_(at::linspace(0.5, 1.5, weight.size(0)));
  }
  return model;
}

Prompts random_prompts(std::int64_t count, std::int64_t vocabulary, std::uint64_t seed = 7) {
  Stream stream(seed, "test prompts");
  Prompts prompts(static_cast<std::size_t>(count));
  for (auto& prompt : prompts) {
    prompt.resize(1 + stream.below(30));
    for (TokenId& token : prompt)
      token = static_cast<TokenId>(stream.below(static_cast<std::uint64_t>(vocabulary)));
  }
  return prompts;
}

std::vector<TokenId> joined(const std::vector<TokenId>& prompt, const std::vector<TokenId>& completion) {
  std::vector<TokenId> sequence = prompt;
  sequence.insert(sequence.end(), completion.begin(), completion.end());
  return sequence;
}

/// The slow twin: the whole sequence through the training forward, log softmax of every position [S, V].
at::Tensor full_log_softmax(const Decoder& model, const std::vector<TokenId>& sequence, double temperature) {
  const at::NoGradGuard no_gradients;
  const std::vector<std::vector<TokenId>> sequences = {sequence};
  const at::Tensor logits = at::matmul(model.hidden(pack(sequences)), model.head_weight().numbers().t());
  return at::log_softmax(logits / temperature, -1).to(at::kDouble);
}

void expect_same(const std::vector<Sampled>& a, const std::vector<Sampled>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].tokens, b[i].tokens) << "completion " << i;
    EXPECT_EQ(a[i].logprobs, b[i].logprobs) << "completion " << i;
    EXPECT_EQ(a[i].ended, b[i].ended) << "completion " << i;
  }
}

std::string error_of(Engine& engine, const Prompts& prompts, const SamplingOptions& options) {
  try {
    engine.generate(prompts, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class EngineHeads : public testing::TestWithParam<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(KvHeads, EngineHeads, testing::Values(4, 2, 1));

TEST_P(EngineHeads, AFrozenBaseIsDecodedWhereItLiesAndToTheSameBits) {
  const auto trained = random_model(small_config(GetParam())),
             frozen = random_model(small_config(GetParam()));
  frozen->freeze({}, 1);
  kernels::PackedMatrix none;
  for (const Decoder::Layer& layer : frozen->layers())
    for (const Linear* linear : {&layer.qkv, &layer.output, &layer.gate_up, &layer.down, &frozen->head()})
      EXPECT_EQ(PackedLinear(*linear).panels().panels().first, linear->weight_NK.packed(none).panels().first);
  EXPECT_EQ(none.rows(), 0) << "nothing was packed beside it";
  EXPECT_NE(PackedLinear(trained->head()).panels().panels().first,
            trained->head_weight().numbers().const_data_ptr<float>());
  const Prompts prompts = random_prompts(9, trained->config().vocab_size);
  const SamplingOptions options{.max_new_tokens = 12, .seed = 3};
  expect_same(Engine(*frozen, 5).generate(prompts, options), Engine(*trained, 5).generate(prompts, options));
}

// Rollout and training agree whatever is trained, also after the adapters have moved.
TEST_P(EngineHeads, LogprobsOfAdaptersEqualAFullRecompute) {
  const auto model = random_model(small_config(GetParam()));
  model->freeze({.rank = 3,
                 .scale = 0.5,
                 .adapted = {"model.layers.0.self_attn.k_proj", "model.layers.0.self_attn.v_proj",
                             "model.layers.1.self_attn.o_proj", "model.layers.2.mlp.gate_proj"}},
                1);
  Engine engine(*model, 5);
  for (const auto& [name, weight] : model->parameters().named())
    weight.copy_(at::linspace(-0.4, 0.5, weight.numel()).view(weight.sizes()));
  engine.refresh();
  const Prompts prompts = random_prompts(9, model->config().vocab_size);
  const auto samples = engine.generate(prompts, {.max_new_tokens = 12, .seed = 3});
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto full = full_log_softmax(*model, joined(prompts[i], samples[i].tokens), 1);
    for (std::size_t t = 0; t < samples[i].tokens.size(); ++t) {
      const auto row = static_cast<std::int64_t>(prompts[i].size() + t) - 1;
      EXPECT_NEAR(samples[i].logprobs[t], full[row][samples[i].tokens[t]].item<double>(), 1e-4);
    }
  }
}

TEST_P(EngineHeads, LogprobsEqualAFullRecompute) {
  const auto model = random_model(small_config(GetParam()));
  const Prompts prompts = random_prompts(9, model->config().vocab_size);
  Engine engine(*model, 5);
  for (const double temperature : {1.0, 0.7, 1.6}) {
    const auto samples = engine.generate(
        prompts, {.temperature = temperature, .max_new_tokens = 40, .num_generations = 2, .seed = 3});
    ASSERT_EQ(samples.size(), 18u);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const auto& prompt = prompts[i / 2];
      ASSERT_EQ(samples[i].tokens.size(), 40u);
      const at::Tensor expected = full_log_softmax(*model, joined(prompt, samples[i].tokens), temperature);
      for (std::size_t t = 0; t < samples[i].tokens.size(); ++t) {
        const double twin =
            expected[static_cast<std::int64_t>(prompt.size() + t) - 1][samples[i].tokens[t]].item<double>();
        ASSERT_NEAR(samples[i].logprobs[t], twin, 1e-4) << "completion " << i << " token " << t;
      }
    }
  }
}

TEST_P(EngineHeads, GreedyTokensEqualAFullRecompute) {
  const auto model = random_model(small_config(GetParam()));
  const Prompts prompts = random_prompts(6, model->config().vocab_size);
  Engine engine(*model, 4);
  const auto samples = engine.generate(prompts, {.temperature = 0, .max_new_tokens = 30});
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const at::Tensor expected = full_log_softmax(*model, joined(prompts[i], samples[i].tokens), 1.0);
    for (std::size_t t = 0; t < samples[i].tokens.size(); ++t) {
      const at::Tensor row = expected[static_cast<std::int64_t>(prompts[i].size() + t) - 1];
      ASSERT_EQ(samples[i].tokens[t], row.argmax().item<std::int64_t>());
      ASSERT_NEAR(samples[i].logprobs[t], row.max().item<double>(), 1e-4);
    }
  }
}

TEST_P(EngineHeads, TheBatchChangesNoBit) {
  const auto model = random_model(small_config(GetParam()));
  const Prompts prompts = random_prompts(40, model->config().vocab_size);
  const SamplingOptions options{
      .max_new_tokens = 25, .num_generations = 3, .seed = 5, .stop_tokens = {0, 1, 2}};
  Engine one(*model, 1), few(*model, 7), many(*model, 64);
  const auto expected = one.generate(prompts, options);
  expect_same(few.generate(prompts, options), expected);
  expect_same(many.generate(prompts, options), expected);

  const auto alone = many.generate(std::span(prompts).first(1), options);
  expect_same(alone, {expected.begin(), expected.begin() + 3});
}

TEST(Engine, SameSeedSameBitsOtherSeedOtherTokens) {
  const auto model = random_model(small_config(2));
  const Prompts prompts = random_prompts(8, model->config().vocab_size);
  Engine engine(*model);
  const SamplingOptions options{.max_new_tokens = 20, .num_generations = 2, .seed = 5};
  const auto first = engine.generate(prompts, options);
  expect_same(engine.generate(prompts, options), first);
  EXPECT_NE(first[0].tokens, first[1].tokens);
  SamplingOptions other = options;
  other.seed = 6;
  EXPECT_NE(engine.generate(prompts, other)[0].tokens, first[0].tokens);
}

TEST(Engine, DrawsFollowTheSoftmax) {
  ModelConfig config = small_config(4);
  config.vocab_size = 8;
  const auto model = random_model(config);
  const Prompts prompts = {{3, 1, 4, 1, 5}};
  const std::int64_t draws = 20000;
  for (const double temperature : {1.0, 2.5}) {
    Engine engine(*model, 512);
    const auto samples = engine.generate(
        prompts, {.temperature = temperature, .max_new_tokens = 1, .num_generations = draws, .seed = 11});
    std::vector<double> counts(8, 0);
    for (const Sampled& sample : samples) ++counts[static_cast<std::size_t>(sample.tokens.at(0))];
    const at::Tensor expected = full_log_softmax(*model, prompts[0], temperature)[4].exp();
    for (std::int64_t v = 0; v < 8; ++v) {
      const double p = expected[v].item<double>();
      const double deviation = std::sqrt(p * (1 - p) / static_cast<double>(draws));
      EXPECT_NEAR(counts[static_cast<std::size_t>(v)] / static_cast<double>(draws), p, 4 * deviation + 1e-6);
    }
  }
}

TEST(Engine, CutSupportsKeepTheLikeliestAndTheFullLogprob) {
  const auto model = random_model(small_config(4));
  const Prompts prompts = random_prompts(4, model->config().vocab_size);
  Engine engine(*model);
  const auto greedy = engine.generate(prompts, {.temperature = 0, .max_new_tokens = 12});
  const auto top_k = engine.generate(prompts, {.top_k = 1, .max_new_tokens = 12});
  const auto top_p = engine.generate(prompts, {.top_p = 1e-6, .max_new_tokens = 12});
  const auto min_p = engine.generate(prompts, {.min_p = 1, .max_new_tokens = 12});
  for (std::size_t i = 0; i < greedy.size(); ++i) {
    EXPECT_EQ(top_k[i].tokens, greedy[i].tokens);
    EXPECT_EQ(top_p[i].tokens, greedy[i].tokens);
    EXPECT_EQ(min_p[i].tokens, greedy[i].tokens);
    for (std::size_t t = 0; t < greedy[i].tokens.size(); ++t) {
      EXPECT_NEAR(top_k[i].logprobs[t], greedy[i].logprobs[t], 1e-6);
      EXPECT_NEAR(top_p[i].logprobs[t], greedy[i].logprobs[t], 1e-6);
    }
  }
}

TEST(Engine, StopsAtTheFirstStopTokenAndKeepsIt) {
  const auto model = random_model(small_config(4));
  const Prompts prompts = random_prompts(12, model->config().vocab_size);
  Engine engine(*model, 3);
  const SamplingOptions unlimited{.temperature = 2, .max_new_tokens = 50, .num_generations = 2, .seed = 1};
  SamplingOptions options = unlimited;
  options.stop_tokens = {4, 9};
  const auto full = engine.generate(prompts, unlimited);
  const auto stopped = engine.generate(prompts, options);
  std::int64_t ended = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    EXPECT_FALSE(full[i].ended);
    std::vector<TokenId> expected;
    bool stop = false;
    for (const TokenId token : full[i].tokens) {
      if (stop) break;
      expected.push_back(token);
      stop = token == 4 || token == 9;
    }
    EXPECT_EQ(stopped[i].tokens, expected);
    EXPECT_EQ(stopped[i].ended, stop);
    ended += stop;
  }
  EXPECT_GT(ended, 0);
}

TEST(Engine, RefreshFollowsTheModel) {
  const auto model = random_model(small_config(2), 1);
  const auto other = random_model(small_config(2), 2);
  const Prompts prompts = random_prompts(3, model->config().vocab_size);
  Engine engine(*model), expected(*other);
  {
    const at::NoGradGuard no_gradients;
    const at::Tensor flat = model->parameters().flat();
    flat.copy_(other->parameters().flat());
  }
  engine.refresh();
  expect_same(engine.generate(prompts, {.seed = 4}), expected.generate(prompts, {.seed = 4}));
}

TEST(Engine, ReportsProgressUpToTheLastCompletion) {
  const auto model = random_model(small_config(2));
  const Prompts prompts = random_prompts(10, model->config().vocab_size);
  Engine engine(*model, 4);
  std::vector<std::int64_t> reports;
  engine.generate(prompts, {.max_new_tokens = 5}, [&](std::int64_t done) { reports.push_back(done); });
  ASSERT_FALSE(reports.empty());
  EXPECT_TRUE(std::ranges::is_sorted(reports));
  EXPECT_EQ(reports.back(), 10);
  EXPECT_EQ(engine.sampled_tokens(), 50);
}

TEST(Engine, FillsTheContextToItsLastToken) {
  const auto model = random_model(small_config(2));
  const Prompts prompts = {std::vector<TokenId>(90, 5)};
  Engine engine(*model);
  EXPECT_EQ(engine.generate(prompts, {.max_new_tokens = 6}).at(0).tokens.size(), 6u);
  EXPECT_EQ(error_of(engine, prompts, {.max_new_tokens = 7}),
            "generate: prompt 0 has 90 tokens, and with 7 new ones it exceeds the model's context of 96; "
            "shorten the "
            "prompt or lower max_new_tokens.");
}

TEST(Engine, RefusesWhatItCannotDo) {
  const auto model = random_model(small_config(2));
  Engine engine(*model);
  EXPECT_TRUE(engine.generate({}, {}).empty());
  EXPECT_NE(error_of(engine, {{1}, {}}, {}).find("prompt 1 is empty"), std::string::npos);
  EXPECT_NE(error_of(engine, {{67}}, {}).find("token id 67"), std::string::npos);
  EXPECT_NE(error_of(engine, {{-1}}, {}).find("token id -1"), std::string::npos);
  EXPECT_NE(error_of(engine, {{1}}, {.temperature = -1}).find("temperature"), std::string::npos);
  EXPECT_NE(error_of(engine, {{1}}, {.temperature = NAN}).find("temperature"), std::string::npos);
  EXPECT_NE(error_of(engine, {{1}}, {.top_p = 0}).find("top_p"), std::string::npos);
  EXPECT_NE(error_of(engine, {{1}}, {.max_new_tokens = 0}).find("max_new_tokens"), std::string::npos);
  EXPECT_NE(error_of(engine, {{1}}, {.max_new_tokens = INT64_MAX}).find("context"), std::string::npos);
  EXPECT_NE(error_of(engine, {{1}}, {.num_generations = 0}).find("num_generations"), std::string::npos);
  EXPECT_THROW(Engine(*model, 0), Error);
  EXPECT_THROW(Engine(*model->clone_with_scalar_head()), Error);
}

TEST(Engine, SaysThatTheWeightsHaveDiverged) {
  const auto model = random_model(small_config(2));
  {
    const at::NoGradGuard no_gradients;
    model->parameters()["model.norm.weight"].fill_(NAN);
  }
  Engine engine(*model);
  EXPECT_NE(error_of(engine, {{1, 2}}, {}).find("non-finite logits behind prompt 0"), std::string::npos);
}

}  // namespace
}  // namespace nudge
