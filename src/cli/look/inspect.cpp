#include "cli/look/inspect.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "assembly/gguf_import.h"
#include "assembly/loaded_model.h"
#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/terminal.h"
#include "cli/commands.h"
#include "data/dataset_files.h"
#include "data/dataset_folder.h"
#include "model/peft.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

Facts operator+(Facts first, const Facts& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

struct InspectCommand {
  std::string path, split, model;
  ModelOptions models;
};

Facts inspect_records(const InspectCommand& config) {
  if (config.model.empty()) return inspect_dataset(config.path, config.split);
  const ChatFormat format(config.models.tokenizer_in(tokenizer_folder(config.model)));
  return inspect_dataset(config.path, config.split, &format);
}

Facts inspect(const InspectCommand& config) {
  const fs::path path = config.path;
  refuse_gguf(path);
  if (names_pattern(config.path)) return inspect_records(config);
  if (fs::is_regular_file(path)) {
    require(path.extension() != ".store",
            "{} is a store of nudge label; see nudge preferences stats --dataset {}.", path.string(),
            path.string());
    return path.filename() == "tokenizer.json" ? inspect_tokenizer(path) : inspect_records(config);
  }
  require(fs::is_directory(path), "{}: no such file or directory.", path.string());
  Facts facts;
  if (fs::exists(path / "config.yaml")) facts = inspect_run(path);
  const fs::path model = tokenizer_folder(path);
  if (holds_model(model)) facts = facts + inspect_model(model, config.models.base_of(model));
  if (fs::exists(model / "tokenizer.json")) facts = facts + inspect_tokenizer(model);
  if (facts.empty() && !dataset_folder(path).files.empty()) return inspect_records(config);
  require(!facts.empty(),
          "{} is neither a model (config.json), a tokenizer (tokenizer.json), a run (config.yaml) nor a "
          "folder of dataset files.",
          path.string());
  return facts;
}

}  // namespace

std::string with_thousands(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > (number < 0); place -= 3) {
    digits.insert(static_cast<std::size_t>(place), ",");
  }
  return digits;
}

int run_inspect(std::span<const std::string> arguments) {
  InspectCommand config;
  Options options("inspect", "Shows what a model, a tokenizer, a dataset or a run holds.");
  options.positional(
      "PATH", config.path,
      "A model directory, a run, a tokenizer.json, or records: a file, a folder, a pattern, a mixture.");
  declare_bases(options, config.models);
  options
      .add("model", config.model,
           "Of records: the model that would learn them; shows their lengths in tokens, and the first with "
           "what is learned of it.")
      .shown_as("DIR");
  options.add("split", config.split, "Of a folder of records: the split to show.").shown_as("NAME");
  options.start_with({}, "nudge inspect pairs.jsonl");
  if (!options.parse(arguments)) return 0;

  const Facts facts = inspect(config);
  int name_columns = 0;
  for (const auto& [name, fact] : facts) name_columns = std::max(name_columns, columns(name));
  const int width = terminal_columns(STDOUT_FILENO);
  for (const auto& [name, fact] : facts) {
    fmt::print("{:<{}}  {}\n", name, name_columns, wrap(fact, width, name_columns + 2));
  }
  return 0;
}

}  // namespace nudge
