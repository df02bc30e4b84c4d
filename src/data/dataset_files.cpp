#include "data/dataset_files.h"

#include <glob.h>

#include <array>
#include <cmath>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "base/packed_text.h"
#include "base/random.h"
#include "base/yaml.h"
#include "data/dataset_folder.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<DatasetFile>;

void append(Files& files, const std::string& name, const std::string& split, double weight);

// An empty list where nothing matches.
std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  const std::unique_ptr<glob_t, decltype(&globfree)> freed(&found, globfree);
  if (::glob(pattern.c_str(), 0, nullptr, &found) != 0) return {};
  return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

std::string text_of(const YAML::Node& entry, const char* key, const std::string& where) {
  if (!entry[key]) return "";
  require(entry[key].IsScalar(), "{}: \"{}\" must be a text.", where, key);
  return entry[key].Scalar();
}

double weight_of(const YAML::Node& entry, const std::string& where) {
  if (!entry["weight"]) return 1;
  double weight = 0;
  const bool number = entry["weight"].IsScalar() && YAML::convert<double>::decode(entry["weight"], weight);
  require(number && weight > 0 && weight <= 1000,
          "{}: \"weight\" says how often the records are visited in an epoch, a number above 0 and at most "
          "1000.",
          where);
  return weight;
}

void append_mixture(Files& files, const fs::path& mixture, const std::string& split, double weight) {
  const std::string name = mixture.string();
  const YAML::Node document = read_yaml(read_text(mixture), name);
  require(
      document.IsMap() && document["datasets"] && document["datasets"].IsSequence() &&
          document["datasets"].size() > 0 && document.size() == 1,
      "{}: a mixture is one list \"datasets\", each entry of it with path and, if wanted, split and weight.",
      name);
  std::size_t number = 0;
  for (const YAML::Node& entry : document["datasets"]) {
    const std::string where = fmt::format("{} dataset {}", name, ++number);
    require(entry.IsMap() && entry["path"], "{}: expected a map with \"path\".", where);
    for (const auto& member : entry) {
      const auto key = member.first.as<std::string>();
      require(key == "path" || key == "split" || key == "weight",
              "{}: \"{}\" is none of path, split, weight.", where, key);
    }
    const fs::path path = text_of(entry, "path", where);
    require(!path.empty() && !names_mixture(path),
            "{}: \"path\" names a file, a folder or a pattern, and no mixture.", where);
    const std::string own = text_of(entry, "split", where);
    append(files, path.is_absolute() ? path.string() : (mixture.parent_path() / path).string(),
           own.empty() ? split : own, weight * weight_of(entry, where));
  }
}

void append(Files& files, const std::string& name, const std::string& split, double weight) {
  std::error_code none;
  if (fs::is_directory(name, none)) {
    const DatasetFolder folder = dataset_folder(name);
    require(!folder.files.empty(),
            "{}: the folder holds no dataset file (.jsonl, .json, .csv, .txt, .parquet).", name);
    for (const std::string& file : files_of_split(folder.files, split, name))
      files.push_back({(fs::path(name) / file).string(), weight});
  } else if (names_mixture(name) && fs::exists(name, none)) {
    append_mixture(files, name, split, weight);
  } else if (!names_pattern(name)) {
    files.push_back({name, weight});
  } else {
    const std::vector<std::string> matches = matches_of(name);
    require(!matches.empty(), "{}: no file matches this pattern.", name);
    for (const std::string& match : matches) append(files, match, split, weight);
  }
}

}  // namespace

bool names_mixture(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

bool names_pattern(const std::string& name) {
  std::error_code none;
  return name.find_first_of("*?[") != std::string::npos && !fs::exists(name, none);
}

Files dataset_files(const std::vector<std::string>& names, const std::string& split) {
  Files files;
  for (const std::string& name : names) append(files, name, split, 1);
  return files;
}

std::vector<std::string> left_aside(const fs::path& folder) {
  std::error_code none;
  return fs::is_directory(folder, none) ? dataset_folder(folder).aside : std::vector<std::string>{};
}

std::vector<std::size_t> visits(std::size_t records, double weight, std::uint64_t file) {
  const auto whole = static_cast<std::size_t>(weight);
  std::vector<std::uint8_t> extra(records);
  const auto share = std::llround((weight - static_cast<double>(whole)) * static_cast<double>(records));
  if (share > 0) {
    const auto order = Stream(0, "mixture", file).permutation(static_cast<std::int64_t>(records));
    for (std::int64_t i = 0; i < share; ++i) extra[order[i]] = 1;
  }
  std::vector<std::size_t> visited;
  for (std::size_t i = 0; i < records; ++i) visited.insert(visited.end(), whole + extra[i], i);
  return visited;
}

bool names_dataset(const fs::path& path) {
  constexpr std::array<std::string_view, 5> kinds{".jsonl", ".json", ".csv", ".txt", ".parquet"};
  const std::string kind = name_unpacked(path).extension().string();
  for (const std::string_view known : kinds)
    if (kind == known) return true;
  return false;
}

}  // namespace nudge
