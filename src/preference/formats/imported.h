#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "records/comparison.h"

namespace nudge {

/// Something met while reading, with how often and where first.
struct ImportRemark {
  std::string what;
  std::int64_t count = 0;
  std::size_t first = 0;  // number of the line, row or record, from 1
};

/// Records to import, each with its number in the file, from 1.
struct ImportRecord {
  std::size_t number = 0;
  Json value;
};
using ImportRecords = std::vector<ImportRecord>;

/// What a file of preferences held.
struct Imported {
  std::string format;
  std::vector<Comparison> comparisons;
  std::vector<Vote> votes;
  std::vector<ImportRemark> left_out;  // records that could not be used, by reason
  std::vector<ImportRemark> noted;     // used, and worth knowing
  std::string unit = "record";         // what remarks count: "line", "row" or "record"
};

/// "left out: 5 records (the two sides answer different prompts), the first is record 12", a line a remark.
std::string remarks_text(const Imported& imported);

/// Where importers put what they read. Records of the same prompt with the same answers become one comparison
/// with several votes, as long as their raters differ; where one is asked again there is another comparison,
/// ID-2. Ids are content_id's: a comparison has the same one in every file. `source` names the data.
class ImportCollector {
 public:
  explicit ImportCollector(std::string source) : source_(std::move(source)) {}

  /// Calls `read` for each record. One that throws Error is left out, the sentence being the reason.
  void each(const ImportRecords& records, const std::function<void(const Json&)>& read);

  /// What compares answers within the current record. The votes' lists are in the order of
  /// `comparison.answers`; their `comparison` is filled in. Throws Error for two equal answers, or a vote
  /// that does not fit.
  void add(Comparison comparison, std::vector<Vote> votes);
  /// As it is, ids included. Throws Error for an animated clip that is malformed, as add() does.
  void add_raw(Comparison comparison);
  void add_raw(Vote vote) { imported_.votes.push_back(std::move(vote)); }
  void note(const std::string& what);
  void leave_out(const std::string& reason);

  /// The current record, from 1. Settable for importers that put several together.
  std::size_t record = 0;
  Imported take() { return std::move(imported_); }

 private:
  std::size_t place_of(Comparison& comparison, std::vector<Vote>& votes);

  std::string source_;
  Imported imported_;
  std::unordered_map<std::string, std::vector<std::size_t>> same_content_;  // indices of comparisons
  std::unordered_map<std::string, std::vector<std::string>> voted_;         // raters of each comparison's id
};

/// How each() calls the current record in errors; importers pass it as `where`.
inline constexpr const char* kThisRecord = "this record 1";

}  // namespace nudge
