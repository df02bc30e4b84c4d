// Tokens per second of one training step (packed forward, backward, fused AdamW; 8 sequences of 256 random
// ids) and seconds of one PPO step (64 answers: 64 + 64 tokens, one epoch, separate reward and value models
// of the policy's trunk, as the peers' ppo_trl row), beside the floor: the counted multiply-adds at the
// machine's ceiling, measured in the same run. Then training steps on groups of completions of one prompt,
// the prompt shared or computed for each, in turns. `training_bench m1` runs one shape, `all` runs all of
// them, and `training_bench all sft` one part of each (sft, ppo, groups).

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>

#include "base/random.h"
#include "ceiling.h"
#include "generation/engine.h"
#include "objectives/cross_entropy.h"
#include "objectives/ppo_objective.h"
#include "reward_models/reward_model.h"
#include "rollout/scoring.h"
#include "shapes.h"
#include "tensor/aten.h"
#include "training/learner.h"

namespace nudge::bench {
namespace {

using Sequences = std::vector<std::vector<TokenId>>;

Sequences random_sequences(std::int64_t count, std::int64_t length, std::int64_t vocabulary) {
  Stream stream(0, "bench sequences");
  Sequences sequences(static_cast<std::size_t>(count));
  for (auto& sequence : sequences) {
    for (std::int64_t i = 0; i < length; ++i) {
      sequence.push_back(static_cast<TokenId>(stream.below(static_cast<std::uint64_t>(vocabulary))));
    }
  }
  return sequences;
}

void sft_step(const std::string& name, const ModelConfig& config, const Ceiling& ceiling) {
  constexpr std::int64_t kSequences = 8, kLength = 256;
  Decoder model(config, 0);
  Learner learner(model, "policy", {}, {.lr_scheduler_type = LrSchedule::constant}, 1000);
  const PackedBatch batch = pack(random_sequences(kSequences, kLength, config.vocab_size));
  std::vector<std::int64_t> predicting;
  for (std::int64_t t = 0; t + 1 < batch.tokens(); ++t) {
    if ((t + 1) % kLength != 0) predicting.push_back(t);
  }
  const at::Tensor positions_N = at::tensor(predicting, at::kLong);
  const at::Tensor targets_N = batch.tokens_T.index_select(0, positions_N + 1);
  const Times times = time_of(
      [&] {
        learner.step(1, [&](std::int64_t) {
          return cross_entropy(
              next_token_logprobs(model, batch, positions_N, targets_N, 1.0, false).logprobs_N);
        });
      },
      2.0);
  const auto tokens = static_cast<double>(kSequences * kLength);
  const double floor = 6.0 * static_cast<double>(config.matmul_weights()) * tokens / (ceiling.gflops * 1e9);
  std::printf("%-12s SFT   %9.0f tok/s best %9.0f median   floor %9.0f   x floor %.2f best %.2f median\n",
              name.c_str(), tokens / times.best, tokens / times.median, tokens / floor, times.best / floor,
              times.median / floor);
  std::fflush(stdout);
}

std::vector<Trajectory> roll_out(Engine& engine, const Sequences& prompts, std::int64_t length) {
  const std::vector<Sampled> sampled = engine.generate(prompts, {.max_new_tokens = length});
  std::vector<Trajectory> trajectories(prompts.size());
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    trajectories[i].prompt_tokens = prompts[i];
    trajectories[i].completion_tokens = sampled[i].tokens;
    trajectories[i].logprobs = sampled[i].logprobs;
  }
  return trajectories;
}

void ppo_step(const std::string& name, const ModelConfig& config, const Ceiling& ceiling) {
  constexpr std::int64_t kAnswers = 64, kLength = 64, kBudget = 4096;
  Decoder policy(config, 0);
  const auto reference = policy.clone();
  const auto value = policy.clone_with_scalar_head();
  const auto reward_model = policy.clone_with_scalar_head();
  Learner policy_learner(policy, "policy", {}, {}, 1000), value_learner(*value, "value", {}, {}, 1000);
  Engine engine(policy, kAnswers);
  const Sequences prompts = random_sequences(kAnswers, kLength, config.vocab_size);
  std::vector<std::int64_t> everyone(kAnswers);
  std::iota(everyone.begin(), everyone.end(), 0);

  const Times times = time_of(
      [&] {
        engine.refresh();
        std::vector<Trajectory> trajectories = roll_out(engine, prompts, kLength);
        std::vector<PromptedSequence> answers;
        for (const Trajectory& each : trajectories)
          answers.push_back({each.prompt_tokens, each.completion_tokens});
        head_scores(*reward_model, answers, kBudget);
        completion_logprobs(*reference, trajectories, 1.0, kBudget);
        completion_values(*value, trajectories, kBudget);
        const auto micro = trajectory_batches(trajectories, everyone, kBudget);
        const auto count = static_cast<std::int64_t>(micro.size());
        policy_learner.step(count, [&](std::int64_t i) {
          const PackedTrajectories packed = pack_trajectories(trajectories, micro[i]);
          const TokenLogprobs now =
              next_token_logprobs(policy, packed.batch, packed.predicting_N, packed.targets_N, 1.0, true);
          return ppo_policy_loss({.logprobs_N = now.logprobs_N,
                                  .entropies_N = now.entropies_N,
                                  .old_logprobs_N = now.logprobs_N.detach(),
                                  .advantages_N = at::ones_like(now.logprobs_N)},
                                 {});
        });
        value_learner.step(count, [&](std::int64_t i) {
          const at::Tensor now = predicted_values(*value, pack_trajectories(trajectories, micro[i]));
          return ppo_value_loss(now, now.detach(), at::ones_like(now), {});
        });
      },
      3.0);
  const auto trunk = static_cast<double>(config.matmul_weights() - config.vocab_size * config.hidden_size);
  const auto head = static_cast<double>(config.vocab_size * config.hidden_size);
  const double all = 2.0 * kAnswers * kLength, answers = kAnswers * kLength;
  // Generation 2 P a position, reference 2 P, reward and value 2 P each without head, updates 6 P twice.
  const double flops = 2 * trunk * all + 2 * head * answers + 2 * trunk * all + 2 * head * answers +
                       4 * trunk * all + 6 * trunk * all + 6 * head * answers + 6 * trunk * all;
  const double floor = flops / (ceiling.gflops * 1e9);
  std::printf("%-12s PPO   %9.3f s/step best %8.3f median   floor %9.3f   x floor %.2f best %.2f median\n",
              name.c_str(), times.best, times.median, floor, times.best / floor, times.median / floor);
  std::fflush(stdout);
}

/// Completions of one prompt each, as they are packed.
struct Groups {
  std::int64_t prompts, completions, prompt_length, length;
};

/// One forward and backward pass over all groups and the optimizer's step.
void group_step(Decoder& model, Learner& learner, const std::vector<PromptedSequence>& sequences,
                const Groups& groups) {
  const PackedBatch batch = pack(sequences);
  std::vector<std::int64_t> predicting, target_rows;
  for (std::int64_t b = 0; b < std::ssize(sequences); ++b) {
    for (std::int64_t t = groups.prompt_length; t < sequences[b].length(); ++t) {
      predicting.push_back(batch.row(b, t - 1));
      target_rows.push_back(batch.row(b, t));
    }
  }
  const at::Tensor targets_N = batch.tokens_T.index_select(0, at::tensor(target_rows, at::kLong));
  learner.step(1, [&](std::int64_t) {
    return cross_entropy(
        next_token_logprobs(model, batch, at::tensor(predicting, at::kLong), targets_N, 1.0, true)
            .logprobs_N);
  });
}

void shared_prompts(const std::string& name, const ModelConfig& config, const Groups& groups) {
  Decoder model(config, 0);
  Learner learner(model, "policy", {}, {.lr_scheduler_type = LrSchedule::constant}, 100000);
  const Sequences prompts = random_sequences(groups.prompts, groups.prompt_length, config.vocab_size);
  const Sequences tails =
      random_sequences(groups.prompts * groups.completions, groups.length, config.vocab_size);
  Sequences whole;
  std::vector<PromptedSequence> shared;
  for (std::size_t i = 0; i < tails.size(); ++i) {
    const auto& prompt = prompts[i / static_cast<std::size_t>(groups.completions)];
    shared.push_back({prompt, tails[i]});
    whole.push_back(prompt);
    whole.back().insert(whole.back().end(), tails[i].begin(), tails[i].end());
  }
  const std::vector<PromptedSequence> apart = unprompted(whole);
  std::vector<Times> rounds_shared, rounds_apart;
  std::vector<double> ratios;
  for (int round = 0; round < 5; ++round) {
    rounds_shared.push_back(time_of([&] { group_step(model, learner, shared, groups); }, 0.5));
    rounds_apart.push_back(time_of([&] { group_step(model, learner, apart, groups); }, 0.5));
    ratios.push_back(rounds_apart.back().median / rounds_shared.back().median);
  }
  const auto best = [](const std::vector<Times>& rounds) {
    return std::ranges::min(rounds, {}, &Times::best).best;
  };
  std::ranges::sort(ratios);
  std::printf(
      "%-12s %2ld x (%3ld + %2ld x %3ld)  shared %8.2f ms best, apart %8.2f ms: x %.2f best %.2f median, "
      "tokens x %.2f\n",
      name.c_str(), groups.prompts, groups.prompt_length, groups.completions, groups.length,
      best(rounds_shared) * 1e3, best(rounds_apart) * 1e3, best(rounds_apart) / best(rounds_shared),
      ratios[ratios.size() / 2],
      static_cast<double>(packed_tokens(apart)) / static_cast<double>(packed_tokens(shared)));
  std::fflush(stdout);
}

int run(const std::string& only, const std::string& part) {
  const Ceiling ceiling = measure_ceiling();
  std::printf("ceiling: %.0f GFLOP/s fp32, %.0f GB/s copy\n\n", ceiling.gflops, ceiling.gigabytes_per_second);
  const auto wanted = [&](const char* each) { return part.empty() || part == each; };
  for (const auto& [name, config] : shapes(only)) {
    if (wanted("sft")) sft_step(name, config, ceiling);
    if (wanted("ppo")) ppo_step(name, config, ceiling);
    if (!wanted("groups")) continue;
    for (const Groups& groups :
         {Groups{16, 2, 64, 16}, {16, 2, 64, 64}, {4, 8, 64, 64}, {4, 8, 200, 50}, {16, 2, 1, 64}})
      shared_prompts(name, config, groups);
  }
  return 0;
}

}  // namespace
}  // namespace nudge::bench

int main(int argc, char** argv) {
  return nudge::bench::run(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "");
}
