#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "evaluation/report/run_report.h"
#include "evaluation/report/story.h"
#include "training/ending.h"

namespace nudge {
namespace {

// The run, and what it said when it ended.
report::ReportedRun reported(const std::filesystem::path& folder) {
  report::ReportedRun run{folder};
  const std::filesystem::path file = folder / "ending.json";
  if (!exists(file)) return run;
  const Ending ending = ending_from(read_json(file), file.string());
  run.sentences = {changes_text(ending)};
  run.sentences.insert(run.sentences.end(), ending.remarks.begin(), ending.remarks.end());
  return run;
}

// On what machine and when a demo was made, where that is known.
Json made_in(const std::filesystem::path& folder) {
  return exists(folder / "made.json") ? read_json(folder / "made.json") : Json::object();
}

}  // namespace

int run_report(std::span<const std::string> arguments) {
  std::string folder, output;
  std::vector<std::string> others;
  Options options("report",
                  "Draws a run, or several beside one another, or tells the story of a demo, in one "
                  "self-contained HTML page.");
  options.positional("run", folder, "Directory of a run (metrics.jsonl) or of a demo (report.json).");
  options.add("with", others, "Further runs, drawn into the same figures.").shown_as("DIR");
  options.add("output", output, "Where the page goes; empty: report.html in that directory.")
      .shown_as("FILE");
  options.start_with({}, "nudge report runs/ppo");
  if (!options.parse(arguments)) return 0;

  std::vector<report::ReportedRun> runs;
  others.insert(others.begin(), folder);
  for (const std::string& each : others) {
    require(std::filesystem::is_directory(each), "report: {} is not a directory.", each);
    runs.push_back(reported(each));
  }
  const std::filesystem::path run = folder;
  const std::filesystem::path page = output.empty() ? run / "report.html" : std::filesystem::path(output);
  const bool demo = runs.size() == 1 && exists(run / "report.json");
  write_file(page,
             demo ? report::story(read_json(run / "report.json"), made_in(run)) : report::run_report(runs));
  say("The report: " + page.string());
  return 0;
}

}  // namespace nudge
