#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/recipes/demo_evidence.h"
#include "cli/recipes/demo_recipe.h"

namespace nudge {
namespace {

// A folder belongs to one seed and size; mixing two would show numbers that belong to neither.
void claim(const std::filesystem::path& folder, std::uint64_t seed, bool tiny, bool overwrite) {
  const std::filesystem::path stamp = folder / "demo.json";
  const Json wanted = {{"seed", seed}, {"tiny", tiny}};
  if (overwrite) std::filesystem::remove_all(folder);
  if (exists(stamp)) {
    require(read_json(stamp) == wanted,
            "demo: {} holds a demo of another seed or size; give another --output_dir, or --overwrite.",
            folder.string());
    return;
  }
  require(!exists(folder) || std::filesystem::is_empty(folder),
          "demo: {} is not empty and not a demo's folder; give another --output_dir.", folder.string());
  write_file(stamp, to_pretty(wanted));
}

}  // namespace

int run_demo(std::span<const std::string> arguments) {
  std::string folder = "runs/demo";
  std::uint64_t seed = 0;
  bool tiny = false, overwrite = false, plan = false;
  Options options("demo",
                  "The whole recipe on the embedded world, in minutes, with its evidence in report.html.");
  options
      .add("output_dir", folder, "Folder for everything the stages make; an unfinished demo in it goes on.")
      .shown_as("DIR");
  options.add("seed", seed, "Seed of the whole chain, from the facts asked to the last sample.");
  options.add("tiny", tiny,
              "The same chain in seconds, at a size that shows nothing: a check that all stages run.");
  options.add("overwrite", overwrite, "Start again from nothing.");
  options.add("plan", plan, "Print the command lines and stop.");
  options.start_with({}, "nudge demo --output_dir runs/demo --seed 1");
  if (!options.parse(arguments)) return 0;

  const std::vector<Stage> stages = demo_recipe(folder, seed, tiny).stages;
  if (plan) {
    for (const Stage& stage : stages) fmt::print("{}\n", command_line(stage));
    return 0;
  }
  watch_interrupts();
  claim(folder, seed, tiny, overwrite);
  run_stages(stages, std::filesystem::path(folder) / "timing.jsonl");
  write_demo_report(folder, seed, stages);
  say("The story, with its evidence: " + folder + "/report.html");
  return 0;
}

}  // namespace nudge
