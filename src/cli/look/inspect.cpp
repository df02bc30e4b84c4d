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
#include "model/peft.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

Facts operator+(Facts first, const Facts& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Facts inspect(const fs::path& path, const ModelOptions& models) {
  refuse_gguf(path);
  if (fs::is_regular_file(path)) {
    require(path.extension() != ".store",
            "{} is a store of nudge label; see nudge preferences stats --dataset {}.", path.string(),
            path.string());
    return path.filename() == "tokenizer.json" ? inspect_tokenizer(path) : inspect_dataset(path);
  }
  require(fs::is_directory(path), "{}: no such file or directory.", path.string());
  Facts facts;
  if (fs::exists(path / "config.yaml")) facts = inspect_run(path);
  const fs::path model = tokenizer_folder(path);
  if (holds_model(model)) facts = facts + inspect_model(model, models.base_of(model));
  if (fs::exists(model / "tokenizer.json")) facts = facts + inspect_tokenizer(model);
  require(!facts.empty(),
          "{} is neither a model (config.json), a tokenizer (tokenizer.json) nor a run (config.yaml).",
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
  std::string path;
  ModelOptions models;
  Options options("inspect", "Shows what a model, a tokenizer, a dataset or a run holds.");
  options.positional("PATH", path, "A model directory, a run, a tokenizer.json or a file of records.");
  declare_bases(options, models);
  options.start_with({}, "nudge inspect pairs.jsonl");
  if (!options.parse(arguments)) return 0;

  const Facts facts = inspect(path, models);
  int name_columns = 0;
  for (const auto& [name, fact] : facts) name_columns = std::max(name_columns, columns(name));
  const int width = terminal_columns(STDOUT_FILENO);
  for (const auto& [name, fact] : facts) {
    fmt::print("{:<{}}  {}\n", name, name_columns, wrap(fact, width, name_columns + 2));
  }
  return 0;
}

}  // namespace nudge
