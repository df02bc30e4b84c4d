#include "cli/evaluations_text.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/terminal.h"
#include "evaluation/measures_text.h"

namespace nudge {
namespace {

using Parts = std::vector<std::string>;

Parts parts_of(const std::string& folder) {
  Parts parts;
  for (const auto& part : std::filesystem::path(folder).lexically_normal())
    if (!part.empty()) parts.push_back(part.string());
  return parts;
}

// The parts of the paths that tell them apart: without what all begin and end with.
std::vector<std::string> short_names(const std::vector<std::string>& folders) {
  std::vector<Parts> paths;
  for (const std::string& folder : folders) paths.push_back(parts_of(folder));
  const auto all = [&](auto equal_at_their_end) {
    return std::ranges::all_of(paths, [&](const Parts& path) {
      return path.size() > 1 && paths.front().size() > 1 && equal_at_their_end(path);
    });
  };
  while (all([&](const Parts& path) { return path.front() == paths.front().front(); }))
    for (Parts& path : paths) path.erase(path.begin());
  while (all([&](const Parts& path) { return path.back() == paths.front().back(); }))
    for (Parts& path : paths) path.pop_back();
  std::vector<std::string> names;
  for (const Parts& path : paths) names.push_back(fmt::format("{}", fmt::join(path, "/")));
  return names;
}

}  // namespace

std::string evaluations_text(const Json& results) {
  const std::vector<Json> models =
      results.is_array() ? results.get<std::vector<Json>>() : std::vector<Json>{results};
  std::vector<std::string> folders;
  for (const Json& model : models) folders.push_back(model.at("settings").at("model").get<std::string>());
  const Json& first = models.front();
  const std::string baseline = first.at("settings").value("baseline", "");
  const std::string start = fmt::format(
      "{} answers of {} at temperature {}, with 95 % intervals{}:\n", first.at("prompts").get<std::int64_t>(),
      models.size() == 1 ? folders.front() : "each model", first.at("temperature").get<double>(),
      baseline.empty() ? "" : "; the baseline is " + baseline);
  if (models.size() == 1) return start + measures_text(first);
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  return start + measures_table(short_names(folders), models,
                                terminal ? static_cast<std::size_t>(terminal_columns(STDOUT_FILENO))
                                         : std::string::npos);
}

}  // namespace nudge
