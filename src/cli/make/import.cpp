#include "assembly/gguf_import.h"
#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/output_folder.h"
#include "model/checkpoint.h"
#include "text/llama2c_tokenizer.h"

namespace nudge {

namespace {

struct ModelImport {
  std::string file, tokenizer, chat_template, output_dir;
};

std::string imported_gguf(const ModelImport& config, const std::filesystem::path& folder) {
  require(config.tokenizer.empty(),
          "import: {} is a GGUF file, which holds its tokenizer; leave --tokenizer out.", config.file);
  const auto source = config.chat_template.empty() ? "" : read_text(config.chat_template);
  const auto imported = import_gguf(config.file, source, folder);
  return fmt::format("import: a {} of {} parameters written to {}{}.", imported.model_type, imported.numbers,
                     config.output_dir,
                     imported.has_template ? "" : "; it has no chat template (--chat_template gives it one)");
}

std::string imported_llama2c(const ModelImport& config, const std::filesystem::path& folder) {
  require(!config.tokenizer.empty(),
          "import: {} is no GGUF file; a llama2.c model needs --tokenizer beside it.", config.file);
  require(config.chat_template.empty(), "import: --chat_template goes with a GGUF file, and {} is none.",
          config.file);
  const auto decoder = import_llama2c(config.file);
  save_model(*decoder, folder);
  write_llama2c_tokenizer(config.tokenizer, decoder->config().vocab_size, folder);
  return fmt::format("import: {} parameters written to {}.", decoder->parameters().count(),
                     config.output_dir);
}

}  // namespace

int run_import(std::span<const std::string> arguments) {
  ModelImport config;
  Options options("import", "Converts a GGUF file or a llama2.c model to a Hugging Face directory.");
  options
      .positional(
          "MODEL", config.file,
          "A GGUF file (of llama.cpp, ollama), whose blocks become fp32, or a llama2.c v0 checkpoint.")
      .also("model")
      .shown_as("FILE");
  options.add("tokenizer", config.tokenizer, "Of a llama2.c model: its tokenizer, for example tok512.bin.")
      .shown_as("FILE");
  options
      .add("chat_template", config.chat_template,
           "A .jinja file for a model without a template, or with a wrong one: the end of its turns becomes "
           "an end "
           "token.")
      .shown_as("FILE");
  options.require("output_dir", config.output_dir, "Directory to write.").shown_as("DIR");
  options.start_with({}, "nudge import gemma-3-270m-q4_k_m.gguf --output_dir gemma");
  if (!options.parse(arguments)) return 0;

  const bool gguf = is_gguf(config.file);
  AtomicDirectory directory(config.output_dir);
  const auto done =
      gguf ? imported_gguf(config, directory.path()) : imported_llama2c(config, directory.path());
  require_replaceable(config.output_dir, directory.path());
  directory.commit();
  say(done);
  return 0;
}

}  // namespace nudge
