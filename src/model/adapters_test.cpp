#include "model/adapters.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "base/error.h"
#include "model/decoder.h"
#include "model/tiny_config_test.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

const std::vector<std::string> kModules = {"model.layers.0.self_attn.q_proj",
                                           "model.layers.0.self_attn.v_proj", "model.layers.1.mlp.up_proj",
                                           "model.layers.1.mlp.down_proj"};

PackedBatch batch() {
  return pack(std::vector<std::vector<std::int32_t>>{{1, 2, 3, 4, 5}, {6, 7}});
}

std::unique_ptr<Decoder> adapted(PartialTraining training = {.rank = 3, .scale = 0.7, .adapted = kModules}) {
  auto model = std::make_unique<Decoder>(tiny_config(32, 0.3), 1);
  model->freeze(training, 5);
  return model;
}

void learn_something(Decoder& model) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, weight] : model.parameters().named())
    weight.copy_(weight + at::linspace(-0.2, 0.3, weight.numel()).view(weight.sizes()));
}

TEST(Adapters, FreshOnesChangeNothing) {
  const Decoder plain(tiny_config(32, 0.3), 1);
  const auto model = adapted();
  EXPECT_TRUE(at::equal(model->hidden(batch()), plain.hidden(batch())));
  EXPECT_EQ(model->parameters().named().size(), 2 * kModules.size());
  EXPECT_GT(model->parameters()["model.layers.0.self_attn.q_proj.lora_A.weight"].abs().min().item<float>(),
            0);
}

TEST(Adapters, MergedWeightsComputeTheSame) {
  const auto model = adapted();
  learn_something(*model);
  const auto merged = model->merged();
  EXPECT_FALSE(merged->base());
  EXPECT_TRUE(at::allclose(merged->hidden(batch()), model->hidden(batch()), 1e-4, 1e-5));
  const Decoder plain(tiny_config(32, 0.3), 1);
  EXPECT_FALSE(at::allclose(merged->hidden(batch()), plain.hidden(batch()), 1e-2, 1e-2));
  const auto qkv = [](const Decoder& of) {
    return of.weight("model.layers.0.self_attn.qkv_proj.weight").numbers();
  };
  EXPECT_TRUE(at::equal(qkv(*merged).narrow(0, 32, 16), qkv(plain).narrow(0, 32, 16))) << "k has none";
  EXPECT_FALSE(at::equal(qkv(*merged).narrow(0, 48, 16), qkv(plain).narrow(0, 48, 16))) << "v has one";
}

// The gradient of the merged weights, times the other factor, is the gradient of an adapter's factor.
TEST(Adapters, LearnByTheGradientOfTheMergedWeights) {
  const auto model = adapted();
  learn_something(*model);
  const auto merged = model->merged();
  model->parameters().gradients();
  merged->parameters().gradients();
  const auto direction = at::linspace(-1, 1, 7 * 16).view({7, 16});
  (model->hidden(batch()) * direction).sum().backward();
  (merged->hidden(batch()) * direction).sum().backward();
  for (const Adapter& adapter : model->adapters()) {
    const at::Tensor a = model->parameters()[adapter.a()], b = model->parameters()[adapter.b()];
    const at::Tensor whole =
        merged->parameters()[adapter.parameter].grad().narrow(0, adapter.row, adapter.rows) * adapter.scale;
    EXPECT_TRUE(at::allclose(a.grad(), at::matmul(b.detach().t(), whole), 1e-3, 1e-4)) << adapter.name;
    EXPECT_TRUE(at::allclose(b.grad(), at::matmul(whole, a.detach().t()), 1e-3, 1e-4)) << adapter.name;
  }
  for (const auto& [name, weight] : model->base()->named()) EXPECT_FALSE(weight.requires_grad()) << name;
}

TEST(Adapters, ModelsOnOneBaseShareItAndNothingElse) {
  const Decoder plain(tiny_config(32, 0.3), 1);
  const auto policy = adapted();
  learn_something(*policy);
  const auto reference = policy->base_model(), copy = policy->clone(),
             value = policy->clone_with_scalar_head();
  for (const Decoder* other : {reference.get(), copy.get(), value.get()})
    EXPECT_TRUE(other->embeddings().shares(policy->embeddings()));
  EXPECT_EQ(reference->parameters().count(), 0);
  EXPECT_TRUE(at::equal(reference->hidden(batch()), plain.hidden(batch())));
  EXPECT_TRUE(at::equal(copy->hidden(batch()), policy->hidden(batch())));
  EXPECT_TRUE(at::equal(value->hidden(batch()), policy->hidden(batch())));
  EXPECT_EQ(value->sequence_scores(batch()).abs().max().item<float>(), 0);
  const auto before = policy->hidden(batch());
  learn_something(*copy);
  EXPECT_TRUE(at::equal(policy->hidden(batch()), before));
}

TEST(Adapters, StandBesideWeightsThatAreTrainedWhole) {
  const auto policy = adapted({.rank = 2, .adapted = {kModules[0]}, .whole = {"model.norm"}});
  const auto before = policy->hidden(batch());
  policy->parameters()["model.norm.weight"].fill_(2);
  EXPECT_TRUE(at::allclose(policy->hidden(batch()), 2 * before));
  EXPECT_TRUE(at::equal(policy->base_model()->hidden(batch()), before));
}

TEST(Adapters, NamesThatFitNothingAreRefused) {
  EXPECT_THROW(adapted({.adapted = {"model.layers.0.self_attn.q"}}), Error);
  EXPECT_THROW(adapted({.adapted = {"model.embed_tokens"}}), Error);
  EXPECT_THROW(adapted({.adapted = {"model.norm"}}), Error);
  EXPECT_THROW(adapted({.whole = {"score"}}), Error);
  const auto twice = adapted();
  EXPECT_THROW(twice->freeze({}, 1), Error);
}

}  // namespace
}  // namespace nudge
