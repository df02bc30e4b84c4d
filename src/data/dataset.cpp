#include "data/dataset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "data/dataset_files.h"
#include "data/record_line.h"

namespace nudge {

void leave_out(std::vector<LeftOut>& left_out, const std::string& reason, const std::string& place) {
  auto found = std::ranges::find(left_out, reason, &LeftOut::reason);
  if (found == left_out.end()) found = left_out.insert(found, {reason, 0, place});
  ++found->count;
}

std::int64_t count_of(const std::vector<LeftOut>& left_out) {
  std::int64_t count = 0;
  for (const LeftOut& each : left_out) count += each.count;
  return count;
}

std::string reasons_text(std::vector<LeftOut> left_out, std::size_t most) {
  std::ranges::stable_sort(left_out, std::ranges::greater(), &LeftOut::count);
  std::vector<std::string> reasons;
  std::int64_t others = 0;
  for (const auto& [reason, count, first] : left_out) {
    if (reasons.size() < most)
      reasons.push_back(fmt::format("{} ({}; the first is {})", count, reason, first));
    else
      others += count;
  }
  if (others > 0) reasons.push_back(fmt::format("{} for other reasons", others));
  return fmt::format("{}", fmt::join(reasons, ", "));
}

Dataset::Dataset(std::string name, std::string unit, std::vector<Entry> entries)
    : name_(name), files_{File{std::move(name), std::move(unit)}}, entries_(std::move(entries)) {
  for (Entry& entry : entries_)
    if (!entry.record.is_object()) spoil(entry, entry.fault.empty() ? no_object(entry.record) : entry.fault);
}

Dataset::Dataset(std::string name, std::vector<Json> records)
    : Dataset(std::move(name), "record", [&] {
        std::vector<Entry> entries;
        for (Json& record : records)
          entries.push_back({.number = entries.size() + 1, .record = std::move(record)});
        return entries;
      }()) {}

Dataset Dataset::read(const std::vector<std::string>& names, const std::string& split) {
  require(!names.empty(), "A dataset needs at least one file.");
  for (const std::string& name : names)
    if (const auto aside = left_aside(name); !aside.empty())
      say(fmt::format("{}: left aside {}.", name, fmt::join(aside, ", ")));
  const std::vector<DatasetFile> files = dataset_files(names, split);
  if (files.size() == 1 && files.front().weight == 1) return read_file(files.front().path);
  Dataset all(name_of(names), "", {});
  all.files_.clear();
  for (const DatasetFile& file : files) all.append(read_file(file.path), file.weight);
  require(all.size() > 0, "{}: no record is left by the weights of the mixture.", all.name());
  return all;
}

Dataset Dataset::read(const std::filesystem::path& name, const std::string& split) {
  return read(std::vector{name.string()}, split);
}

void Dataset::append(Dataset file, double weight) {
  files_.push_back(file.files_.front());
  const std::size_t number = files_.size() - 1;
  const std::vector<std::size_t> order = visits(file.size(), weight, number);
  for (std::size_t k = 0; k < order.size(); ++k) {
    const bool again = k + 1 < order.size() && order[k + 1] == order[k];
    Entry& here = file.entries_[order[k]];
    Entry& entry = entries_.emplace_back(again ? here : std::move(here));
    entry.file = number;
    if (entry.record.is_null()) leave_out(bad_, entry.fault, place(entry));
  }
}

std::string Dataset::name_of(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, " and "));
}

void Dataset::each(const std::function<void(const Json&, const std::string&)>& read) {
  for (Entry& entry : entries_) {
    if (entry.record.is_null()) continue;
    const std::string where = place(entry);
    try {
      read(entry.record, where);
    } catch (const Error& error) {
      spoil(entry, reason_of(error.what(), where));
    }
  }
}

void Dataset::each(const std::function<void(const Json&)>& look) const {
  for (const Entry& entry : entries_)
    if (!entry.record.is_null()) look(entry.record);
}

std::string Dataset::place(const Entry& entry) const {
  const auto& [name, unit] = files_[entry.file];
  return fmt::format("{} {} {}", name, unit, entry.number);
}

void Dataset::spoil(Entry& entry, const std::string& reason) {
  entry.record = nullptr;
  entry.fault = reason;
  leave_out(bad_, reason, place(entry));
}

}  // namespace nudge
