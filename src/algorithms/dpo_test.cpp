#include "algorithms/dpo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "algorithms/small_world_test.h"
#include "objectives/pairs/odds_ratio.h"
#include "rollout/reference_cache.h"
#include "rollout/scoring.h"

namespace nudge {
namespace {

// Rankings of three answers to each of some prompts, as pairs of ragged lengths.
PreferenceTokens rankings(const SmallWorld& world, std::int64_t prompts) {
  std::vector<PreferencePair> pairs;
  for (const Prompt& prompt : SmallWorld::prompts(prompts)) {
    const std::vector<std::string> ranked = {"yes " + prompt.text, "no", "perhaps, or not"};
    for (std::size_t i = 0; i < ranked.size(); ++i)
      for (std::size_t j = i + 1; j < ranked.size(); ++j)
        pairs.push_back({.prompt = prompt, .chosen = ranked[i], .rejected = ranked[j]});
  }
  for (PreferencePair& pair : pairs) pair.prompt.extra["reference"] = "the best of all";
  return preference_tokens(pairs, world.format(), 48, /*best=*/true);
}

PairTraining small_steps() {
  PairTraining config;
  config.batch.per_device_train_batch_size = 6;
  config.batch.max_steps = 3;
  config.optimizer.learning_rate = 1e-3;
  config.schedule.lr_scheduler_type = LrSchedule::constant;
  return config;
}

PairObjective objective_of(DpoLoss loss, double sft_weight = 0) {
  const KnownPairLoss known = pair_loss(loss, {.beta = 0.2, .label_smoothing = 0.1});
  return {.losses = {{1.0, known.loss}},
          .likelihood = {.weight = sft_weight},
          .beta = 0.2,
          .over_step = known.over_step};
}

Trained train(const SmallWorld& world, const std::string& name, const PairObjective& objective,
              const PairTraining& config, const PreferenceTokens& data, std::int64_t held_out = 0) {
  Decoder policy = world.decoder(3);
  const auto reference =
      objective.referenced
          ? frozen_reference(cached_logprobs(policy, data.completions, 512, world.folder() / "cache"))
          : no_reference(data.completions);
  RunOptions options;
  options.logging_steps = 1;
  Run run = world.run(name);
  const Ending ending = train_dpo({"test", policy, *reference, world.format(), data, held_out}, objective,
                                  config, options, run);
  return left_by(policy, ending, run);
}

Trained train(const SmallWorld& world, const std::string& name, const PairObjective& objective,
              const PairTraining& config) {
  return train(world, name, objective, config, rankings(world, 7));
}

TEST(Dpo, StartsAtTheReference) {
  const SmallWorld world("dpo_start");
  const Json first = train(world, "run", objective_of(DpoLoss::sigmoid), small_steps()).metrics.front();
  EXPECT_NEAR(first["loss"], std::log(2), 1e-6);
  EXPECT_NEAR(first["rewards/chosen"], 0, 1e-6);
  EXPECT_EQ(first["rewards/accuracies"], 0);  // a tie is no success, as in TRL
  EXPECT_EQ(first["logps/chosen"], first["reference_logps/chosen"]);
}

TEST(Dpo, LearnsToTellThePairsApart) {
  const SmallWorld world("dpo_learns");
  PairTraining config = small_steps();
  config.batch.max_steps = 25;
  config.optimizer.learning_rate = 5e-3;
  const auto metrics = train(world, "run", objective_of(DpoLoss::sigmoid), config).metrics;
  EXPECT_GT(metrics.back()["rewards/accuracies"], 0.9);
  EXPECT_LT(metrics.back()["loss"], 0.6);
}

// A log decides nothing: without a single name the same weights come out, and the same alarms ring.
TEST(Dpo, LearnsAndRingsTheSameWhateverItsMetricsAreCalled) {
  const SmallWorld world("dpo_nameless");
  PairTraining config = small_steps();
  config.batch.per_device_train_batch_size = 21;  // all of them, so that no step is harder than another
  config.batch.max_steps = 20;
  config.optimizer.learning_rate = 2e-2;
  PairObjective against_the_chosen = objective_of(DpoLoss::sigmoid);
  against_the_chosen.losses = {{1.0, [](const PairTerms& pairs) { return pairs.chosen; }}};
  PreferenceTokens data = rankings(world, 7);
  append(data, rankings(world, 2));
  const auto trained = [&](const std::string& name) {
    return train(world, name, against_the_chosen, config, data, /*held_out=*/6);
  };
  const Trained named = trained("named");
  const Trained nameless = [&] {
    const NamelessMetrics none;
    return trained("nameless");
  }();
  EXPECT_NE(named.ending.find("likelihood displacement"), std::string::npos) << named.ending;
  EXPECT_NE(named.ending.find("held-out pairs"), std::string::npos) << named.ending;
  EXPECT_EQ(nameless.ending, named.ending);
  EXPECT_TRUE(nameless.weights.equal(named.weights));
  EXPECT_EQ(nameless.metrics.back().size(), 1U);  // the step alone
}

// orpo-certain: one bad pair took the whole step with it.
TEST(Dpo, APairWithoutAFiniteLossIsLeftOutOfItsStepAlone) {
  const SmallWorld world("dpo_finite");
  PreferenceTokens data = rankings(world, 2);  // six pairs: one step holds all
  const auto bad_length =
      static_cast<double>(data.completions[data.pairs[0].chosen].completion_tokens.size());
  const auto worst = [bad_length](const PairTerms& pairs) {
    const at::Tensor fine = -at::log_sigmoid(pairs.margin());
    return at::where((pairs.chosen_length == bad_length).logical_and(pairs.rejected_length == 3),
                     at::full_like(fine, INFINITY), fine);
  };
  PairObjective objective = objective_of(DpoLoss::sigmoid, 0.5);
  objective.losses = {{1.0, worst}};
  PairTraining config = small_steps();
  config.batch.max_steps = 1;
  const Trained with = train(world, "with", objective, config, data);
  const auto left_out = static_cast<std::size_t>(with.metrics[0]["pairs_left_out"].get<double>());
  ASSERT_GE(left_out, 1U);
  ASSERT_LT(left_out, data.pairs.size());

  // The same step as without those pairs.
  PreferenceTokens rest = data;
  std::erase_if(rest.pairs, [&](const PreferenceTokens::Pair& pair) {
    const auto size = [&](std::int64_t index) { return data.completions[index].completion_tokens.size(); };
    return static_cast<double>(size(pair.chosen)) == bad_length && size(pair.rejected) == 3;
  });
  ASSERT_EQ(rest.pairs.size() + left_out, data.pairs.size());
  config.batch.per_device_train_batch_size = std::ssize(rest.pairs);
  const Trained without = train(world, "without", objective, config, rest);
  EXPECT_NEAR(with.metrics[0]["loss"], without.metrics[0]["loss"], 1e-6);
  EXPECT_NEAR(with.metrics[0]["grad_norm"], without.metrics[0]["grad_norm"], 1e-5);
  EXPECT_FALSE(without.metrics[0].contains("pairs_left_out"));
  EXPECT_FALSE(at::equal(with.weights, world.decoder(3).parameters().flat()));
}

// The same step cut into micro-batches of one pair, of a few, and of all: the same gradient, the same
// metrics.
TEST(Dpo, CuttingTheStepChangesNothing) {
  const SmallWorld world("dpo_cut");
  int number = 0;
  std::vector<PairObjective> objectives = {objective_of(DpoLoss::sigmoid), objective_of(DpoLoss::ipo, 0.5),
                                           objective_of(DpoLoss::aot),
                                           objective_of(DpoLoss::aot_unpaired, 1)};
  objectives[1].tail_weight = 0.5;
  PairObjective orpo{.losses = {{1.0, [](const PairTerms& p) { return odds_ratio(p, 0.2); }}},
                     .likelihood = {.weight = 1, .with_prompt = true},
                     .referenced = false,
                     .averages = true};
  objectives.push_back(orpo);
  PairObjective of_best = objective_of(DpoLoss::hinge, 1);
  of_best.likelihood.of_best = true;
  objectives.push_back(of_best);
  PairObjective weighted = objective_of(DpoLoss::sigmoid);
  weighted.weigh_by_policy = true;
  objectives.push_back(weighted);
  for (const PairObjective& objective : objectives) {
    std::vector<Trained> runs;
    for (const std::int64_t budget : {1, 100, 100000}) {
      PairTraining config = small_steps();
      config.batch.micro_batch_tokens = budget;
      runs.push_back(train(world, "run" + std::to_string(number++), objective, config));
    }
    for (const Trained& run : runs) {
      EXPECT_LT((run.weights - runs[0].weights).abs().max().item<float>(), 2e-5) << number;
      for (const auto& [name, value] : run.metrics.back().items())
        EXPECT_NEAR(value.get<double>(), runs[0].metrics.back()[name].get<double>(), 1e-3) << name;
    }
  }
}

// Held-out pairs that are the training pairs give a step's own numbers, whatever compares them.
TEST(Dpo, MeasuresHeldOutPairsAsItMeasuresASteps) {
  const SmallWorld world("dpo_eval");
  PairTraining config = small_steps();
  config.batch.per_device_train_batch_size = 21;
  config.batch.max_steps = 1;
  config.optimizer.learning_rate = 0;
  config.batch.micro_batch_tokens = 100;
  PairObjective rpo = objective_of(DpoLoss::sigmoid, 0.5), weighted = objective_of(DpoLoss::hinge);
  weighted.weigh_by_policy = true;
  int number = 0;
  for (const PairObjective& objective :
       {rpo, weighted, objective_of(DpoLoss::aot), objective_of(DpoLoss::ipo, 1)}) {
    PreferenceTokens data = rankings(world, 7);
    const std::int64_t held_out = std::ssize(data.pairs);
    append(data, rankings(world, 7));
    const auto name = "run" + std::to_string(number++);
    const Json line = train(world, name, objective, config, data, held_out).metrics.back();
    for (const char* metric : {"loss", "rewards/margins", "logps/chosen", "logits/rejected", "entropy"})
      EXPECT_NEAR(line[std::string("eval_") + metric].get<double>(), line[metric].get<double>(), 1e-5)
          << metric;
  }
}

// What the policy says per token against what it says on average, with whole rows of logits, line by line as
// TRL's DPOTrainer has it.
double policy_weight(const Decoder& policy, const Trajectory& completion) {
  std::vector<TokenId> tokens = completion.prompt_tokens;
  tokens.insert(tokens.end(), completion.completion_tokens.begin(), completion.completion_tokens.end());
  const at::NoGradGuard no_gradient;
  const std::vector<std::vector<TokenId>> alone = {tokens};
  const auto logits_TV =
      at::mm(policy.hidden(pack(alone)), policy.head_weight().numbers().t()).to(at::kDouble);
  double aligned = 0;
  for (std::size_t t = completion.prompt_tokens.size(); t < tokens.size(); ++t) {
    const at::Tensor row = logits_TV[static_cast<std::int64_t>(t) - 1];
    const at::Tensor lse1 = row.logsumexp(0), lse2 = (2 * row).logsumexp(0);
    aligned += (row[tokens[t]] - lse1 - (lse2 - 2 * lse1)).item<double>();
  }
  return std::exp(aligned / static_cast<double>(completion.completion_tokens.size()));
}

TEST(Dpo, WpoWeighsPairsByThePolicy) {
  const SmallWorld world("dpo_wpo");
  const PreferenceTokens data = rankings(world, 7);
  const Decoder policy = world.decoder(3);
  double expected = 0;  // at the reference each pair costs log 2
  for (const auto& pair : data.pairs)
    expected += std::log(2) * policy_weight(policy, data.completions[static_cast<std::size_t>(pair.chosen)]) *
                policy_weight(policy, data.completions[static_cast<std::size_t>(pair.rejected)]);
  PairObjective weighted = objective_of(DpoLoss::sigmoid);
  weighted.weigh_by_policy = true;
  PairTraining config = small_steps();
  config.batch.per_device_train_batch_size = std::ssize(data.pairs);
  const Json first = train(world, "run", weighted, config).metrics.front();
  EXPECT_NEAR(first["loss"], expected / static_cast<double>(data.pairs.size()), 1e-5);
}

TEST(Dpo, TheOrderOfThePairsInAStepChangesNothing) {
  const SmallWorld world("dpo_order");
  PairTraining config = small_steps();
  config.batch.per_device_train_batch_size = 21;  // all of them
  PreferenceTokens backwards = rankings(world, 7);
  std::reverse(backwards.pairs.begin(), backwards.pairs.end());
  for (const DpoLoss loss : {DpoLoss::sigmoid, DpoLoss::aot_unpaired}) {
    const at::Tensor forth = train(world, name_of(loss) + "_forth", objective_of(loss, 1), config).weights;
    const at::Tensor back =
        train(world, name_of(loss) + "_back", objective_of(loss, 1), config, backwards).weights;
    EXPECT_LT((forth - back).abs().max().item<float>(), 2e-5) << name_of(loss);
  }
}

// LD-DPO, slowly: tokens beyond the shorter side's length count half.
TEST(Dpo, TheTailOfTheLongerSideIsWeighted) {
  const SmallWorld world("dpo_tail");
  const PreferenceTokens data = rankings(world, 7);
  const auto logprobs = completion_logprobs(world.decoder(3), data.completions, 1.0, 512);
  double expected = 0;
  for (const auto& pair : data.pairs) {
    const auto chosen = logprobs.row(pair.chosen);
    for (std::int64_t t = 0; t < std::ssize(chosen); ++t)
      expected += chosen[t] * (t < logprobs.length(pair.rejected) ? 1 : 0.5);
  }
  PairTraining config = small_steps();
  config.batch.per_device_train_batch_size = 21;
  config.batch.max_steps = 1;
  PairObjective objective = objective_of(DpoLoss::sigmoid);
  objective.tail_weight = 0.5;
  const Json first = train(world, "run", objective, config).metrics.front();
  EXPECT_NEAR(first["logps/chosen"], expected / 21, 1e-3);
  EXPECT_EQ(first["logps/chosen"], first["reference_logps/chosen"]);
}

TEST(Dpo, AccumulationIsAWiderBatch) {
  const SmallWorld world("dpo_accumulation");
  PairTraining accumulated = small_steps();
  accumulated.batch.per_device_train_batch_size = 2;
  accumulated.batch.gradient_accumulation_steps = 3;
  EXPECT_TRUE(
      train(world, "wide", objective_of(DpoLoss::sigmoid), small_steps())
          .weights.equal(train(world, "accumulated", objective_of(DpoLoss::sigmoid), accumulated).weights));
}

TEST(Dpo, SameSeedSameBits) {
  const SmallWorld world("dpo_seed");
  EXPECT_TRUE(
      train(world, "once", objective_of(DpoLoss::aot, 1), small_steps())
          .weights.equal(train(world, "twice", objective_of(DpoLoss::aot, 1), small_steps()).weights));
}

// All pairs of a prompt in one batch: three answers are computed instead of six, and count as before.
TEST(Dpo, GroupingByPromptComputesEachAnswerOnce) {
  const SmallWorld world("dpo_groups");
  PairTraining pairs = small_steps(), groups = small_steps();
  pairs.batch.per_device_train_batch_size = 21;
  groups.batch.per_device_train_batch_size = 7;
  groups.group_by_prompt = true;
  pairs.batch.max_steps = groups.batch.max_steps = 1;
  const Trained apart = train(world, "apart", objective_of(DpoLoss::sigmoid), pairs);
  const Trained together = train(world, "together", objective_of(DpoLoss::sigmoid), groups);
  EXPECT_LT((apart.weights - together.weights).abs().max().item<float>(), 2e-5);
  EXPECT_LT(together.metrics[0]["num_tokens"].get<double>(),
            0.6 * apart.metrics[0]["num_tokens"].get<double>());
}

TEST(Dpo, LooksAtItsAnswersWithoutLearningFromThem) {
  const SmallWorld world("dpo_watch");
  const PreferenceTokens data = rankings(world, 7);
  const PairObjective objective = objective_of(DpoLoss::sigmoid);
  PairTraining config = small_steps();
  config.watch.max_new_tokens = 6;
  Decoder policy = world.decoder(3);
  const auto reference =
      frozen_reference(cached_logprobs(policy, data.completions, 512, world.folder() / "cache"));
  FunctionReward low("low", share_of_low_bytes);
  RunOptions options;
  options.logging_steps = 1;
  nudge::Run run = world.run("watched");
  const Ending ending =
      train_dpo({"test", policy, *reference, world.format(), data, 0, SmallWorld::prompts(8), {&low}},
                objective, config, options, run);
  const std::vector<Json> metrics = read_records(run.folder() / "metrics.jsonl");
  EXPECT_EQ(metrics.front().at("watch/kl_from_start"), 0);
  EXPECT_NE(metrics.back().at("watch/kl_from_start"), 0);
  EXPECT_TRUE(metrics.back().contains("monitor/low"));
  const auto changed = [&](const std::string& name) {
    return std::ranges::any_of(ending.changes, [&](const Change& each) { return each.name == name; });
  };
  for (const char* name :
       {"monitor low", "KL of the start to it", "distinct answers", "log-prob of the chosen answers"})
    EXPECT_TRUE(changed(name)) << name;
  const Trained unwatched = train(world, "unwatched", objective, small_steps(), data);
  EXPECT_TRUE(at::equal(policy.parameters().flat(), unwatched.weights));
}

}  // namespace
}  // namespace nudge
