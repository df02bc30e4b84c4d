#include "training/learner.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "base/temporary_folder.h"
#include "model/checkpoint.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"
#include "training/tiny_decoder_test.h"

namespace nudge {
namespace {

/// Threads gain nothing on a model this small, and on a busy machine they spin for a minute.
class LearnerOnOneThread : public testing::Test {
 protected:
  LearnerOnOneThread() { omp_set_num_threads(1); }
};

const ScheduleOptions constant_rate{.lr_scheduler_type = LrSchedule::constant};

/// The sequences cut into parts of `size`.
std::vector<Sequences> cut(const Sequences& all, std::size_t size) {
  std::vector<Sequences> parts;
  for (std::size_t i = 0; i < all.size(); i += size)
    parts.emplace_back(all.begin() + i, all.begin() + i + size);
  return parts;
}

StepReport step_on(Learner& learner, const Decoder& model, const std::vector<Sequences>& parts) {
  return learner.step(static_cast<std::int64_t>(parts.size()),
                      [&](std::int64_t i) { return next_token_loss(model, parts[i]); });
}

LossSum not_a_number() {
  return {at::full({}, std::nan("")).requires_grad_(), 4, {}};
}

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

// One batch of eight, 2x4 and 8x1 micro-batches take the same steps.
TEST_F(LearnerOnOneThread, MicroBatchesChangeNothing) {
  const Decoder start(tiny_config(), 1);
  const auto train = [&](std::size_t micro_batch, at::Tensor& gradient) {
    auto model = start.clone();
    Learner learner(*model, "policy", {.learning_rate = 1e-2, .adam_epsilon = 1e-3}, constant_rate, 3);
    StepReport report;
    for (int i = 0; i < 3; ++i) {
      report = step_on(learner, *model, cut(tiny_sequences(), micro_batch));
      if (i == 0) gradient = model->parameters().gradients().clone();
    }
    return std::pair(model->parameters().flat().clone(), report);
  };
  at::Tensor gradient, cut_gradient;
  const auto [weights, report] = train(8, gradient);
  EXPECT_FALSE(start.parameters().flat().equal(weights));
  for (std::size_t micro_batch : {4, 2, 1}) {
    const auto [cut_weights, cut_report] = train(micro_batch, cut_gradient);
    EXPECT_LT(relative_difference(cut_gradient, gradient), 1e-5);
    EXPECT_LT(relative_difference(cut_weights, weights), 1e-5);
    EXPECT_NEAR(cut_report.loss, report.loss, 1e-5 * report.loss);
    EXPECT_NEAR(cut_report.grad_norm, report.grad_norm, 1e-5 * report.grad_norm);
    EXPECT_EQ(cut_report.count, report.count);
  }
}

TEST_F(LearnerOnOneThread, LowersTheLoss) {
  Decoder model(tiny_config(), 1);
  Learner learner(model, "policy", {.learning_rate = 1e-2}, constant_rate, 60);
  const double first = step_on(learner, model, {tiny_sequences()}).loss;
  EXPECT_NEAR(first, std::log(32.0), 0.3);
  double last = first;
  for (int i = 1; i < 60; ++i) last = step_on(learner, model, {tiny_sequences()}).loss;
  EXPECT_LT(last, 0.5 * first);
}

// tools/goldens/tiny_llama.py: transformers, torch.optim.AdamW, clip_grad_norm_.
TEST_F(LearnerOnOneThread, TakesTheTwentyStepsOfTorch) {
  const std::filesystem::path folder = NUDGE_SOURCE_DIR "/tests/goldens/tiny_llama";
  const Json golden = read_json(folder / "adamw.json");
  const auto model = load_model(folder);
  const OptimizerOptions optimizer{.learning_rate = golden["lr"],
                                   .adam_beta1 = golden["betas"][0],
                                   .adam_beta2 = golden["betas"][1],
                                   .adam_epsilon = golden["eps"],
                                   .weight_decay = golden["weight_decay"],
                                   .max_grad_norm = golden["max_grad_norm"]};
  Learner learner(*model, "policy", optimizer, constant_rate, 20);
  for (std::size_t i = 0; i < 20; ++i) {
    const StepReport report = step_on(learner, *model, cut(golden["batches"][i].get<Sequences>(), 1));
    EXPECT_NEAR(report.loss, golden["losses"][i], 1e-4) << "step " << i;
    EXPECT_NEAR(report.grad_norm / golden["grad_norms"][i].get<double>(), 1, 1e-4) << "step " << i;
  }

  const TemporaryFolder saved;
  save_model(*model, saved.path());
  const NamedTensors weights = read_safetensors(saved.path() / "model.safetensors");
  for (const auto& [name, sample] : golden["weights"].items()) {
    const at::Tensor weight = weights.at(name).flatten();
    EXPECT_NEAR(weight.norm().item<double>(), sample["norm"], 1e-4) << name;
    for (std::size_t i = 0; i < sample["index"].size(); ++i) {
      const auto got = weight[sample["index"][i].get<std::int64_t>()].item<double>();
      EXPECT_NEAR(got, sample["values"][i].get<double>(), 1e-4) << name;
    }
  }
}

// A loss that is linear in four weights has the same known gradient everywhere.
TEST_F(LearnerOnOneThread, ClipsByTheGlobalNorm) {
  const auto first_moment = [](double max_grad_norm) {
    Decoder model(tiny_config(), 1);
    Learner learner(model, "policy", {.adam_beta1 = 0, .max_grad_norm = max_grad_norm}, constant_rate, 1);
    const StepReport report = learner.step(1, [&](std::int64_t) {
      return LossSum{30 * model.parameters()["model.norm.weight"].slice(0, 0, 4).sum(), 10, {}};
    });
    EXPECT_NEAR(report.grad_norm, 3 * 2, 1e-5);  // 30 / 10 on each of four weights
    State state;
    learner.save(state);
    return state.tensor("policy.first_moments").max().item<double>();  // with beta1 0: the scaled gradient
  };
  EXPECT_NEAR(first_moment(0), 3, 1e-5);
  EXPECT_NEAR(first_moment(100), 3, 1e-5);
  EXPECT_NEAR(first_moment(1), 0.5, 1e-5);
}

TEST_F(LearnerOnOneThread, DecaysMatricesOnly) {
  Decoder model(tiny_config(), 1);
  const at::Tensor norm = model.parameters()["model.norm.weight"].detach();
  const at::Tensor embedding = model.parameters()["model.embed_tokens.weight"].detach();
  const at::Tensor embedding_before = embedding.clone();
  Learner learner(model, "policy", {.learning_rate = 0.1, .weight_decay = 0.5}, constant_rate, 1);
  learner.step(
      1, [&](std::int64_t) { return LossSum{0 * model.parameters()["model.norm.weight"].sum(), 1, {}}; });
  EXPECT_TRUE(norm.equal(at::ones_like(norm)));
  EXPECT_LT(relative_difference(embedding, embedding_before * 0.95), 1e-6);
}

TEST_F(LearnerOnOneThread, SkipsANonFiniteLossAndGivesUpAfterThree) {
  Decoder model(tiny_config(), 1);
  Learner learner(model, "policy", {}, constant_rate, 10);
  const at::Tensor before = model.parameters().flat().clone();
  testing::internal::CaptureStderr();
  const StepReport report = learner.step(
      2, [&](std::int64_t i) { return i == 1 ? not_a_number() : next_token_loss(model, tiny_sequences()); });
  const std::string warning = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(report.skipped);
  EXPECT_EQ(learner.steps_done(), 0);
  EXPECT_TRUE(model.parameters().flat().equal(before));
  EXPECT_NE(warning.find("the loss of micro-batch 2 of 2 is nan"), std::string::npos) << warning;

  EXPECT_FALSE(step_on(learner, model, {tiny_sequences()}).skipped);  // the count starts again
  const auto bad = [](std::int64_t) { return not_a_number(); };
  testing::internal::CaptureStderr();
  EXPECT_TRUE(learner.step(1, bad).skipped);
  EXPECT_TRUE(learner.step(1, bad).skipped);
  EXPECT_THROW(learner.step(1, bad), Error);
  testing::internal::GetCapturedStderr();
}

TEST_F(LearnerOnOneThread, SkipsANonFiniteGradient) {
  Decoder model(tiny_config(), 1);
  Learner learner(model, "policy", {}, constant_rate, 10);
  const at::Tensor before = model.parameters().flat().clone();
  testing::internal::CaptureStderr();
  const StepReport report = learner.step(1, [&](std::int64_t) {  // sqrt at 0: value 0, slope infinite
    return LossSum{(model.parameters()["model.norm.weight"] - 1).abs().sqrt().sum(), 1, {}};
  });
  const std::string warning = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(report.skipped);
  EXPECT_TRUE(model.parameters().flat().equal(before));
  EXPECT_NE(warning.find("gradient norm is"), std::string::npos) << warning;
}

TEST_F(LearnerOnOneThread, SkipsABatchWithoutAnyLoss) {
  Decoder model(tiny_config(), 1);
  Learner learner(model, "policy", {}, constant_rate, 10);
  testing::internal::CaptureStderr();
  EXPECT_TRUE(learner.step(1, [](std::int64_t) { return LossSum{at::zeros({}), 0, {}}; }).skipped);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("nothing in its batch carries a loss"),
            std::string::npos);
}

TEST_F(LearnerOnOneThread, GoesOnFromItsStateToTheBit) {
  const Decoder start(tiny_config(), 1);
  const OptimizerOptions optimizer{.learning_rate = 1e-2, .weight_decay = 0.1};
  const ScheduleOptions schedule{.lr_scheduler_type = LrSchedule::cosine, .warmup_steps = 2};
  auto whole = start.clone();
  Learner through(*whole, "policy", optimizer, schedule, 6);
  for (int i = 0; i < 6; ++i) step_on(through, *whole, cut(tiny_sequences(), 2));

  auto first = start.clone();
  Learner before(*first, "policy", optimizer, schedule, 6);
  for (int i = 0; i < 3; ++i) step_on(before, *first, cut(tiny_sequences(), 2));
  State state;
  before.save(state);

  auto second = start.clone();
  Learner after(*second, "policy", optimizer, schedule, 6);
  after.load(state);
  EXPECT_EQ(after.steps_done(), 3);
  for (int i = 0; i < 3; ++i) step_on(after, *second, cut(tiny_sequences(), 2));
  EXPECT_TRUE(second->parameters().flat().equal(whole->parameters().flat()));
}

// What is frozen has no gradient, no moments and no place in a checkpoint; what is resumed counts once.
TEST_F(LearnerOnOneThread, TeachesAdaptersAndLeavesTheirBase) {
  const Decoder plain(tiny_config(32, 0.3), 1);
  const auto fresh = [] {
    auto model = std::make_unique<Decoder>(tiny_config(32, 0.3), 1);
    model->freeze({.rank = 4, .adapted = {"model.layers.0.self_attn.q_proj", "model.layers.1.mlp.up_proj"}},
                  2);
    return model;
  };
  const OptimizerOptions optimizer{.learning_rate = 1e-2};
  const auto model = fresh();
  Learner learner(*model, "policy", optimizer, constant_rate, 20);
  const double before = step_on(learner, *model, cut(tiny_sequences(), 4)).loss;
  for (int i = 0; i < 9; ++i) step_on(learner, *model, cut(tiny_sequences(), 4));
  State state;
  learner.save(state);
  EXPECT_EQ(state.tensor("policy.weights").numel(), model->parameters().count());
  EXPECT_LT(model->parameters().count(), plain.parameters().count() / 2);

  const auto resumed = fresh();
  Learner after(*resumed, "policy", optimizer, constant_rate, 20);
  after.load(state);
  for (int i = 0; i < 10; ++i) {
    const double loss = step_on(learner, *model, cut(tiny_sequences(), 4)).loss;
    EXPECT_EQ(step_on(after, *resumed, cut(tiny_sequences(), 4)).loss, loss);
    EXPECT_LT(loss, before);
  }
  const auto base = model->base_model();
  const auto batch = pack(tiny_sequences());
  EXPECT_TRUE(base->hidden(batch).equal(plain.hidden(batch)));
  for (const auto& [name, weight] : model->base()->named()) EXPECT_FALSE(weight.requires_grad()) << name;
}

TEST_F(LearnerOnOneThread, StepsCanShareARate) {
  Decoder model(tiny_config(), 1);
  Learner learner(model, "policy", {.learning_rate = 0.8}, {.lr_scheduler_type = LrSchedule::linear}, 8, 2);
  std::vector<double> rates;
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(learner.learning_rate(), 0.8 * (1 - (i / 2) / 4.0));
    rates.push_back(step_on(learner, model, cut(tiny_sequences(), 8)).learning_rate);
  }
  EXPECT_EQ(rates[6], rates[7]);
}

TEST_F(LearnerOnOneThread, RefusesAStateThatDoesNotFit) {
  Decoder model(tiny_config(), 1);
  Learner learner(model, "policy", {}, constant_rate, 1);
  EXPECT_THROW(learner.load(State{}), Error);
  State state;
  learner.save(state);
  state.tensors["policy.second_moments"] = at::zeros(3);
  EXPECT_THROW(learner.load(state), Error);
}

TEST_F(LearnerOnOneThread, RefusesOptionsOutOfRange) {
  Decoder model(tiny_config(), 1);
  EXPECT_THROW(Learner(model, "policy", {.learning_rate = -1}, constant_rate, 1), UsageError);
  EXPECT_THROW(Learner(model, "policy", {.adam_beta2 = 1}, constant_rate, 1), UsageError);
  EXPECT_THROW(Learner(model, "policy", {.adam_epsilon = 0}, constant_rate, 1), UsageError);
}

}  // namespace
}  // namespace nudge
