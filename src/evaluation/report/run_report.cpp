#include "evaluation/report/run_report.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/yaml.h"
#include "evaluation/report/html.h"
#include "evaluation/report/run_curves.h"
#include "evaluation/report/run_log.h"
#include "evaluation/report/run_samples.h"

namespace nudge::report {
namespace {

namespace fs = std::filesystem;

std::string names_of(const std::vector<RunLog>& runs) {
  std::string names;
  for (const RunLog& run : runs) names += (names.empty() ? "" : ", ") + run.name;
  return names;
}

std::string progress_of(const RunLog& run) {
  if (run.lines == 0) return "This run has logged nothing yet.";
  return fmt::format("Logged {} times, up to step {}.", run.lines, run.last_step);
}

// What came of the run; behind it what to beware of.
Html sentences_of(const std::vector<ReportedRun>& given, const std::vector<RunLog>& runs) {
  Html said;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string who = runs.size() > 1 ? runs[i].name + ": " : "";
    const auto& sentences = given[i].sentences;
    said += paragraph(who + (sentences.empty() ? progress_of(runs[i]) : sentences.front()), "lead");
    for (std::size_t s = 1; s < sentences.size(); ++s) said += paragraph(sentences[s], "caveat");
  }
  return said;
}

Html numbers_section(const RunLog& run) {
  Table shown{.head = {"metric", "first", "last", "lowest", "highest"}};
  for (const Curve& curve : run.curves) {
    const auto [low, high] = std::ranges::minmax_element(curve.points, {}, &Point::y);
    shown.rows.push_back({text(curve.name), text(short_number(curve.points.front().y)),
                          text(short_number(curve.points.back().y)), text(short_number(low->y)),
                          text(short_number(high->y))});
  }
  return shown.rows.empty() ? Html{} : element("h2", text("Numbers")) + table(shown);
}

Html last_numbers(const std::vector<RunLog>& runs) {
  Table shown{.head = {"last value of"}};
  std::vector<std::string> names;
  for (const RunLog& run : runs) {
    shown.head.push_back(run.name);
    for (const Curve& curve : run.curves)
      if (std::ranges::find(names, curve.name) == names.end()) names.push_back(curve.name);
  }
  for (const std::string& name : names) {
    std::vector<Html> row{text(name)};
    for (const RunLog& run : runs) {
      const Curve* curve = run.find(name);
      row.push_back(text(curve ? short_number(curve->points.back().y) : "\u2013"));
    }
    shown.rows.push_back(std::move(row));
  }
  return element("h2", text("Numbers")) + table(shown);
}

std::map<std::string, std::string> options_of(const fs::path& folder) {
  std::map<std::string, std::string> options;
  const fs::path file = folder / "config.yaml";
  if (!fs::exists(file)) return options;
  for (const auto& entry : read_yaml(read_text(file), file.string()))
    options[entry.first.as<std::string>()] = YAML::Dump(entry.second);
  return options;
}

Html differences(const std::vector<RunLog>& runs) {
  Table shown{.head = {"option"}};
  std::vector<std::map<std::string, std::string>> options;
  std::map<std::string, bool> differs;
  for (const RunLog& run : runs) {
    shown.head.push_back(run.name);
    options.push_back(options_of(run.folder));
  }
  for (const auto& each : options)
    for (const auto& [name, value] : each)
      differs[name] |= std::ranges::any_of(options, [&](const auto& other) {
        const auto found = other.find(name);
        return found == other.end() || found->second != value;
      });
  for (const auto& [name, different] : differs) {
    if (!different) continue;
    std::vector<Html> row{text(name)};
    for (const auto& each : options) row.push_back(text(each.contains(name) ? each.at(name) : "\u2013"));
    shown.rows.push_back(std::move(row));
  }
  return shown.rows.empty() ? Html{} : element("h2", text("Where their options differ")) + table(shown);
}

Html of_one_run(const RunLog& run) {
  Html body = samples_section(run.folder / "samples");
  if (fs::exists(run.folder / "evaluation.json"))
    body += element("h2", text("Evaluation")) +
            preformatted(to_pretty(read_json(run.folder / "evaluation.json")));
  body += numbers_section(run);
  if (fs::exists(run.folder / "config.yaml"))
    body += element("h2", text("Configuration")) + preformatted(read_text(run.folder / "config.yaml"));
  return body;
}

}  // namespace

std::string run_report(const std::vector<ReportedRun>& given) {
  std::vector<RunLog> runs;
  for (const ReportedRun& run : given) runs.push_back(read_run(run.folder));
  const std::string names = names_of(runs);
  Html body =
      paragraph(runs.size() == 1 ? "nudge run" : "nudge runs", "overline") + element("h1", text(names));
  body += sentences_of(given, runs) + opening_figure(runs) + grouped_curves(runs);
  body += runs.size() == 1 ? of_one_run(runs[0]) : differences(runs) + last_numbers(runs);
  body += element("footer", text("Written by nudge. Nothing on this page was loaded from anywhere else."));
  return page(names + " \u00B7 nudge run", body);
}

}  // namespace nudge::report
