#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace nudge {

/// A file of records, and how often these are visited in an epoch.
struct DatasetFile {
  std::string path;
  double weight = 1;
};

/// The split that held-out records come from, where a folder has several.
inline constexpr const char* kHeldOut = "validation|test";

/// The files behind what an option for a dataset names, in the order of its names:
///
/// - a file: itself, whatever its kind;
/// - a pattern ("data/*.jsonl"): what it matches, in the order of names;
/// - a folder: all dataset files below it in the order of their paths, as snapshots of the Hugging Face hub
///   lay them. What describes a set (README.md, dataset_info.json ...) is left aside, and so are .txt files
///   where others hold the records. Its files belong to splits by the default patterns of Hugging Face's
///   `datasets` (data_files.py): shards ("data/train-00000-of-00002.parquet"), else folders ("test/a.jsonl"),
///   else names ("train.jsonl"), else all are the one split "train";
/// - a mixture (.yaml): the list `datasets` of {path, split, weight}, paths counting from its own folder.
///
/// `split` ("train"; "validation|test": the first that is there; empty: the only one) chooses among the files
/// of folders; a mixture's own wins. A file that is missing comes back, for its reader to name. Throws Error
/// where a folder or a pattern gives no file, or where none or several of a folder's splits or
/// configurations fit.
std::vector<DatasetFile> dataset_files(const std::vector<std::string>& names, const std::string& split = "");

/// What of a folder is left aside by dataset_files, as paths within it: to be named once.
std::vector<std::string> left_aside(const std::filesystem::path& folder);

/// How a weight is met by `records` records of the file of that number: their indices in order, each as often
/// as it is visited in an epoch: the whole part of the weight, and once more for a share drawn once, the same
/// in every run and epoch.
std::vector<std::size_t> visits(std::size_t records, double weight, std::uint64_t file);

/// Whether the name is that of a mixture: .yaml or .yml.
bool names_mixture(const std::filesystem::path& path);
/// Whether it is a pattern: it holds one of * ? [ and nothing is called so.
bool names_pattern(const std::string& name);

/// Whether the name, without .gz or .zst, ends as that of a file of records: .jsonl, .json, .csv, .txt,
/// .parquet.
bool names_dataset(const std::filesystem::path& path);

}  // namespace nudge
