#include "cli/recipes/demo_policies.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"

namespace nudge {
namespace {

constexpr Method kMethods[] = {{"ppo", "PPO", report::ModelKind::ppo},
                               {"dpo", "DPO", report::ModelKind::offline},
                               {"kto", "KTO", report::ModelKind::offline},
                               {"grpo", "GRPO", report::ModelKind::online},
                               {"rloo", "RLOO", report::ModelKind::online}};

}  // namespace

RecordedOptions::RecordedOptions(const std::filesystem::path& run)
    : where_((run / "config.yaml").string()), values_(read_yaml(read_file(where_), where_)) {}

template <class Number>
Number RecordedOptions::get(const std::string& option) const {
  try {
    return values_[option].as<Number>();
  } catch (const YAML::Exception&) {
    fail("{}: expected the number {}, which the demo's report shows; was another program's run put here?",
         where_, option);
  }
}

std::int64_t RecordedOptions::whole(const std::string& option) const {
  return get<std::int64_t>(option);
}

double RecordedOptions::number(const std::string& option) const {
  return get<double>(option);
}

std::int64_t DemoPolicy::answers_sampled() const {
  const std::int64_t rows = options.whole("max_steps") * options.whole("rollout_batch_size");
  return method.kind == report::ModelKind::online ? rows * options.whole("num_generations") : rows;
}

std::vector<DemoPolicy> demo_policies(const std::vector<Stage>& stages) {
  std::vector<DemoPolicy> policies;
  for (const Stage& stage : stages) {
    const auto* const method = std::ranges::find(kMethods, stage.arguments.front(), &Method::command);
    const std::filesystem::path run = stage.produces.parent_path();
    if (method != std::end(kMethods)) policies.push_back({*method, run, RecordedOptions(run)});
  }
  return policies;
}

}  // namespace nudge
