#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "cli/recipes/stages.h"
#include "evaluation/report/demo_report.h"

namespace nudge {

/// The options with which a run was made: its config.yaml.
class RecordedOptions {
 public:
  /// Throws Error when `run` has none.
  explicit RecordedOptions(const std::filesystem::path& run);

  /// Throws Error when there is no such option, or it is no such number.
  std::int64_t whole(const std::string& option) const;
  double number(const std::string& option) const;

 private:
  template <class Number>
  Number get(const std::string& option) const;

  std::string where_;
  YAML::Node values_;
};

/// A way to a policy.
struct Method {
  std::string_view command;
  std::string_view label;  // for readers
  report::ModelKind kind;
};

/// A policy that the demo has trained.
struct DemoPolicy {
  Method method;
  std::filesystem::path run;
  RecordedOptions options;

  std::string name() const { return run.filename().string(); }
  /// In all of its rollouts.
  std::int64_t answers_sampled() const;
};

/// The policies that the stages have trained, in order. Throws Error when one is not complete.
std::vector<DemoPolicy> demo_policies(const std::vector<Stage>& stages);

}  // namespace nudge
