#include "evaluation/report/run_report.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "evaluation/report/html.h"
#include "evaluation/report/plot.h"

namespace nudge::report {

namespace {

namespace fs = std::filesystem;

std::vector<Json> read_log(const fs::path& path) {
  const std::string bytes = read_text(path);
  std::vector<Json> lines;
  std::string_view rest = bytes;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) break;  // still being written, or cut short
    if (end > 0)
      lines.push_back(parse_json(rest.substr(0, end), fmt::format("{} line {}", path.string(), number)));
    rest.remove_prefix(end + 1);
  }
  return lines;
}

// One number of the log over the steps.
struct Curve {
  std::string name;
  std::vector<Point> points;

  bool varies() const {
    return std::any_of(points.begin(), points.end(),
                       [&](const Point& point) { return point.y != points.front().y; });
  }
};

std::vector<Curve> curves_of(const std::vector<Json>& log, const std::string& where) {
  std::vector<Curve> curves;
  for (const Json& line : log) {
    const auto step = get<double>(line, "step", where);
    for (const auto& [name, value] : line.items()) {
      if (name == "step" || name == "epoch" || !value.is_number()) continue;
      auto found =
          std::find_if(curves.begin(), curves.end(), [&](auto& curve) { return curve.name == name; });
      if (found == curves.end()) found = curves.insert(found, {name, {}});
      found->points.push_back({.x = step, .y = value.get<double>()});
    }
  }
  return curves;
}

std::string short_number(double value) {
  const double size = std::abs(value);
  if (value == 0 || (size >= 1e-3 && size < 1e6)) return fmt::format("{:.4g}", value);
  return fmt::format("{:.2e}", value);
}

Html curves_section(const std::vector<Curve>& curves) {
  std::vector<Plot> plots;
  for (const Curve& curve : curves) {
    if (curve.points.size() < 2 || !curve.varies()) continue;
    plots.push_back(
        {.x_name = "step",
         .y_name = curve.name,
         .series = {{.name = curve.name, .colour = "k1", .points = curve.points, .markers = false}},
         .description = curve.name + " over the steps of the run"});
  }
  return plots.empty() ? Html{} : element("h2", text("Curves")) + element("figure", panels(plots));
}

Html numbers_section(const std::vector<Curve>& curves) {
  Table shown{.head = {"metric", "first", "last", "lowest", "highest"}};
  for (const Curve& curve : curves) {
    const auto [low, high] = std::minmax_element(curve.points.begin(), curve.points.end(),
                                                 [](const Point& a, const Point& b) { return a.y < b.y; });
    shown.rows.push_back({text(curve.name), text(short_number(curve.points.front().y)),
                          text(short_number(curve.points.back().y)), text(short_number(low->y)),
                          text(short_number(high->y))});
  }
  return shown.rows.empty() ? Html{} : element("h2", text("Numbers")) + table(shown);
}

Html samples_section(const fs::path& folder) {
  constexpr std::size_t kShown = 6;
  std::vector<fs::path> files;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Html section;
  for (const fs::path& file : files) {
    const auto lines = read_log(file);
    Html cards;
    for (std::size_t i = lines.size() - std::min(kShown, lines.size()); i < lines.size(); ++i) {
      Html asked, answer;
      std::string others;
      for (const auto& [name, value] : lines[i].items()) {
        if (name == "prompt" && value.is_string())
          asked = element("div", verbatim(value.get<std::string>()), "asked");
        else if (name == "completion" && value.is_string())
          answer = element("div", verbatim(value.get<std::string>()), "answer c-k1");
        else
          others += (others.empty() ? "" : " \u00B7 ") + name + " " +
                    (value.is_number_float() ? short_number(value.get<double>()) : value.dump());
      }
      cards += element("div", asked + element("div", text(others), "tags") + answer, "pair");
    }
    section += element("h2", text("Samples: " + file.stem().string() + ", the latest")) +
               element("div", cards, "pairs");
  }
  return section;
}

}  // namespace

std::string run_report(const fs::path& run) {
  const fs::path log = run / "metrics.jsonl";
  require(fs::exists(log),
          "report: {} holds neither report.json nor metrics.jsonl, so it is no run of nudge.", run.string());
  const auto lines = read_log(log);
  const auto curves = curves_of(lines, log.string());
  const std::string name = fs::weakly_canonical(run).filename().string();
  Html body = paragraph("nudge run", "overline") + element("h1", text(name));
  body += paragraph(lines.empty() ? "This run has logged nothing yet."
                                  : fmt::format("Logged {} times, up to step {}.", lines.size(),
                                                get<std::int64_t>(lines.back(), "step", log.string())),
                    "lead");
  body += curves_section(curves);
  body += samples_section(run / "samples");
  if (fs::exists(run / "evaluation.json"))
    body += element("h2", text("Evaluation")) + preformatted(to_pretty(read_json(run / "evaluation.json")));
  body += numbers_section(curves);
  if (fs::exists(run / "config.yaml"))
    body += element("h2", text("Configuration")) + preformatted(read_text(run / "config.yaml"));
  body += element("footer", text("Written by nudge. Nothing on this page was loaded from anywhere else."));
  return page(name + " \u00B7 nudge run", body);
}

}  // namespace nudge::report
