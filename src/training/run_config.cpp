#include "training/run_config.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/yaml.h"

namespace nudge {
namespace {

constexpr std::array<std::string_view, 7> free_to_differ{
    "output_dir", "resume", "overwrite", "save_steps", "logging_steps", "plan", "allow_changed_inputs"};

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

RunConfig config_of(const Options& options) {
  return {options.resolved_yaml(),
          [&options](const std::string& earlier) { return options.renamed_yaml(earlier); }};
}

void require_same_config(const std::string& before, const std::string& now,
                         const std::filesystem::path& folder) {
  YAML::Node old_config;
  try {
    old_config = read_yaml(before, (folder / "config.yaml").string());
  } catch (const Error& error) {
    fail("{} Start anew with --overwrite.", error.what());
  }
  const YAML::Node new_config = read_yaml(now, "this command");
  for (const auto& entry : new_config) {
    require_same_option(old_config, new_config, entry.first.as<std::string>(), folder);
  }
  for (const auto& entry : old_config) {
    require_same_option(old_config, new_config, entry.first.as<std::string>(), folder);
  }
}

}  // namespace nudge
