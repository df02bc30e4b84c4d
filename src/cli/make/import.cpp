#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/output_folder.h"
#include "model/checkpoint.h"
#include "text/llama2c_tokenizer.h"

namespace nudge {

int run_import(std::span<const std::string> arguments) {
  std::string model, tokenizer, output;
  Options options("import", "Converts a llama2.c model and tokenizer to a Hugging Face directory.");
  options.require("model", model, "A llama2.c v0 checkpoint, for example stories260K.bin.").shown_as("FILE");
  options.require("tokenizer", tokenizer, "Its tokenizer, for example tok512.bin.").shown_as("FILE");
  options.require("output_dir", output, "Directory to write.").shown_as("DIR");
  options.start_with({}, "nudge import --model stories260K.bin --tokenizer tok512.bin --output_dir stories");
  if (!options.parse(arguments)) return 0;

  const auto decoder = import_llama2c(model);
  AtomicDirectory directory(output);
  save_model(*decoder, directory.path());
  write_llama2c_tokenizer(tokenizer, decoder->config().vocab_size, directory.path());
  require_replaceable(output, directory.path());
  directory.commit();
  say(fmt::format("import: {} parameters written to {}.", decoder->parameters().count(), output));
  return 0;
}

}  // namespace nudge
