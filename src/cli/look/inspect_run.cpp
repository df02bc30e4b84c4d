#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "cli/look/inspect.h"
#include "model/peft.h"

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

/// The step of a checkpoint's folder; none of what is called otherwise or by a number that no run reaches.
std::optional<std::int64_t> step_of(std::string_view name) {
  constexpr std::string_view kPrefix = "step-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  std::int64_t step = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
  const bool whole = error == std::errc() && end == name.data() + name.size() && step >= 0;
  return whole ? std::optional(step) : std::nullopt;
}

std::string checkpoints_of(const fs::path& folder) {
  std::vector<std::int64_t> steps;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints", ignored)) {
    if (const auto step = step_of(entry.path().filename().string())) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps.empty() ? "none" : fmt::format("at step {}", fmt::join(steps, ", "));
}

}  // namespace

Facts inspect_run(const fs::path& folder) {
  Facts facts{{"run", folder.string()},
              {"state", holds_model(folder / "final") ? "finished" : "not finished; --resume goes on"},
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
