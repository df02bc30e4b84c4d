// ppo, grpo and online-dpo tell their stories apart, each from its first line to its last; what one of them
// learns to sample, to log or to save, the others must not lack.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <type_traits>

#include "algorithms/grpo.h"
#include "algorithms/online_dpo.h"
#include "algorithms/ppo.h"
#include "algorithms/small_world_test.h"
#include "base/options.h"
#include "rewards/weighted_sum.h"
#include "rollout/describe.h"

namespace nudge {
namespace {

static_assert(std::is_same_v<decltype(PpoOptions::rollout), RolloutOptions>);
static_assert(std::is_same_v<decltype(GrpoOptions::rollout), RolloutOptions>);
static_assert(std::is_same_v<decltype(OnlineDpoOptions::rollout), RolloutOptions>);

using Names = std::set<std::string>;

const std::vector<std::string> kMethods = {"ppo", "grpo", "online-dpo"};

RolloutOptions few(std::int64_t prompts, std::int64_t num_generations) {
  return {.steps = 2, .prompts = prompts, .num_generations = num_generations, .max_new_tokens = 8};
}

double brevity(const Trajectory& trajectory) {
  return -static_cast<double>(trajectory.completion_tokens.size());
}

WeightedSum low_and_short() {
  std::vector<WeightedReward> parts;
  parts.push_back({std::make_unique<FunctionReward>("low", share_of_low_bytes)});
  parts.push_back({std::make_unique<FunctionReward>("short", brevity)});
  return WeightedSum(std::move(parts));
}

// One run of each method in the same small world, each in the folder of its name.
class Siblings : public testing::Test {
 protected:
  Siblings() : world_("siblings") {
    omp_set_num_threads(1);
    const Decoder start = world_.decoder(1);
    const auto value = start.clone_with_scalar_head();
    WeightedSum reward = low_and_short();
    FunctionReward gold("gold", share_of_low_bytes);
    const std::vector<Reward*> monitors{&gold};
    const std::vector<Prompt> prompts = SmallWorld::prompts(8);
    const ChatFormat& format = world_.format();
    const RunOptions options{.save_steps = 1, .logging_steps = 1, .seed = 7};
    const auto train = [&](const std::string& method, const auto& by_method) {
      const auto policy = start.clone();
      nudge::Run run = world_.run(method);
      by_method(*policy, run);
    };
    train("ppo", [&](Decoder& policy, nudge::Run& run) {
      train_ppo({policy, start, *value, reward, monitors, format}, prompts, {.rollout = few(8, 1)}, options,
                run);
    });
    train("grpo", [&](Decoder& policy, nudge::Run& run) {
      train_grpo({policy, &start, reward, monitors, format}, prompts, {.rollout = few(2, 4)}, options, run);
    });
    train("online-dpo", [&](Decoder& policy, nudge::Run& run) {
      train_online_dpo({policy, start, reward, monitors, format}, prompts, {.rollout = few(4, 2)}, options,
                       run);
    });
  }

  // The keys of the last record of a file of JSON lines.
  Names keys(const std::string& method, const std::string& file) const {
    const std::vector<Json> records = read_records(world_.folder() / method / file);
    Names names;
    for (const auto& [key, _] : records.back().items()) names.insert(key);
    return names;
  }

  // What lies in a run's folder, but for TensorBoard's file, whose name tells when it was made.
  Names saved(const std::string& method) const {
    const std::filesystem::path folder = world_.folder() / method;
    Names files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      const std::string name = entry.path().lexically_relative(folder).generic_string();
      if (entry.is_regular_file() && !name.starts_with("tensorboard/")) files.insert(name);
    }
    return files;
  }

  SmallWorld world_;
};

void expect_all(const Names& wanted, const Names& there, const std::string& method) {
  for (const std::string& name : wanted) EXPECT_TRUE(there.contains(name)) << method << " lacks " << name;
}

// The names that a rollout has in the log, against the reward of two parts.
Names described() {
  const Trajectory one{.completion_tokens = {1}, .components = {{"low", 1}, {"short", -1}}};
  const Ragged logprobs = Ragged::of(std::vector<std::vector<float>>{{-1}});
  Metrics metrics;
  describe_rollout(std::vector{one}, logprobs, logprobs, metrics);
  Names names;
  for (const auto& [name, _] : metrics) names.insert(name);
  return names;
}

TEST_F(Siblings, LogTheSameOfARollout) {
  Names wanted = described();
  wanted.insert("monitor/gold");
  expect_all({"objective/kl", "objective/entropy", "objective/scores", "completions/mean_length",
              "completions/clipped_ratio", "rewards/low/mean", "rewards/short/std", "rewards/unscorable"},
             wanted, "describe_rollout");
  for (const std::string& method : kMethods) expect_all(wanted, keys(method, "metrics.jsonl"), method);
}

TEST_F(Siblings, SaveTheSame) {
  Names of_ppo = saved("ppo");
  EXPECT_GT(std::erase_if(of_ppo, [](const std::string& name) { return name.starts_with("value_model/"); }),
            0U);
  expect_all({"metrics.jsonl", "timing.jsonl", "ending.json", "samples/rollouts.jsonl",
              "final/model.safetensors", "final/tokenizer.json"},
             of_ppo, "ppo");
  EXPECT_EQ(saved("grpo"), of_ppo);
  EXPECT_EQ(saved("online-dpo"), of_ppo);
  for (const std::string& method : kMethods)
    expect_all({"step", "prompt", "completion", "completion_tokens", "ended", "score"},
               keys(method, "samples/rollouts.jsonl"), method);
}

template <class Method>
void expect_sampling_options() {
  Method method;
  Options options("train", "Trains.");
  declare(options, method);
  options.parse(std::vector<std::string>{"--max_steps", "3", "--rollout_batch_size", "4", "--max_new_tokens",
                                         "5", "--temperature", "0.5", "--missing_eos_penalty", "6"});
  EXPECT_EQ(method.rollout.steps, 3);
  EXPECT_EQ(method.rollout.prompts, 4);
  EXPECT_EQ(method.rollout.max_new_tokens, 5);
  EXPECT_EQ(method.rollout.temperature, 0.5);
  EXPECT_EQ(method.rollout.missing_eos_penalty, 6);
}

TEST(SiblingOptions, TakeTheSameForSampling) {
  expect_sampling_options<PpoOptions>();
  expect_sampling_options<GrpoOptions>();
  expect_sampling_options<OnlineDpoOptions>();
}

}  // namespace
}  // namespace nudge
