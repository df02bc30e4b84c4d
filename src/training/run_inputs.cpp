#include "training/run_inputs.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/manifest.h"
#include "base/yaml.h"
#include "data/dataset_files.h"
#include "model/peft.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

// Options whose value names what is written, or read only where it was written.
constexpr std::array<std::string_view, 2> kProducts{"output_dir", "reference_cache"};

// The texts in a value: itself, or the elements of a list.
std::vector<std::string> texts_of(const YAML::Node& value) {
  std::vector<std::string> texts;
  if (value.IsScalar()) texts.push_back(value.Scalar());
  if (value.IsSequence())
    for (const auto& element : value) texts.push_back(element.Scalar());
  return texts;
}

// A path may hold any of the marks that separate the words of a reward, so the whole text comes first.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words{text};
  constexpr std::string_view marks = " ,:='\"";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of(marks, begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// The files that `word` names: itself, or those of a model directory or of a run's final model, and of the
// base that adapters name.
std::set<std::string> files_of(const fs::path& word) {
  std::error_code none;
  if (fs::is_regular_file(word, none)) return {word.string()};
  const auto holds = [&](const fs::path& folder, const char* file) {
    return fs::exists(folder / file, none);
  };
  const bool model = holds_model(word), run = holds_model(word / "final");
  if (!model && !run && !holds(word, "tokenizer.json")) return {};
  const fs::path folder = !model && run ? word / "final" : word;
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const bool read = entry.path().extension() != ".md" && !entry.path().filename().string().starts_with('.');
    if (entry.is_regular_file(none) && read) files.insert(entry.path().string());
  }
  if (holds_adapters(folder))
    if (const auto base = base_named(folder)) files.merge(files_of(*base));
  return files;
}

// The files behind what an option for a dataset names, as its command reads them.
std::set<std::string> dataset_files_of(const std::string& option, const std::string& text,
                                       const YAML::Node& options) {
  std::set<std::string> files;
  if (names_mixture(text)) files.insert(text);
  const std::string split = option == "eval_dataset"                  ? kHeldOut
                            : option == "dataset" && options["split"] ? options["split"].Scalar()
                                                                      : "";
  for (const DatasetFile& file : dataset_files({text}, split)) files.insert(file.path);
  std::erase_if(files, [](const std::string& file) {
    std::error_code none;
    return !fs::is_regular_file(file, none);
  });
  return files;
}

// A dataset that is streamed is not read through before the first step.
Json facts_of(const std::string& option, const std::string& file) {
  constexpr std::uintmax_t kLarge = 1'000'000'000;
  return option.ends_with("dataset") && fs::file_size(file) > kLarge ? sampled_facts(file) : file_facts(file);
}

// The files that the value of an option names.
std::set<std::string> files_named(const std::string& option, const std::string& text,
                                  const YAML::Node& options) {
  if (option.ends_with("dataset"))
    return text.empty() ? std::set<std::string>{} : dataset_files_of(option, text, options);
  std::set<std::string> files;
  for (const std::string& word : words_of(text)) files.merge(files_of(word));
  return files;
}

[[noreturn]] void changed(const fs::path& folder, const std::string& option, const std::string& what) {
  fail(
      "The run in {} goes on from what it read, but {} (--{}) since; put it back, start anew with "
      "--overwrite, or "
      "go on all the same with --allow_changed_inputs.",
      folder.string(), what, option);
}

}  // namespace

Json run_inputs(const std::string& resolved) {
  Json inputs = Json::object();
  const YAML::Node options = read_yaml(resolved, "this command");
  for (const auto& entry : options) {
    const auto option = entry.first.as<std::string>();
    if (std::ranges::find(kProducts, option) != kProducts.end()) continue;
    for (const std::string& text : texts_of(entry.second))
      for (const std::string& file : files_named(option, text, options))
        inputs[option][file] = facts_of(option, file);
  }
  return inputs;
}

void require_same_inputs(const fs::path& folder, const Json& now) {
  const fs::path record = folder / inputs_file;
  require(fs::exists(record),
          "{} is missing, so nobody can tell whether the run in {} would go on with what it began with; put "
          "it back, "
          "start anew with --overwrite, or go on all the same with --allow_changed_inputs.",
          record.string(), folder.string());
  const Json before = read_json(record);
  const auto compare = [&](const Json& left, const Json& right, const char* verb) {
    for (const auto& [option, files] : left.items())
      for (const auto& [file, facts] : files.items())
        if (!right.contains(option) || !right[option].contains(file)) changed(folder, option, file + verb);
  };
  for (const auto& [option, files] : before.items())
    for (const auto& [file, facts] : files.items())
      if (now.contains(option) && now[option].contains(file) && now[option][file] != facts)
        changed(folder, option, file + " has changed");
  compare(before, now, " is gone");
  compare(now, before, " has come");
}

}  // namespace nudge
