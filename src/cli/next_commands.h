#pragma once

#include <string>
#include <vector>

namespace nudge {

// Command lines that usually follow a run, each with what it shows behind a #; names in capitals are for the
// user to fill in.

std::vector<std::string> after_pretraining(const std::string& run);
std::vector<std::string> after_sft(const std::string& run);
/// `start`: the SFT model that the reward model grew from.
std::vector<std::string> after_reward_model(const std::string& run, const std::string& start);
/// `start`: the model that the policy began as. `judge` and `proxy` as of nudge eval; "" where none is known.
std::vector<std::string> after_policy(const std::string& run, const std::string& start,
                                      const std::string& judge = "", const std::string& proxy = "");

}  // namespace nudge
