#include "tensor/ops.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <functional>

#include "base/error.h"
#include "tensor/aten.h"
#include "tensor/mean_logits.h"

namespace nudge {
namespace {

using Tensors = std::vector<at::Tensor>;
using Operation = std::function<Tensors(const Tensors&)>;

at::Tensor normal(at::IntArrayRef shape, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(shape, generator, at::kFloat);
}

double relative_error(const at::Tensor& value, const at::Tensor& twin) {
  const auto scale = twin.abs().max().item<double>();
  return (value.to(at::kDouble) - twin).abs().max().item<double>() / std::max(scale, 1e-12);
}

/// Runs the operation in fp32 and its twin in double on the same numbers; outputs and the gradients of all
/// inputs under random output gradients must agree.
void expect_twins(const Tensors& inputs, const Operation& operation, const Operation& twin) {
  Tensors single, exact;
  for (const auto& input : inputs) {
    single.push_back(input.clone().requires_grad_(true));
    exact.push_back(input.to(at::kDouble).requires_grad_(true));
  }
  const auto values = operation(single), expected = twin(exact);
  ASSERT_EQ(values.size(), expected.size());
  Tensors output_gradients, exact_gradients;
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_TRUE(values[i].is_contiguous());
    EXPECT_LT(relative_error(values[i].detach(), expected[i].detach()), 1e-5) << "output " << i;
    output_gradients.push_back(normal(values[i].sizes(), 77 + i));
    exact_gradients.push_back(output_gradients.back().to(at::kDouble));
  }
  torch::autograd::backward(values, output_gradients);
  torch::autograd::backward(expected, exact_gradients);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_TRUE(single[i].grad().defined()) << "input " << i;
    EXPECT_LT(relative_error(single[i].grad(), exact[i].grad()), 1e-4) << "gradient of input " << i;
  }

  const at::NoGradGuard no_grad;
  for (const auto& value : operation(single)) EXPECT_FALSE(value.requires_grad());
  const auto again = operation(inputs);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(at::equal(again[i], values[i]));
}

TEST(Linear, AgreesWithMatmul) {
  for (const auto& [t, k, n] :
       std::vector<std::array<std::int64_t, 3>>{{37, 20, 50}, {1, 7, 1}, {300, 64, 97}}) {
    expect_twins(
        {normal({t, k}, 1), normal({n, k}, 2)}, [](auto& in) { return Tensors{nudge::linear(in[0], in[1])}; },
        [](auto& in) { return Tensors{at::matmul(in[0], in[1].t())}; });
  }
}

TEST(Linear, RefusesWidthsThatDoNotAgree) {
  EXPECT_THROW(nudge::linear(normal({3, 4}, 1), normal({5, 6}, 2)), Error);
}

TEST(SelectRows, AgreesWithIndexing) {
  const auto index = at::tensor({4, 0, 4, 2, 4, 1}, at::kInt);
  expect_twins(
      {normal({6, 70}, 1)}, [&](auto& in) { return Tensors{select_rows(in[0], index)}; },
      [&](auto& in) { return Tensors{in[0].index_select(0, index)}; });
  EXPECT_THROW(select_rows(normal({4, 3}, 1), index), Error);
}

TEST(RmsNorm, AgreesWithItsDefinition) {
  expect_twins(
      {normal({19, 40}, 1), normal({40}, 2)}, [](auto& in) { return Tensors{rms_norm(in[0], in[1], 1e-5)}; },
      [](auto& in) { return Tensors{in[0] * (in[0].square().mean(-1, true) + 1e-5).rsqrt() * in[1]}; });
}

TEST(LayerNorm, AgreesWithTorch) {
  expect_twins(
      {normal({150, 40}, 1), normal({40}, 2), normal({40}, 3)},
      [](auto& in) { return Tensors{layer_norm(in[0], in[1], in[2], 1e-5)}; },
      [](auto& in) { return Tensors{at::layer_norm(in[0], {40}, in[1], in[2], 1e-5)}; });
  EXPECT_THROW(layer_norm(normal({3, 4}, 1), normal({4}, 2), normal({5}, 3), 1e-5), Error);
}

TEST(HeadNorm, NormalisesQueriesAndKeysByHeadsOrTogether) {
  const AttentionOptions options{4, 2, 8};
  const auto rms = [](const at::Tensor& x, const at::Tensor& w) {
    return x * (x.square().mean(-1, true) + 1e-5).rsqrt() * w;
  };
  for (const auto& [q_width, k_width] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{8, 8}, {32, 16}}) {
    expect_twins(
        {normal({90, 64}, 1), normal({q_width}, 2), normal({k_width}, 3)},
        [&](auto& in) { return Tensors{head_norm(in[0], in[1], in[2], 1e-5, options)}; },
        [&](auto& in) {
          const auto q = in[0].narrow(1, 0, 32).reshape({90, -1, in[1].numel()});
          const auto k = in[0].narrow(1, 32, 16).reshape({90, -1, in[2].numel()});
          return Tensors{at::cat(
              {rms(q, in[1]).reshape({90, 32}), rms(k, in[2]).reshape({90, 16}), in[0].narrow(1, 48, 16)},
              1)};
        });
  }
  EXPECT_THROW(head_norm(normal({3, 64}, 1), normal({5}, 2), normal({8}, 3), 1e-5, options), Error);
}

const std::pair<Activation, std::function<at::Tensor(const at::Tensor&)>> kActivations[] = {
    {Activation::silu, [](const at::Tensor& x) { return at::silu(x); }},
    {Activation::gelu, [](const at::Tensor& x) { return at::gelu(x); }},
    {Activation::gelu_tanh, [](const at::Tensor& x) { return at::gelu(x, "tanh"); }}};

TEST(Activations, AgreeWithTorchGatedAndNot) {
  for (const auto& [f, twin] : kActivations) {
    expect_twins(
        {2 * normal({19, 23}, 1)}, [&](auto& in) { return Tensors{activate(in[0], f)}; },
        [&](auto& in) { return Tensors{twin(in[0])}; });
    expect_twins(
        {2 * normal({19, 2 * 23}, 1)}, [&](auto& in) { return Tensors{gate(in[0], f)}; },
        [&](auto& in) {
          const auto halves = in[0].chunk(2, 1);
          return Tensors{twin(halves[0]) * halves[1]};
        });
  }
  EXPECT_THROW(gate(normal({3, 5}, 1), Activation::silu), Error);
}

/// x [S, heads, E] of one sequence; the first `rotated` elements of each head turn.
at::Tensor rotate(const at::Tensor& x, std::int64_t rotated) {
  if (rotated == 0) return x;
  const auto frequency =
      at::pow(10000, at::arange(0, rotated, 2, at::kDouble) / -static_cast<double>(rotated));
  const auto angle = (at::arange(x.size(0), at::kDouble).unsqueeze(1) * frequency).unsqueeze(1);
  const auto half = x.narrow(2, 0, rotated).chunk(2, 2);
  return at::cat({half[0] * angle.cos() - half[1] * angle.sin(),
                  half[1] * angle.cos() + half[0] * angle.sin(), x.narrow(2, rotated, x.size(2) - rotated)},
                 2);
}

at::Tensor rows_of(const PackedBatch& batch, std::int64_t sequence) {
  std::vector<std::int64_t> rows;
  for (std::int64_t t = 0; t < batch.sequences[sequence].length; ++t) rows.push_back(batch.row(sequence, t));
  return at::tensor(rows, at::kLong);
}

/// One sequence after the other, keys and values repeated for their groups, the full score matrix masked. A
/// trunk's rows come once for each branch.
at::Tensor attention_twin(const at::Tensor& qkv, const PackedBatch& batch, std::int64_t rotated,
                          const AttentionOptions& o) {
  const double scale = o.scale > 0 ? o.scale : 1 / std::sqrt(static_cast<double>(o.head_size));
  Tensors outputs;
  for (std::int64_t b = 0; b < std::ssize(batch.sequences); ++b) {
    const auto rows = rows_of(batch, b);
    const std::int64_t size = rows.numel();
    const auto parts = qkv.index_select(0, rows)
                           .view({size, o.heads + 2 * o.kv_heads, o.head_size})
                           .split_with_sizes({o.heads, o.kv_heads, o.kv_heads}, 1);
    const auto q = rotate(parts[0], rotated).transpose(0, 1);
    const auto k = rotate(parts[1], rotated).transpose(0, 1).repeat_interleave(o.heads / o.kv_heads, 0);
    const auto v = parts[2].transpose(0, 1).repeat_interleave(o.heads / o.kv_heads, 0);
    auto unseen = at::ones({size, size}, at::kBool).triu(1);
    if (o.window > 0) unseen = unseen.logical_or(at::ones({size, size}, at::kBool).tril(-o.window));
    auto scores = at::matmul(q, k.transpose(1, 2)) * scale;
    if (o.soft_cap > 0) scores = (scores / o.soft_cap).tanh() * o.soft_cap;
    const auto weights = scores.masked_fill(unseen, -INFINITY).softmax(-1);
    outputs.push_back(at::matmul(weights, v).transpose(0, 1).reshape({size, o.heads * o.head_size}));
  }
  return at::cat(outputs, 0);
}

PackedBatch ragged(std::initializer_list<std::int64_t> lengths) {
  std::vector<std::vector<std::int32_t>> sequences;
  for (const auto length : lengths) sequences.emplace_back(length, 1);
  return pack(sequences);
}

TEST(Attention, AgreesOnRaggedSequencesAndGroupedHeads) {
  const auto batch = ragged({1, 17, 64, 5, 133});
  for (const auto& [heads, kv_heads, e] :
       std::vector<std::array<std::int64_t, 3>>{{4, 2, 8}, {4, 4, 32}, {6, 1, 16}, {2, 2, 6}}) {
    const auto table = rotary_table({}, 256, e);
    expect_twins(
        {normal({batch.tokens(), (heads + 2 * kv_heads) * e}, 3)},
        [&](auto& in) { return Tensors{attention(in[0], batch, table, {heads, kv_heads, e})}; },
        [&](auto& in) { return Tensors{attention_twin(in[0], batch, e, {heads, kv_heads, e})}; });
  }
}

TEST(Attention, AgreesUnderEveryOption) {
  const auto batch = ragged({1, 17, 64, 5, 133});
  const AttentionOptions plain{4, 2, 16};
  const auto expect = [&](const AttentionOptions& options, const RotaryTable& table) {
    expect_twins(
        {normal({batch.tokens(), 8 * 16}, 3)},
        [&](auto& in) { return Tensors{attention(in[0], batch, table, options)}; },
        [&](auto& in) { return Tensors{attention_twin(in[0], batch, table.rotated(), options)}; });
  };
  const auto table = rotary_table({}, 256, 16);
  expect(plain, RotaryTable{});
  expect(plain, rotary_table({.partial_rotary_factor = 0.25}, 256, 16));
  for (const std::int64_t window : {1, 6, 60}) {
    auto windowed = plain;
    windowed.window = window;
    expect(windowed, table);
  }
  auto capped = plain;
  capped.soft_cap = 1.5;
  expect(capped, table);
  expect({.heads = 4, .kv_heads = 2, .head_size = 16, .scale = 0.6, .window = 9, .soft_cap = 2}, table);
}

TEST(Attention, OfBranchesAgreesWithWholeSequences) {
  const std::vector<std::int32_t> prompt(37, 1), other(3, 2), tokens(60, 4);
  const auto first = [&](std::size_t n) { return std::span(tokens).first(n); };
  const auto batch = pack(std::vector<PromptedSequence>{
      {prompt, first(5)}, {other, first(60)}, {prompt, first(0)}, {{}, first(9)}, {prompt, first(31)}});
  std::vector<at::Tensor> rows;
  for (std::int64_t b = 0; b < 5; ++b) rows.push_back(rows_of(batch, b));
  const auto every_row = at::cat(rows);
  const auto table = rotary_table({}, 256, 8);
  for (const AttentionOptions& options :
       {AttentionOptions{4, 2, 8},
        AttentionOptions{.heads = 4, .kv_heads = 2, .head_size = 8, .window = 40, .soft_cap = 3}}) {
    expect_twins(
        {normal({batch.tokens(), (4 + 2 * 2) * 8}, 3)},
        [&](auto& in) { return Tensors{attention(in[0], batch, table, options).index_select(0, every_row)}; },
        [&](auto& in) { return Tensors{attention_twin(in[0], batch, 8, options)}; });
  }
}

TEST(Attention, OfASequenceDoesNotDependOnItsNeighbours) {
  const auto batch = ragged({40, 9, 70}), alone = ragged({9});
  const auto table = rotary_table({}, 256, 16);
  const auto qkv = normal({batch.tokens(), 8 * 16}, 5);
  const auto together = attention(qkv, batch, table, {4, 2, 16}).narrow(0, 40, 9);
  EXPECT_TRUE(at::equal(together, attention(qkv.narrow(0, 40, 9), alone, table, {4, 2, 16})));
}

Tensors logprobs_twin(const Tensors& in, const at::Tensor& targets, double temperature,
                      const LogitCurve& curve = {}) {
  auto logits = at::matmul(in[0], in[1].t()) * curve.scale;
  if (curve.soft_cap > 0) logits = (logits / curve.soft_cap).tanh() * curve.soft_cap;
  const auto all = (logits / temperature).log_softmax(1);
  const auto index = targets.to(at::kLong).unsqueeze(1);
  return {all.gather(1, index).squeeze(1), -(all.exp() * all).sum(1)};
}

TEST(TokenLogprobs, AgreesWithLogSoftmaxOverSeveralChunks) {
  for (const std::int64_t v : {37, 70000}) {
    const auto targets = at::randint(v, {40}, at::kInt);
    for (const double temperature : {1.0, 0.7}) {
      const Tensors inputs{normal({40, 12}, 1), normal({v, 12}, 2)};
      expect_twins(
          inputs,
          [&](auto& in) {
            const auto out = token_logprobs(in[0], in[1], targets, temperature, true);
            return Tensors{out.logprobs_N, out.entropies_N};
          },
          [&](auto& in) { return logprobs_twin(in, targets, temperature); });
      expect_twins(
          inputs,
          [&](auto& in) { return Tensors{token_logprobs(in[0], in[1], targets, temperature).logprobs_N}; },
          [&](auto& in) { return Tensors{logprobs_twin(in, targets, temperature)[0]}; });
    }
  }
}

TEST(TokenLogprobs, AgreesUnderACurve) {
  for (const LogitCurve& curve : {LogitCurve{.scale = 0.25}, LogitCurve{.soft_cap = 3}, LogitCurve{2, 5}}) {
    const auto targets = at::randint(70000, {40}, at::kInt);
    expect_twins(
        {normal({40, 12}, 1), normal({70000, 12}, 2)},
        [&](auto& in) {
          const auto out = token_logprobs(in[0], in[1], targets, 0.7, true, curve);
          return Tensors{out.logprobs_N, out.entropies_N};
        },
        [&](auto& in) { return logprobs_twin(in, targets, 0.7, curve); });
  }
}

TEST(TokenLogprobs, DifferentiatesTheEntropyAlone) {
  const auto targets = at::zeros({9}, at::kInt);
  expect_twins(
      {normal({9, 12}, 1), normal({21, 12}, 2)},
      [&](auto& in) { return Tensors{token_logprobs(in[0], in[1], targets, 1, true).entropies_N}; },
      [&](auto& in) { return Tensors{logprobs_twin(in, targets, 1)[1]}; });
}

// A leading target's log-prob from the others relative to it: their sum keeps its digits where log_softmax,
// in double precision too, runs out of them.
at::Tensor logprob_of_the_first(const Tensors& in) {
  const auto logits = at::matmul(in[0], in[1].t());
  return -at::log1p((logits.narrow(1, 1, logits.size(1) - 1) - logits.narrow(1, 0, 1)).exp().sum(1));
}

TEST(TokenLogprobs, KeepTheirGradientHoweverFarTheTargetLeads) {
  auto weight = 0.1 * normal({50, 12}, 2);
  weight[0][0] = 1;
  for (const double margin : {10, 16, 17, 20, 30, 60, 75}) {
    auto hidden = 0.1 * normal({1, 12}, 1);
    hidden[0][0] = margin;
    const Tensors single{hidden.clone().requires_grad_(true), weight.clone().requires_grad_(true)},
        exact{hidden.to(at::kDouble).requires_grad_(true), weight.to(at::kDouble).requires_grad_(true)};
    const auto value = token_logprobs(single[0], single[1], at::zeros({1}, at::kInt)).logprobs_N,
               expected = logprob_of_the_first(exact);
    EXPECT_NEAR((value / expected).item<double>(), 1, 1e-4) << margin;
    value.backward();
    expected.backward();
    for (std::size_t i = 0; i < 2; ++i) {
      const auto slope = exact[i].grad(), error = (single[i].grad() - slope).abs();
      EXPECT_LT((error.max() / slope.abs().max()).item<double>(), 1e-4) << "input " << i << " at " << margin;
    }
  }
}

TEST(TokenLogprobs, AcceptsNoPositionsAndRefusesBadTargets) {
  const auto weight = normal({21, 12}, 2).requires_grad_(true);
  const auto none = token_logprobs(at::zeros({0, 12}), weight, at::zeros({0}, at::kInt));
  EXPECT_EQ(none.logprobs_N.numel(), 0);
  none.logprobs_N.sum().backward();
  EXPECT_EQ(weight.grad().abs().sum().item<float>(), 0);
  EXPECT_THROW(token_logprobs(normal({1, 12}, 1), weight, at::full({1}, 21, at::kInt)), Error);
  EXPECT_THROW(token_logprobs(normal({1, 12}, 1), weight, at::full({1}, 0, at::kInt), 0.0), Error);
}

TEST(TokenLogprobs, LeavesAFrozenHeadAlone) {
  const auto hidden = normal({5, 12}, 1).requires_grad_(true);
  const auto weight = normal({21, 12}, 2);
  token_logprobs(hidden, weight, at::zeros({5}, at::kInt)).logprobs_N.sum().backward();
  EXPECT_TRUE(hidden.grad().defined());
  EXPECT_FALSE(weight.grad().defined());
}

TEST(MeanLogits, AgreesWithTheMeanOfAllLogits) {
  const auto hidden = normal({70, 12}, 1), weight = normal({60000, 12}, 2);
  const auto logits = at::mm(hidden.to(at::kDouble), weight.to(at::kDouble).t());
  EXPECT_LT((mean_logits(hidden, weight, {.scale = 0.5}) - 0.5 * logits.mean(1)).abs().max().item<double>(),
            1e-6);
  const auto capped = (3 * (0.5 * logits / 3).tanh()).mean(1);
  EXPECT_LT((mean_logits(hidden, weight, {.scale = 0.5, .soft_cap = 3}) - capped).abs().max().item<double>(),
            1e-6);
}

TEST(LogCollision, AgreesWithTheSumOfSquaresOverSeveralChunks) {
  const auto hidden = normal({70, 12}, 1), weight = normal({60000, 12}, 2);  // 17 rows fit a chunk
  const auto p = at::mm(hidden.to(at::kDouble), weight.to(at::kDouble).t()).softmax(1);
  EXPECT_LT(relative_error(log_collision(hidden, weight), p.square().sum(1).log()), 1e-5);
  const auto capped =
      (2 * (at::mm(hidden.to(at::kDouble), weight.to(at::kDouble).t()) / 2).tanh()).softmax(1);
  EXPECT_LT(relative_error(log_collision(hidden, weight, {.soft_cap = 2}), capped.square().sum(1).log()),
            1e-5);
}

}  // namespace
}  // namespace nudge
