#include "algorithms/reward_model.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "algorithms/small_world_test.h"
#include "base/error.h"

namespace nudge {
namespace {

std::vector<Ranking> rankings(std::int64_t prompts) {
  std::vector<Ranking> all;
  for (std::int64_t i = 0; i < prompts; ++i)
    all.push_back({.prompt = {.id = std::to_string(i), .text = "prompt " + std::to_string(i)},
                   .completions = {"bad", "good", "worse"},
                   .ranks = {1, 0, i % 3 == 0 ? 1 : 2}});
  return all;
}

RewardModelData data_of(const SmallWorld& world, std::vector<Ranking> all, double eval_share,
                        ComparisonReading reading = {}) {
  reading.max_length = 60;
  RewardModelData data =
      split_by_prompt(compared_examples(all, world.format(), reading).prompts, eval_share, 5);
  data.rankings = std::move(all);
  return data;
}

RewardModelOptions quick() {
  RewardModelOptions config;
  config.batch.per_device_train_batch_size = 8;
  config.batch.num_train_epochs = 4;
  config.normalization.normalization_samples = 16;
  config.normalization.normalization_max_new_tokens = 8;
  config.normalization.normalization_temperature = 1;
  config.optimizer.learning_rate = 1e-2;
  return config;
}

RewardObjective objective_of(RewardLoss loss, ComparisonLossOptions options = {}) {
  ComparisonObjective objective = comparison_objective(loss, options);
  return {std::move(objective.loss), {}, std::move(objective.free)};
}

Json trained(const SmallWorld& world, Decoder& model, const RewardModelData& data,
             const RewardObjective& objective, const RewardModelOptions& config, const std::string& name) {
  const Decoder sft = world.decoder(1);
  Run run = world.run(name);
  train_reward_model(model, sft, world.format(), data, objective, config, {}, run);
  return read_json(run.folder() / "evaluation.json");
}

TEST(RewardModelSplit, DependsOnNothingButThePrompt) {
  const SmallWorld world("reward_split");
  const auto held_out = [&](std::int64_t prompts) {
    std::set<std::vector<TokenId>> out;
    const RewardModelData data = data_of(world, rankings(prompts), 0.3);
    EXPECT_EQ(data.train.size() + data.eval.size(), static_cast<std::size_t>(prompts));
    for (const RewardExample& example : data.eval) out.insert(example.prompt);
    for (const RewardExample& example : data.train) EXPECT_FALSE(out.contains(example.prompt));
    return out;
  };
  const auto few = held_out(20), many = held_out(200);
  EXPECT_NEAR(static_cast<double>(many.size()), 60, 25);
  for (const auto& prompt : few) EXPECT_TRUE(many.contains(prompt));
}

TEST(RewardModelTraining, EveryLikelihoodLearnsTheOrder) {
  const SmallWorld world("reward_losses");
  for (const auto& [loss, name] : names_table(RewardLoss())) {
    if (!of_comparisons(loss)) continue;
    SCOPED_TRACE(name);
    const RewardModelData data =
        data_of(world, rankings(60), 0.2, {.ties = loss != RewardLoss::bradley_terry});
    const auto model = world.decoder(1).clone_with_scalar_head();
    const Json evaluation = trained(world, *model, data, objective_of(loss), quick(), name);
    EXPECT_GT(evaluation["accuracy"]["value"], 0.95);
    EXPECT_EQ(evaluation.contains("thresholds"),
              loss == RewardLoss::rao_kupper || loss == RewardLoss::davidson);
  }
}

TEST(RewardModelTraining, LearnsLabelsAndGrades) {
  const SmallWorld world("reward_labels");
  std::vector<Json> records;
  for (int i = 0; i < 60; ++i)
    records.push_back({{"prompt", "prompt " + std::to_string(i)},
                       {"completion", i % 3 == 0   ? "bad"
                                      : i % 3 == 1 ? "fair"
                                                   : "good"},
                       {"label", i % 3}});
  Dataset dataset("test", records);
  RewardModelData data =
      split_by_prompt(labelled_examples(dataset, world.format(), 60, false).prompts, 0.3, 5);
  for (const RewardLoss loss : {RewardLoss::regression, RewardLoss::ordinal}) {
    const std::string name = name_of(loss);
    const std::vector<double> labels{0, 1, 2};
    LabelObjective of_labels = label_objective(loss, labels);
    const auto model = world.decoder(1).clone_with_scalar_head();
    const Json evaluation = trained(world, *model, data, {{}, of_labels.loss, of_labels.free}, quick(), name);
    EXPECT_GT(evaluation["correlation"], 0.8) << name;  // ordinal scores are no straight line of grades
  }
}

// A log decides nothing.
TEST(RewardModelTraining, LearnsTheSameWhateverItsMetricsAreCalled) {
  const SmallWorld world("reward_nameless");
  const RewardModelData data = data_of(world, rankings(24), 0.2);
  const auto trained = [&](const std::string& name) {
    const auto model = world.decoder(1).clone_with_scalar_head();
    nudge::Run run = world.run(name);
    const Ending ending = train_reward_model(*model, world.decoder(1), world.format(), data,
                                             objective_of(RewardLoss::bradley_terry), quick(), {}, run);
    return std::pair(model->parameters().flat().clone(), to_line(ending_json(ending)));
  };
  const auto [weights, ending] = trained("named");
  const NamelessMetrics none;
  const auto [nameless_weights, nameless_ending] = trained("nameless");
  EXPECT_TRUE(nameless_weights.equal(weights));
  EXPECT_EQ(nameless_ending, ending);
  EXPECT_NE(ending.find("pairs told apart"), std::string::npos) << ending;
}

// min_reward and max_reward were means of each micro-batch's own.
TEST(RewardModelTraining, NoMetricDependsOnTheCut) {
  const SmallWorld world("reward_cut");
  const RewardModelData data = data_of(world, rankings(24), 0);
  const auto lines = [&](std::int64_t micro_batch_tokens) {
    const auto model = world.decoder(1).clone_with_scalar_heads({"head_0", "head_1"}, 7);
    const Decoder sft = world.decoder(1);
    RewardModelOptions config = quick();
    config.batch.num_train_epochs = 1;
    config.batch.micro_batch_tokens = micro_batch_tokens;
    nudge::Run run = world.run("run" + std::to_string(micro_batch_tokens));
    train_reward_model(*model, sft, world.format(), data, objective_of(RewardLoss::bradley_terry), config,
                       {.logging_steps = 1}, run);
    return read_records(run.folder() / "metrics.jsonl");
  };
  const auto whole = lines(100000);
  ASSERT_EQ(whole.size(), 3U);
  for (const std::int64_t tokens : {1, 100}) {
    const auto cut = lines(tokens);
    for (std::size_t i = 0; i < whole.size(); ++i)
      for (const auto& [name, value] : whole[i].items())
        EXPECT_NEAR(cut[i][name].get<double>(), value.get<double>(), 1e-4) << name << " at " << tokens;
  }
}

// Two heads that draw different prompts differ; each head alone learned the order.
TEST(RewardModelTraining, HeadsOfAnEnsembleDiffer) {
  const SmallWorld world("reward_heads");
  const RewardModelData data = data_of(world, rankings(60), 0.2);
  const auto model = world.decoder(1).clone_with_scalar_heads({"head_0", "head_1"}, 7);
  const Json evaluation =
      trained(world, *model, data, objective_of(RewardLoss::bradley_terry), quick(), "heads");
  EXPECT_GT(evaluation["accuracy"]["value"], 0.95);
  const auto& heads = model->config().reward_heads;
  EXPECT_NE(heads[0].mean, heads[1].mean);
  EXPECT_GT(heads[0].std, 0);
}

// Comparisons that name a head train that one only: two aspects with opposite orders do not disturb each
// other.
TEST(RewardModelTraining, HeadsOfAspectsLearnOppositeOrders) {
  const SmallWorld world("reward_aspects");
  std::vector<Ranking> all = rankings(60);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].ranks = {0, 1, 2};
    if (i % 2 == 0) continue;
    all[i].ranks = {2, 1, 0};
    all[i].extra["aspect"] = 1;
  }
  ComparisonReading reading;
  reading.head = [](const Ranking& ranking) { return ranking.extra.contains("aspect") ? 1 : 0; };
  const RewardModelData data = data_of(world, all, 0.3, reading);
  const auto model = world.decoder(1).clone_with_scalar_heads({"first", "second"}, 7);
  const Json evaluation =
      trained(world, *model, data, objective_of(RewardLoss::bradley_terry), quick(), "aspects");
  EXPECT_GT(evaluation["accuracy"]["value"], 0.95);
}

TEST(RewardModelTraining, TheLearningCurveEndsAtTheModelItself) {
  const SmallWorld world("reward_curve");
  RewardModelOptions config = quick();
  config.learning_curve = {0.25};
  const RewardModelData data = data_of(world, rankings(40), 0.3);
  const auto model = world.decoder(1).clone_with_scalar_head();
  const Json evaluation =
      trained(world, *model, data, objective_of(RewardLoss::bradley_terry), config, "curve");
  const Json& curve = evaluation["learning_curve"];
  ASSERT_EQ(curve.size(), 2u);
  EXPECT_LT(curve[0]["comparisons"], curve[1]["comparisons"]);
  EXPECT_EQ(curve[1]["accuracy"], evaluation["accuracy"]);
}

// A batch cut into many micro-batches takes the same step.
TEST(RewardModelTraining, MicroBatchesChangeNothing) {
  const SmallWorld world("reward_micro");
  const RewardModelData data = data_of(world, rankings(24), 0.2, {.ties = true});
  std::vector<at::Tensor> weights;
  for (const std::int64_t tokens : {30, 100000}) {
    RewardModelOptions config = quick();
    config.batch.micro_batch_tokens = tokens;
    config.batch.num_train_epochs = 1;
    const auto model = world.decoder(1).clone_with_scalar_head();
    trained(world, *model, data, objective_of(RewardLoss::davidson), config,
            "micro" + std::to_string(tokens));
    weights.push_back(model->parameters().flat().clone());
  }
  EXPECT_LT((weights[0] - weights[1]).abs().max().item<float>(), 2e-4);
}

TEST(RewardModelSplit, NothingToTrainOnIsAnError) {
  const auto message = [](std::vector<RewardExample> examples) -> std::string {
    try {
      // A share so large that the one prompt is held out.
      split_by_prompt(std::move(examples), 1 - 1e-12, 5);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  EXPECT_NE(message({}).find("--max_length"), std::string::npos);
  RewardExample one;
  one.prompt = {1};
  EXPECT_NE(message({one}).find("--eval_share"), std::string::npos);
}

}  // namespace
}  // namespace nudge
