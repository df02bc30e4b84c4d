#include "cli/next_commands.h"

#include <fmt/format.h>

namespace nudge {

std::vector<std::string> after_pretraining(const std::string& run) {
  return {fmt::format("nudge sft --model {} --dataset DEMONSTRATIONS.jsonl --output_dir SFT", run)};
}

std::vector<std::string> after_sft(const std::string& run) {
  return {fmt::format("nudge chat {}   # try it", run),
          fmt::format("nudge sample --model {} --dataset PROMPTS.jsonl --num_generations 4 --output "
                      "CANDIDATES.jsonl   # answers for raters to compare",
                      run)};
}

std::vector<std::string> after_reward_model(const std::string& run, const std::string& start) {
  return {
      fmt::format("nudge best-of-n --model {} --reward {} --dataset PROMPTS.jsonl --output_dir BEST   # "
                  "how far can it be trusted?",
                  start, run),
      fmt::format("nudge ppo --model {} --reward {} --dataset PROMPTS.jsonl --output_dir PPO", start, run)};
}

std::vector<std::string> after_policy(const std::string& run, const std::string& start,
                                      const std::string& judge, const std::string& proxy) {
  return {
      fmt::format("nudge eval --model {0} --baseline {1} --reference {1} --dataset HELD_OUT_PROMPTS.jsonl "
                  "--judge {2}{3}   # did it get better?",
                  run, start, judge.empty() ? "JUDGE" : judge, proxy.empty() ? "" : " --proxy " + proxy),
      fmt::format("nudge report {}   # its curves and samples in one page", run)};
}

}  // namespace nudge
