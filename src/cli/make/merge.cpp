#include "assembly/loaded_model.h"
#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/output_folder.h"
#include "model/checkpoint.h"
#include "model/peft.h"

namespace nudge {

int run_merge(std::span<const std::string> arguments) {
  std::string adapters, output;
  ModelOptions models;
  Options options("merge", "Adds adapters (LoRA) into their base: a whole model.");
  options
      .positional("DIR", adapters,
                  "Directory with adapters as PEFT keeps them, or a run whose final model has such.")
      .also("model");
  declare_bases(options, models);
  options.require("output_dir", output, "Directory to write: an ordinary model directory.")
      .shown_as("DIR")
      .also("output");
  options.start_with({}, "nudge merge runs/ppo --output_dir merged");
  if (!options.parse(arguments)) return 0;

  const auto folder = model_folder(adapters);
  require(holds_adapters(folder), "merge: {} is a whole model already; there is nothing to merge.",
          folder.string());
  const auto model = load_model(folder, models.reading_of(folder));
  AtomicDirectory directory(output);
  save_model(*model->merged(), directory.path());
  models.tokenizer_in(folder)->save(directory.path());
  require_replaceable(output, directory.path());
  directory.commit();
  say(fmt::format("merge: {} adapters merged into {}.", model->adapters().size(), output));
  return 0;
}

}  // namespace nudge
