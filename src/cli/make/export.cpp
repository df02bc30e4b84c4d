#include "assembly/gguf_export.h"
#include "assembly/loaded_model.h"
#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"

namespace nudge {

namespace {

struct ModelExport {
  std::string model, output, format = "gguf";
  GgufType type = GgufType::f16;
};

}  // namespace

int run_export(std::span<const std::string> arguments) {
  ModelExport config;
  Options options("export",
                  "Writes a language model as a file for other programs (GGUF: llama.cpp, ollama).");
  options.positional("MODEL", config.model, "Model directory, or a run whose final model is taken.")
      .also("model");
  options.require("output", config.output, "File to write.").shown_as("FILE");
  options.choose("format", config.format, {"gguf"}, "Form of the file.");
  options.choose(
      "type", config.type,
      "How matrices are written; vectors stay fp32. q8_0 takes a quarter of fp32, and is rounded.");
  options.start_with({"type"}, "nudge export runs/tour/ppo-kl-1.0 --type q8_0 --output assistant.gguf");
  if (!options.parse(arguments)) return 0;
  const auto folder = model_folder(config.model);
  export_gguf(folder, config.type, config.output);
  say(fmt::format("export: {} written to {} ({}).", folder.string(), config.output, name_of(config.type)));
  return 0;
}

}  // namespace nudge
