#pragma once

#include <span>
#include <string>

namespace nudge {

// The commands, one small file each; src/cli/registry.cpp lists them with their summaries.
int run_bco(std::span<const std::string> arguments);
int run_best_of_n(std::span<const std::string> arguments);
int run_chat(std::span<const std::string> arguments);
int run_cpo(std::span<const std::string> arguments);
int run_demo(std::span<const std::string> arguments);
int run_dpo(std::span<const std::string> arguments);
int run_eval(std::span<const std::string> arguments);
int run_export(std::span<const std::string> arguments);
int run_grpo(std::span<const std::string> arguments);
int run_import(std::span<const std::string> arguments);
int run_inspect(std::span<const std::string> arguments);
int run_kto(std::span<const std::string> arguments);
int run_label(std::span<const std::string> arguments);
int run_merge(std::span<const std::string> arguments);
int run_online_dpo(std::span<const std::string> arguments);
int run_orpo(std::span<const std::string> arguments);
int run_pass_at_k(std::span<const std::string> arguments);
int run_ppo(std::span<const std::string> arguments);
int run_preferences_agreement(std::span<const std::string> arguments);
int run_preferences_export(std::span<const std::string> arguments);
int run_preferences_import(std::span<const std::string> arguments);
int run_preferences_prioritise(std::span<const std::string> arguments);
int run_preferences_simulate(std::span<const std::string> arguments);
int run_preferences_split(std::span<const std::string> arguments);
int run_preferences_stats(std::span<const std::string> arguments);
int run_preferences_unpair(std::span<const std::string> arguments);
int run_pretrain(std::span<const std::string> arguments);
int run_reinforce(std::span<const std::string> arguments);
int run_report(std::span<const std::string> arguments);
int run_reward(std::span<const std::string> arguments);
int run_reward_average(std::span<const std::string> arguments);
int run_reward_evaluate(std::span<const std::string> arguments);
int run_rloo(std::span<const std::string> arguments);
int run_run(std::span<const std::string> arguments);
int run_sample(std::span<const std::string> arguments);
int run_score(std::span<const std::string> arguments);
int run_sft(std::span<const std::string> arguments);
int run_tokenizer_encode(std::span<const std::string> arguments);
int run_tokenizer_train(std::span<const std::string> arguments);
int run_tpo(std::span<const std::string> arguments);
int run_verify(std::span<const std::string> arguments);
int run_world(std::span<const std::string> arguments);
int run_world_arithmetic(std::span<const std::string> arguments);
int run_world_probe(std::span<const std::string> arguments);

}  // namespace nudge
