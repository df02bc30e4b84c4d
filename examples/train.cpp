// Trains a model from C++: on demonstrations, then by PPO against a reward of one's own and one by name.
#include <cstdio>

#include "algorithms/ppo.h"
#include "algorithms/sft.h"
#include "assembly/loaded_model.h"
#include "assembly/named_rewards.h"
#include "assembly/training_prompts.h"
#include "rewards/function_reward.h"
#include "rewards/weighted_sum.h"
#include "training/run_config.h"

// Longer answers are worth less: 1 for none, 0 for 100 bytes.
double brevity(const nudge::Trajectory& answer) {
  return 1 - static_cast<double>(answer.completion.size()) / 100;
}

int main(int argc, char** argv) try {
  if (argc != 5) return std::fputs("usage: train MODEL DEMONSTRATIONS PROMPTS OUTPUT\n", stderr), 2;
  const std::string model = argv[1], demonstrations = argv[2], questions = argv[3], output = argv[4];
  nudge::LoadedModel policy = nudge::load_language_model(model);
  nudge::set_chat_template(policy, nudge::kChatMlTemplate, "<|im_end|>");

  nudge::Dataset records = nudge::Dataset::read(demonstrations);
  const nudge::SftData data{.train = training_examples(records, policy.format, {.max_length = 128}).examples};
  const nudge::SftOptions sft{.batch = {.num_train_epochs = 2}, .optimizer = {.learning_rate = 1e-3}};
  nudge::RunOptions options{.output_dir = output + "/sft"};
  nudge::Run first(options.output_dir, nudge::config_of(sft, options));
  std::puts(changes_text(train_sft(*policy.model, policy.format, data, sft, options, first)).c_str());

  const auto reference = policy.model->base_model(), value = policy.model->clone_with_scalar_head();
  std::vector<nudge::WeightedReward> parts;
  parts.push_back({nudge::reward_named("world", {}, {}, policy.tokenizer.get())});
  parts.push_back({std::make_unique<nudge::FunctionReward>("brevity", brevity), 0.1});
  nudge::WeightedSum reward(std::move(parts));
  nudge::PpoOptions ppo{.rollout = {.steps = 4, .prompts = 16, .max_new_tokens = 36, .temperature = 0.7},
                        .kl_coef = {.start = 0.2}};
  const std::vector<nudge::Prompt> prompts =
      nudge::read_training_prompts(nudge::Dataset::read(questions), policy, ppo.rollout.max_new_tokens, {});
  options.output_dir = output + "/ppo";
  nudge::Run second(options.output_dir, nudge::config_of(ppo, options));
  const nudge::PpoModels models{*policy.model, *reference, *value, reward, {}, policy.format};
  std::puts(changes_text(train_ppo(models, prompts, ppo, options, second)).c_str());
} catch (const std::exception& error) {
  return std::fprintf(stderr, "train: %s\n", error.what()), 1;
}
