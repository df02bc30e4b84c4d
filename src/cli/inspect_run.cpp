#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "cli/inspect.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

/// The last whole line of metrics.jsonl; a run that goes on may be writing the next one.
Json last_metrics(const fs::path& file) {
  const std::string text = read_file(file);
  const auto end = text.rfind('\n');
  if (end == std::string::npos) return Json::object();
  const auto before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  const auto start = before == std::string::npos ? 0 : before + 1;
  return parse_json(std::string_view(text).substr(start, end - start), file.string());
}

std::string checkpoints_of(const fs::path& folder) {
  std::vector<std::int64_t> steps;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints", ignored)) {
    const std::string name = entry.path().filename().string();
    const bool whole =
        name.starts_with("step-") && name.find_first_not_of("0123456789", 5) == std::string::npos;
    if (whole && name.size() > 5) steps.push_back(std::stoll(name.substr(5)));
  }
  std::sort(steps.begin(), steps.end());
  return steps.empty() ? "none" : fmt::format("at step {}", fmt::join(steps, ", "));
}

}  // namespace

Facts inspect_run(const fs::path& folder) {
  Facts facts{
      {"run", folder.string()},
      {"state", fs::exists(folder / "final" / "config.json") ? "finished" : "not finished; --resume goes on"},
      {"checkpoints", checkpoints_of(folder)}};
  if (!fs::exists(folder / "metrics.jsonl")) return facts;
  const Json metrics = last_metrics(folder / "metrics.jsonl");
  for (const auto& [name, value] : metrics.items()) {
    const bool number = value.is_number_float();
    facts.emplace_back("  " + name, number ? fmt::format("{:.5g}", value.get<double>()) : to_line(value));
  }
  return facts;
}

}  // namespace nudge
