#include "algorithms/kto.h"

#include <gtest/gtest.h>

#include <cmath>

#include "algorithms/small_world_test.h"
#include "rollout/scoring.h"

namespace nudge {
namespace {

LabelledTokens answers(const SmallWorld& world, std::int64_t prompts) {
  std::vector<LabelledCompletion> labelled;
  for (const Prompt& prompt : SmallWorld::prompts(prompts)) {
    labelled.push_back({prompt, "yes " + prompt.text, true});
    labelled.push_back({prompt, "no", false});
  }
  return labelled_tokens(labelled, world.format(), 32);
}

LabelledTraining small_steps() {
  LabelledTraining config;
  config.batch.per_device_train_batch_size = 6;
  config.max_length = 32;
  config.batch.max_steps = 3;
  config.optimizer.learning_rate = 1e-3;
  config.schedule.lr_scheduler_type = LrSchedule::constant;
  return config;
}

LabelledObjective kto_objective() {
  return objective_of(KtoLossOptions{.beta = 0.2});
}

LabelledObjective bco_objective() {
  return objective_of(BcoLossOptions{.beta = 0.2});
}

// 1 for the desirable, 0.75 for the others.
std::vector<float> some_weights(const LabelledTokens& data) {
  std::vector<float> weights;
  for (const auto& example : data.examples) weights.push_back(example.desirable ? 1 : 0.75);
  return weights;
}

Trained train(const SmallWorld& world, const std::string& name, const LabelledObjective& objective,
              const LabelledTraining& config, const LabelledTokens& data, std::int64_t held_out = 0) {
  Decoder policy = world.decoder(3), reference = world.decoder(3);
  const auto logprobs = completion_logprobs(reference, data.completions, 1.0, 512);
  RunOptions options;
  options.logging_steps = 1;
  Run run = world.run(name);
  const std::vector<float> weights = some_weights(data);
  const Ending ending =
      train_kto({"test", policy, reference, logprobs, world.format(), data, weights, held_out}, objective,
                config, options, run);
  return left_by(policy, ending, run);
}

Trained train(const SmallWorld& world, const std::string& name, const LabelledObjective& objective,
              const LabelledTraining& config) {
  return train(world, name, objective, config, answers(world, 7));
}

TEST(Kto, StartsAtTheReference) {
  const SmallWorld world("kto_start");
  const Json kto = train(world, "kto", kto_objective(), small_steps()).metrics.front();
  EXPECT_NEAR(kto["kl"], 0, 1e-5);
  EXPECT_NEAR(kto["rewards/chosen"], 0, 1e-6);
  LabelledTraining all = small_steps();
  all.batch.per_device_train_batch_size = 14;
  const Json bco = train(world, "bco", bco_objective(), all).metrics.front();
  EXPECT_NEAR(bco["loss"], (1 + 0.75) / 2 * std::log(2), 1e-5);  // half of them weigh 0.75
  EXPECT_NEAR(bco["delta"], 0, 1e-5);
}

TEST(Kto, LearnsWhatIsLiked) {
  const SmallWorld world("kto_learns");
  LabelledTraining config = small_steps();
  config.batch.max_steps = 25;
  config.optimizer.learning_rate = 5e-3;
  for (const auto& objective : {kto_objective(), bco_objective()}) {
    const auto metrics = train(world, objective.anchor_metric, objective, config).metrics;
    EXPECT_GT(metrics.back()["rewards/margins"], 0.2) << objective.anchor_metric;
    EXPECT_LT(metrics.back()["loss"], metrics.front()["loss"].get<double>()) << objective.anchor_metric;
  }
}

// A log decides nothing.
TEST(Kto, LearnsTheSameWhateverItsMetricsAreCalled) {
  const SmallWorld world("kto_nameless");
  LabelledTokens data = answers(world, 7);
  append(data, answers(world, 3));
  for (const auto& objective : {kto_objective(), bco_objective()}) {
    const auto trained = [&](const std::string& name) {
      return train(world, name + objective.anchor_metric, objective, small_steps(), data, /*held_out=*/6);
    };
    const Trained named = trained("named");
    const NamelessMetrics none;
    const Trained nameless = trained("nameless");
    EXPECT_TRUE(nameless.weights.equal(named.weights));
    EXPECT_EQ(nameless.ending, named.ending);
    EXPECT_NE(named.ending.find("held-out loss"), std::string::npos) << named.ending;
    EXPECT_NE(named.ending.find("margin"), std::string::npos) << named.ending;
  }
}

TEST(Kto, CuttingTheStepChangesNothing) {
  const SmallWorld world("kto_cut");
  for (const auto& objective : {kto_objective(), bco_objective()}) {
    std::vector<Trained> runs;
    for (const std::int64_t budget : {1, 40, 100000}) {
      LabelledTraining config = small_steps();
      config.batch.micro_batch_tokens = budget;
      runs.push_back(train(world, objective.anchor_metric + std::to_string(budget), objective, config));
    }
    for (const Trained& run : runs) {
      EXPECT_LT((run.weights - runs[0].weights).abs().max().item<float>(), 2e-5) << objective.anchor_metric;
      EXPECT_NEAR(run.metrics.back()[objective.anchor_metric],
                  runs[0].metrics.back()[objective.anchor_metric], 1e-4);
    }
  }
}

// Held-out examples that are the training examples give a step's own numbers.
TEST(Kto, MeasuresHeldOutExamplesAsItMeasuresASteps) {
  const SmallWorld world("kto_eval");
  LabelledTraining config = small_steps();
  config.batch.per_device_train_batch_size = 14;
  config.batch.max_steps = 1;
  config.optimizer.learning_rate = 0;
  config.batch.micro_batch_tokens = 60;
  for (const auto& objective : {kto_objective(), bco_objective()}) {
    LabelledTokens data = answers(world, 7);
    const std::int64_t held_out = std::ssize(data.examples);
    append(data, answers(world, 7));
    Json line = train(world, objective.anchor_metric, objective, config, data, held_out).metrics.back();
    for (const std::string metric :
         {"loss", "rewards/chosen", "rewards/margins", "logps/rejected", "entropy"})
      EXPECT_NEAR(line["eval_" + metric].get<double>(), line[metric].get<double>(), 1e-5) << metric;
    EXPECT_TRUE(line.contains("eval_" + objective.anchor_metric));
  }
}

TEST(Kto, MeasuringChangesNothingThatIsLearned) {
  const SmallWorld world("kto_measuring");
  LabelledTraining config = small_steps();
  config.batch.eval_steps = 2;
  for (const auto& objective : {kto_objective(), bco_objective()}) {
    LabelledTokens data = answers(world, 7);
    append(data, answers(world, 3));
    const Trained watched = train(world, "watched_" + objective.anchor_metric, objective, config, data, 6);
    const Trained alone = train(world, "alone_" + objective.anchor_metric, objective, config);
    EXPECT_TRUE(watched.weights.equal(alone.weights)) << objective.anchor_metric;
    EXPECT_FALSE(watched.metrics[0].contains("eval_loss"));
    EXPECT_TRUE(watched.metrics[1].contains("eval_loss"));
    EXPECT_TRUE(watched.metrics[2].contains("eval_loss"));  // the last
  }
}

TEST(Kto, SameSeedSameBits) {
  const SmallWorld world("kto_seed");
  EXPECT_TRUE(train(world, "once", kto_objective(), small_steps())
                  .weights.equal(train(world, "twice", kto_objective(), small_steps()).weights));
}

TEST(Kto, TheReferencePointNeedsCompany) {
  const SmallWorld world("kto_alone");
  LabelledTraining config = small_steps();
  config.batch.per_device_train_batch_size = 1;
  EXPECT_THROW(train(world, "run", kto_objective(), config), Error);
}

}  // namespace
}  // namespace nudge
