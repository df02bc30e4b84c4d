#include "data/dataset_folder.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/packed_text.h"
#include "data/dataset_files.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

// Files that describe a set (FILES_TO_IGNORE of `datasets`, and what it and model folders add).
constexpr std::array<std::string_view, 9> kDescriptions{
    "README.md",      "config.json", "dataset_info.json", "dataset_infos.json",    "dataset_dict.json",
    "dummy_data.zip", "state.json",  "tokenizer.json",    "tokenizer_config.json",
};

// The default splits of `datasets` by the words that stand for them.
const std::map<std::string, Paths>& split_words() {
  static const std::map<std::string, Paths> words{{"train", {"train", "training"}},
                                                  {"validation", {"validation", "valid", "dev", "val"}},
                                                  {"test", {"test", "testing", "eval", "evaluation"}}};
  return words;
}

std::string split_of_word(const std::string& word) {
  for (const auto& [split, words] : split_words())
    if (std::ranges::find(words, word) != words.end()) return split;
  return word;
}

// The split that a name holds as a word: letters beside it make another word, digits and -._ do not.
std::string split_in(const std::string& name) {
  static const std::regex word("(?:^|[-._ 0-9])([A-Za-z]+)(?=$|[-._ 0-9])");
  for (std::sregex_iterator at(name.begin(), name.end(), word), end; at != end; ++at) {
    const std::string split = split_of_word((*at)[1]);
    if (split_words().contains(split)) return split;
  }
  return "";
}

// "train_sft" of "data/train_sft-00000-of-00003.parquet".
std::string split_of_shard(const std::string& path) {
  static const std::regex shard(R"((?:^|.*/)([^/]+)-[0-9]{5}-of-[0-9]{5}[^/]*\.[^/]*)");
  std::smatch found;
  return std::regex_match(path, found, shard) ? split_of_word(found[1]) : "";
}

std::string split_of_folders(const std::string& path) {
  for (const fs::path& part : fs::path(path).parent_path())
    if (std::string split = split_in(part.string()); !split.empty()) return split;
  return "";
}

std::string split_of_name(const std::string& path) {
  return split_in(fs::path(path).filename().string());
}

// The files of each split by the first of the patterns that knows any; nothing where none does.
std::map<std::string, Paths> by_split(const Paths& files) {
  for (const auto pattern : {split_of_shard, split_of_folders, split_of_name}) {
    std::map<std::string, Paths> splits;
    for (const std::string& file : files)
      if (const std::string split = pattern(file); !split.empty()) splits[split].push_back(file);
    if (!splits.empty()) return splits;
  }
  return {};
}

// The folder that names a file's configuration: its parents but for "data" and those that name a split.
std::string configuration_of(const std::string& path) {
  fs::path configuration;
  for (const fs::path& part : fs::path(path).parent_path())
    if (part != "data" && split_in(part.string()).empty()) configuration /= part;
  return configuration.string();
}

void require_one_configuration(const Paths& files, const std::string& folder) {
  std::set<std::string> configurations;
  for (const std::string& file : files) configurations.insert(configuration_of(file));
  require(configurations.size() == 1,
          "{} holds several configurations ({}); name one of these folders, or the files by a pattern in "
          "quotes.",
          folder, fmt::join(configurations, ", "));
}

bool is_description(const fs::path& path) {
  const std::string name = path.filename().string();
  return std::ranges::find(kDescriptions, name) != kDescriptions.end() || !names_dataset(path);
}

bool is_hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name.starts_with("__");
}

}  // namespace

DatasetFolder dataset_folder(const fs::path& folder) {
  Paths all;
  for (auto at = fs::recursive_directory_iterator(folder); at != fs::recursive_directory_iterator(); ++at) {
    if (is_hidden(at->path())) {
      at.disable_recursion_pending();
    } else if (at->is_regular_file()) {
      all.push_back(at->path().lexically_relative(folder).string());
    }
  }
  std::ranges::sort(all);
  const auto is_text = [](const std::string& path) { return name_unpacked(path).extension() == ".txt"; };
  const auto holds_records = [&](const std::string& path) { return !is_description(path) && !is_text(path); };
  const bool records = std::ranges::any_of(all, holds_records);
  DatasetFolder found;
  for (std::string& path : all) {
    const bool read = !is_description(path) && (!records || !is_text(path));
    (read ? found.files : found.aside).push_back(std::move(path));
  }
  return found;
}

Paths files_of_split(const Paths& files, const std::string& split, const std::string& folder) {
  std::map<std::string, Paths> splits = by_split(files);
  const bool named = !splits.empty();
  if (!named) splits["train"] = files;
  std::vector<std::string> names;
  for (const auto& [name, members] : splits) names.push_back(name);
  std::string chosen;
  if (split.empty()) {
    require(splits.size() == 1, "{} holds the splits {}; choose one with --split.", folder,
            fmt::join(names, ", "));
    chosen = names.front();
  }
  for (std::size_t begin = 0; begin < split.size() && chosen.empty();) {
    const std::size_t end = std::min(split.find('|', begin), split.size());
    const std::string asked = split_of_word(split.substr(begin, end - begin));
    if (splits.contains(asked)) chosen = asked;
    begin = end + 1;
  }
  require(!chosen.empty(), "{} has no split {}; it holds {}.", folder, split, fmt::join(names, ", "));
  if (named) require_one_configuration(splits[chosen], folder);
  return splits[chosen];
}

}  // namespace nudge
