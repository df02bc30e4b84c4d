#include "evaluation/pass_at_k.h"

#include <algorithm>

#include "assembly/loaded_model.h"
#include "assembly/named_rewards.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interval_json.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "data/read_prompts.h"
#include "rollout/collector.h"

namespace nudge {
namespace {

struct PassAtKConfig {
  std::string model, reward, output;
  std::vector<std::string> dataset;
  std::vector<std::int64_t> k = {1, 32};
  std::int64_t limit = 0;
  DatasetOptions datasets;
  ModelOptions models;
  SamplingOptions sampling{.max_new_tokens = 256, .num_generations = 32};
};

void declare(Options& options, PassAtKConfig& config) {
  options.require("model", config.model, "The model that answers.").shown_as("DIR");
  options
      .require("dataset", config.dataset, "Questions (JSON Lines), with what the reward needs to check them.")
      .shown_as("FILE");
  options.require("reward", config.reward, "Who checks: an answer with a score of at least .5 is right.")
      .shown_as("REWARD")
      .also("reward_model");
  options.add("k", config.k, "Report the chance that at least one of k answers is right, for each k.")
      .within(between(1, 1 << 20));
  options.add("num_generations", config.sampling.num_generations, "Answers sampled to each question.")
      .within(between(1, 1 << 20));
  options.add("temperature", config.sampling.temperature, "Sampling temperature.").within(at_least(0));
  options.add("max_new_tokens", config.sampling.max_new_tokens, "Longest answer in tokens.")
      .within(at_least(1))
      .also("max_completion_length")
      .also("response_length");
  options.add("seed", config.sampling.seed, "Seed of the samples.");
  options.add("limit", config.limit, "Use only the first questions; 0: all.").within(at_least(0));
  declare_with_model(options, config.datasets);
  declare(options, config.models);
  options.add("output", config.output, "JSON file for the results; empty: standard output.").shown_as("FILE");
}

Json solved_json(const Solved& solved) {
  Json result = Json::object();
  for (const auto& [k, chance, _] : solved.pass) result[fmt::format("pass@{}", k)] = interval_json(chance);
  Json left_out = Json::object();
  for (const auto& [k, _, questions] : solved.pass)
    if (questions > 0) left_out[fmt::format("pass@{}", k)] = questions;
  result["never_solved"] = interval_json(solved.never);
  result["always_solved"] = interval_json(solved.always);
  result["length_right"] = interval_json(solved.length_right);
  result["length_wrong"] = interval_json(solved.length_wrong);
  result["unscorable"] = solved.unscorable;
  result["questions_left_out"] = left_out;  // fewer than k of their answers could be checked
  return result;
}

}  // namespace

int run_pass_at_k(std::span<const std::string> arguments) {
  PassAtKConfig config;
  Options options("pass-at-k", "Measures how often a model solves questions that can be checked.");
  declare(options, config);
  options.start_with({"k", "num_generations"},
                     "nudge pass-at-k --model runs/grpo --reward number --dataset questions.jsonl --k 1 8");
  if (!options.parse(arguments)) return 0;

  const LoadedModel loaded = reading_as(config.datasets, read_language_model(config.model, config.models));
  const std::vector<Prompt> prompts = read_prompts(Dataset::read(config.dataset, config.datasets.split),
                                                   config.limit, config.datasets, &loaded.format);
  const auto reward = reward_named(config.reward, config.datasets, config.models, loaded.tokenizer.get());
  warn_of_unscorable(*reward, prompts, Dataset::name_of(config.dataset));
  Engine engine(*loaded.model);
  const auto answers = static_cast<std::int64_t>(prompts.size()) * config.sampling.num_generations;
  Progress progress("pass-at-k", answers, "answer");
  const std::vector<Trajectory> sampled =
      collect(prompts, loaded.format, engine, config.sampling, reward.get(), /*policy_version=*/0,
              [&](std::int64_t done) { progress.update(done); });
  progress.finish();
  const Json result = solved_json(solved(sampled, config.sampling.num_generations, config.k));
  if (config.output.empty()) {
    fmt::print("{}", to_pretty(result));
  } else {
    write_file(config.output, to_pretty(result));
    say("pass-at-k: " + to_line(result));
  }
  return 0;
}

}  // namespace nudge
