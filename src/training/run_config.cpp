#include "training/run_config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"

namespace nudge {
namespace {

constexpr std::array<std::string_view, 6> free_to_differ{"output_dir", "resume",        "overwrite",
                                                         "save_steps", "logging_steps", "plan"};

std::string value_of(const YAML::Node& config, const std::string& option) {
  return config[option] ? YAML::Dump(config[option]) : "(absent)";
}

void require_same_option(const YAML::Node& before, const YAML::Node& now, const std::string& option,
                         const std::filesystem::path& folder) {
  if (std::find(free_to_differ.begin(), free_to_differ.end(), option) != free_to_differ.end()) return;
  const std::string old_value = value_of(before, option), new_value = value_of(now, option);
  require(old_value == new_value,
          "The run in {} was started with {} {}, but this command says {}; resume with the same options, or "
          "start "
          "anew with --overwrite.",
          folder.string(), option, old_value, new_value);
}

}  // namespace

void require_same_config(const std::string& before, const std::string& now,
                         const std::filesystem::path& folder) {
  YAML::Node old_config;
  try {
    old_config = YAML::Load(before);
  } catch (const YAML::Exception& error) {
    fail("{} is not YAML ({}); start anew with --overwrite.", (folder / "config.yaml").string(),
         error.what());
  }
  const YAML::Node new_config = YAML::Load(now);
  for (const auto& entry : new_config) {
    require_same_option(old_config, new_config, entry.first.as<std::string>(), folder);
  }
  for (const auto& entry : old_config) {
    require_same_option(old_config, new_config, entry.first.as<std::string>(), folder);
  }
}

}  // namespace nudge
