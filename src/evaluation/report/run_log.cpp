#include "evaluation/report/run_log.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"

namespace nudge::report {
namespace {

namespace fs = std::filesystem;

void add_line(RunLog& run, const Json& line, const std::string& where) {
  const auto step = get<double>(line, "step", where);
  run.last_step = step;
  for (const auto& [name, value] : line.items()) {
    if (name == "step" || name == "epoch" || !value.is_number()) continue;
    auto found = std::find_if(run.curves.begin(), run.curves.end(), [&](auto& c) { return c.name == name; });
    if (found == run.curves.end()) found = run.curves.insert(found, {name, {}});
    found->points.push_back({.x = step, .y = value.get<double>()});
  }
}

}  // namespace

bool Curve::varies() const {
  return std::ranges::any_of(points, [&](const Point& point) { return point.y != points.front().y; });
}

const Curve* RunLog::find(std::string_view curve) const {
  const auto found = std::ranges::find(curves, curve, &Curve::name);
  return found == curves.end() ? nullptr : &*found;
}

std::vector<Json> read_lines(const fs::path& file) {
  const std::string bytes = read_text(file);
  std::vector<Json> lines;
  std::string_view rest = bytes;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) break;  // still being written, or cut short
    if (end > 0)
      lines.push_back(parse_json(rest.substr(0, end), fmt::format("{} line {}", file.string(), number)));
    rest.remove_prefix(end + 1);
  }
  return lines;
}

RunLog read_run(const fs::path& folder) {
  const fs::path log = folder / "metrics.jsonl";
  require(fs::exists(log),
          "report: {} holds neither report.json nor metrics.jsonl, so it is no run of nudge.",
          folder.string());
  RunLog run{.folder = folder, .name = fs::weakly_canonical(folder).filename().string()};
  for (const Json& line : read_lines(log)) {
    add_line(run, line, log.string());
    ++run.lines;
  }
  return run;
}

std::vector<Point> smoothed(const std::vector<Point>& points, std::size_t width) {
  std::vector<Point> means;
  const std::size_t side = width / 2;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t around = std::min({side, i, points.size() - 1 - i});  // as many on either side
    double sum = 0;
    for (std::size_t k = i - around; k <= i + around; ++k) sum += points[k].y;
    means.push_back({.x = points[i].x, .y = sum / static_cast<double>(2 * around + 1)});
  }
  return means;
}

}  // namespace nudge::report
