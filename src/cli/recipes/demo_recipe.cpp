#include "cli/recipes/demo_recipe.h"

#include <fmt/format.h>

#include "model/config.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

template <class T>
std::string text(const T& value) {
  return fmt::format("{}", value);
}

// Answers in this world are one or two sentences; 0.5 is where the small model speaks well (at 1 it stammers)
// and still gives raters something to compare.
constexpr const char* kTemperature = "0.5";
const Arguments kSampling = {"--temperature", kTemperature, "--max_new_tokens", "36"};

Arguments operator+(Arguments left, const Arguments& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// A size where it is another than the command's own, which the full demo has.
template <class T>
Arguments unless_usual(const char* option, const T& value, const T& usual) {
  return value == usual ? Arguments{} : Arguments{option, text(value)};
}

Stage world_stage(const fs::path& folder, std::uint64_t seed, const DemoSizes& sizes) {
  const world::WorldOptions &own = sizes.world, usual;
  return {"world", "Make the world: facts, corpus, demonstrations, prompts",
          Arguments{"world", "--output_dir", folder / "world", "--seed", text(seed)} +
              unless_usual("--documents", own.documents, usual.documents) +
              unless_usual("--demonstrations", own.demonstrations, usual.demonstrations) +
              unless_usual("--comparison_prompts", own.comparison_prompts, usual.comparison_prompts) +
              unless_usual("--rl_prompts", own.rl_prompts, usual.rl_prompts) +
              unless_usual("--eval_prompts", own.eval_prompts, usual.eval_prompts),
          folder / "world" / "corpus.jsonl"};
}

Stage tokenizer_stage(const fs::path& folder, const DemoSizes& sizes) {
  return {"tokenizer",
          "Train the tokenizer",
          {"tokenizer", "train", "--input", folder / "world" / "corpus.jsonl", "--vocab_size",
           text(sizes.vocab_size), "--output_dir", folder / "tokenizer"},
          folder / "tokenizer" / "tokenizer.json"};
}

Stage pretrain_stage(const fs::path& folder, std::uint64_t seed, const DemoSizes& sizes) {
  const ModelConfig usual;
  return {"base", "Pretrain the base model on the corpus",
          Arguments{"pretrain", "--tokenizer", folder / "tokenizer", "--dataset",
                    folder / "world" / "corpus.jsonl", "--eval_dataset",
                    folder / "world" / "corpus_eval.jsonl", "--output_dir", folder / "base", "--max_length",
                    text(sizes.pretrain_length), "--per_device_train_batch_size", text(sizes.pretrain_batch),
                    "--max_steps", text(sizes.pretrain_steps), "--learning_rate", "4e-3"} +
              unless_usual("--hidden_size", sizes.hidden_size, usual.hidden_size) +
              unless_usual("--intermediate_size", sizes.intermediate_size, usual.intermediate_size) +
              unless_usual("--num_hidden_layers", sizes.layers, usual.num_hidden_layers) +
              Arguments{"--save_steps", "500", "--eval_steps", "500", "--seed", text(seed), "--resume"},
          folder / "base" / "final"};
}

Stage probe_stage(const fs::path& folder, std::uint64_t seed) {
  return {"probe",
          "Ask the base model: does it know, does it answer?",
          {"world", "probe", "--model", folder / "base", "--world", folder / "world", "--seed", text(seed),
           "--output", folder / "eval" / "base.json"},
          folder / "eval" / "base.json"};
}

Stage sft_stage(const fs::path& folder, std::uint64_t seed, const DemoSizes& sizes) {
  return {"sft",
          "Fine-tune on demonstrations",
          {"sft", "--model", folder / "base", "--dataset", folder / "world" / "demonstrations.jsonl",
           "--output_dir", folder / "sft", "--max_length", "128", "--per_device_train_batch_size", "16",
           "--num_train_epochs", text(sizes.sft_epochs), "--learning_rate", "5e-4", "--seed", text(seed),
           "--resume"},
          folder / "sft" / "final"};
}

// Raters see more varied answers than the policy usually gives (temperature 0.7), four at a time: a ranking
// of four is six comparisons for one reading.
Stage sample_stage(const fs::path& folder, std::uint64_t seed) {
  return {"candidates",
          "Sample four answers to each comparison prompt",
          {"sample", "--model", folder / "sft", "--dataset", folder / "world" / "comparison_prompts.jsonl",
           "--num_generations", "4", "--temperature", "0.7", "--max_new_tokens", "36", "--seed", text(seed),
           "--output", folder / "candidates.jsonl"},
          folder / "candidates.jsonl"};
}

Stage raters_stage(const fs::path& folder, std::uint64_t seed) {
  return {"pairs",
          "Simulated raters rank them",
          {"preferences", "simulate", "--dataset", folder / "candidates.jsonl", "--scorer", "world",
           "--protocol", "ranking", "--pairs", "--mistake_rate", "0.2", "--tie_within", "0.1", "--seed",
           text(seed), "--summary", folder / "raters.json", "--output", folder / "pairs.jsonl"},
          folder / "pairs.jsonl"};
}

Stage reward_stage(const fs::path& folder, std::uint64_t seed) {
  return {"reward",
          "Learn the reward model from the comparisons",
          {"reward", "--model", folder / "sft", "--dataset", folder / "pairs.jsonl", "--output_dir",
           folder / "reward", "--max_length", "128", "--learning_rate", "1e-3", "--normalization_temperature",
           kTemperature, "--normalization_max_new_tokens", "36", "--seed", text(seed), "--resume"},
          folder / "reward" / "final"};
}

Stage ppo_stage(const fs::path& folder, std::uint64_t seed, const Leash& leash) {
  const std::string name = ppo_name(leash.kl_coef);
  return {name,
          leash.kl_coef == 0 ? "PPO without a leash" : fmt::format("PPO on a leash of {}", leash.kl_coef),
          {"ppo",
           "--model",
           folder / "sft",
           "--reward",
           folder / "reward",
           "--dataset",
           folder / "world" / "rl_prompts.jsonl",
           "--monitor",
           "world",
           "--output_dir",
           folder / name,
           "--max_steps",
           text(leash.rollouts),
           "--rollout_batch_size",
           text(leash.answers),
           "--num_ppo_epochs",
           "2",
           "--num_mini_batches",
           "2",
           "--learning_rate",
           "1e-4",
           "--lr_scheduler_type",
           "constant",
           "--kl_coef",
           text(leash.kl_coef),
           "--missing_eos_penalty",
           "1",
           "--temperature",
           kTemperature,
           "--max_new_tokens",
           "36",
           "--seed",
           text(seed),
           "--resume"},
          folder / name / "final"};
}

// Where all successors start.
Arguments start_of(const fs::path& folder, const Successor& method) {
  return {method.name, "--model", folder / "sft"};
}

// Where they end up.
Arguments end_of(const fs::path& folder, std::uint64_t seed, const Successor& method) {
  return {"--output_dir", folder / method.name, "--seed", text(seed), "--resume"};
}

Stage pairs_stage(const fs::path& folder, std::uint64_t seed, const Successor& method,
                  const Arguments& choices) {
  return {method.name, method.label + ": straight from the comparisons",
          start_of(folder, method) + Arguments{"--dataset", folder / "pairs.jsonl", "--max_length", "128"} +
              choices +
              Arguments{"--monitor", "world", "--monitor_dataset", folder / "world" / "rl_prompts.jsonl"} +
              kSampling + end_of(folder, seed, method),
          folder / method.name / "final"};
}

// As many answers, passes and optimizer steps as PPO takes.
Stage group_stage(const fs::path& folder, std::uint64_t seed, const DemoSizes& sizes, const Successor& method,
                  const Arguments& choices) {
  return {method.name, method.label + ": answers to one prompt compared with one another",
          start_of(folder, method) +
              Arguments{"--reward",
                        folder / "reward",
                        "--dataset",
                        folder / "world" / "rl_prompts.jsonl",
                        "--monitor",
                        "world",
                        "--max_steps",
                        text(sizes.group_steps),
                        "--rollout_batch_size",
                        text(sizes.group_prompts),
                        "--num_generations",
                        text(sizes.num_generations),
                        "--num_iterations",
                        "2",
                        "--steps_per_generation",
                        "2",
                        "--learning_rate",
                        "1e-4",
                        "--lr_scheduler_type",
                        "constant",
                        "--missing_eos_penalty",
                        "1",
                        "--temperature",
                        kTemperature,
                        "--max_new_tokens",
                        "36"} +
              choices + end_of(folder, seed, method),
          folder / method.name / "final"};
}

// Where a command's own choices are not taken, docs/world.md says why.
Stage successor_stage(const fs::path& folder, std::uint64_t seed, const DemoSizes& sizes,
                      const Successor& method) {
  if (method.name == "dpo")
    return pairs_stage(folder, seed, method,
                       {"--group_by_prompt", "--per_device_train_batch_size", text(sizes.dpo_prompts),
                        "--max_steps", text(sizes.dpo_steps), "--learning_rate", "3e-4"});
  if (method.name == "kto")
    return pairs_stage(folder, seed, method,
                       {"--per_device_train_batch_size", text(sizes.kto_answers), "--max_steps",
                        text(sizes.kto_steps), "--learning_rate", "1e-4"});
  return group_stage(folder, seed, sizes, method,
                     method.name == "rloo" ? Arguments{"--beta", "0.6"} : Arguments{});
}

// All of them on the same prompts, in one table.
Stage eval_stage(const fs::path& folder, std::uint64_t seed, const Arguments& models) {
  return {"eval", "Did it get better? Every model on held-out prompts",
          Arguments{"eval", "--model"} + models +
              Arguments{"--baseline", folder / "sft", "--reference", folder / "sft", "--dataset",
                        folder / "world" / "eval_prompts.jsonl", "--judge", "world", "--proxy",
                        folder / "reward", "--perplexity_dataset", folder / "world" / "corpus_eval.jsonl"} +
              kSampling +
              Arguments{"--seed", text(seed), "--texts", "500", "--output", folder / "eval" / "models.json"},
          folder / "eval" / "models.json"};
}

Stage best_of_n_stage(const fs::path& folder, std::uint64_t seed, const DemoSizes& sizes) {
  Arguments n = {"--n"};
  for (std::int64_t value : sizes.best_of_n) n.push_back(text(value));
  return {"best-of-n", "Best-of-n: the simplest optimiser",
          Arguments{"best-of-n", "--model", folder / "sft", "--reward", folder / "reward", "--judge", "world",
                    "--dataset", folder / "world" / "eval_prompts.jsonl", "--limit",
                    text(sizes.best_of_n_prompts)} +
              n + kSampling + Arguments{"--seed", text(seed), "--output_dir", folder / "best-of-n"},
          folder / "best-of-n" / "best.jsonl"};
}

}  // namespace

DemoSizes DemoSizes::tiny() {
  DemoSizes sizes;
  sizes.world.documents = 400;
  sizes.world.demonstrations = 60;
  sizes.world.comparison_prompts = 120;
  sizes.world.rl_prompts = 64;
  sizes.world.eval_prompts = 40;
  sizes.vocab_size = 400;
  sizes.hidden_size = 32;
  sizes.intermediate_size = 64;
  sizes.layers = 2;
  sizes.pretrain_steps = 30;
  sizes.sft_epochs = 1;
  sizes.leashes = {{kLeash, 2, 16}, {0.0, 3, 16}};
  sizes.dpo_steps = sizes.kto_steps = sizes.group_steps = 2;
  sizes.dpo_prompts = sizes.kto_answers = 8;
  sizes.group_prompts = 4;
  sizes.best_of_n_prompts = 8;
  sizes.best_of_n = {1, 4};
  return sizes;
}

std::string ppo_name(double kl_coef) {
  return fmt::format("ppo-kl-{:.1f}", kl_coef);
}

const std::vector<Successor>& successors() {
  static const std::vector<Successor> list = {
      {"dpo", "DPO", false}, {"kto", "KTO", false}, {"grpo", "GRPO", true}, {"rloo", "RLOO", true}};
  return list;
}

std::vector<Stage> demo_stages(const fs::path& folder, std::uint64_t seed, const DemoSizes& sizes) {
  std::vector<Stage> stages = {
      world_stage(folder, seed, sizes), tokenizer_stage(folder, sizes), pretrain_stage(folder, seed, sizes),
      probe_stage(folder, seed),        sft_stage(folder, seed, sizes), sample_stage(folder, seed),
      raters_stage(folder, seed),       reward_stage(folder, seed),     best_of_n_stage(folder, seed, sizes),
  };
  Arguments models = {folder / "sft"};
  for (const Leash& leash : sizes.leashes) {
    stages.push_back(ppo_stage(folder, seed, leash));
    models.push_back(folder / ppo_name(leash.kl_coef));
  }
  for (const Successor& method : successors()) {
    stages.push_back(successor_stage(folder, seed, sizes, method));
    models.push_back(folder / method.name);
  }
  stages.push_back(eval_stage(folder, seed, models));
  return stages;
}

}  // namespace nudge
