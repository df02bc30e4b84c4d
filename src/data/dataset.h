#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"

namespace nudge {

/// A reason to leave records out, how many there were and where the first stands ("pairs.jsonl line 7").
struct LeftOut {
  std::string reason;
  std::int64_t count = 0;
  std::string first;
};
/// Counts one more record left out for `reason`.
void leave_out(std::vector<LeftOut>& left_out, const std::string& reason, const std::string& place);
/// How many they are together.
std::int64_t count_of(const std::vector<LeftOut>& left_out);
/// "3 (an empty reply; the first is pairs.jsonl line 7), 1 (...)": at most `most` reasons, the commonest
/// first.
std::string reasons_text(std::vector<LeftOut> left_out, std::size_t most = 3);

/// The records of a file in their order. One that cannot be read, or from which a reader can make nothing, is
/// bad: it is counted by its reason, and the others go on.
class Dataset {
 public:
  /// The records of all files behind the names, in their order (data/dataset_files.h has what a name may be,
  /// and which split of a folder is read); each keeps the place where it stands. A file is JSON Lines, a JSON
  /// array, CSV with a heading, or plain text documents (.txt: split at `<|endoftext|>`), each also packed
  /// (.gz, .zst). What a mixture visits several times stands here as often. Throws Error for a file that is
  /// missing, of another kind, or empty.
  static Dataset read(const std::vector<std::string>& names, const std::string& split = "");
  static Dataset read(const std::filesystem::path& name, const std::string& split = "");
  /// What that dataset is called.
  static std::string name_of(const std::vector<std::string>& names);
  /// Records from elsewhere; their places are "NAME record 1" and so on.
  Dataset(std::string name, std::vector<Json> records);

  /// Calls `read` for each readable record with its place. One for which it throws Error is bad from then on,
  /// the sentence being the reason.
  void each(const std::function<void(const Json& record, const std::string& place)>& read);
  /// Every record, for readers that cannot fail, in a dataset that does not change.
  void each(const std::function<void(const Json& record)>& look) const;

  const std::string& name() const { return name_; }
  /// What numbers count in the (first) file: "line", "row" or "record".
  const std::string& unit() const { return files_.front().unit; }
  std::size_t size() const { return entries_.size(); }  // the bad ones too
  /// Bad records, once each.
  const std::vector<LeftOut>& bad() const { return bad_; }
  std::int64_t bad_count() const { return count_of(bad_); }

  struct Entry {
    std::size_t number = 0;  // of its line, or among the records, from 1
    std::size_t file = 0;    // of those read
    Json record;             // null where it is bad
    std::string fault;       // why it could not be read
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  Dataset(std::string name, std::string unit, std::vector<Entry> entries);
  static Dataset read_file(const std::filesystem::path& path);
  void append(Dataset file, double weight);
  std::string place(const Entry& entry) const;
  void spoil(Entry& entry, const std::string& reason);

  std::string name_;
  struct File {
    std::string name, unit;
  };
  std::vector<File> files_;
  std::vector<Entry> entries_;
  std::vector<LeftOut> bad_;
};

}  // namespace nudge
