#include "data/dataset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace nudge {

void leave_out(std::vector<LeftOut>& left_out, const std::string& reason, const std::string& place) {
  auto found = std::ranges::find(left_out, reason, &LeftOut::reason);
  if (found == left_out.end()) found = left_out.insert(found, {reason, 0, place});
  ++found->count;
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
    if (!entry.record.is_object())
      spoil(entry, !entry.fault.empty() ? entry.fault
                                        : fmt::format("a record must be a JSON object, and here it is {}",
                                                      entry.record.type_name()));
}

Dataset::Dataset(std::string name, std::vector<Json> records)
    : Dataset(std::move(name), "record", [&] {
        std::vector<Entry> entries;
        for (Json& record : records)
          entries.push_back({.number = entries.size() + 1, .record = std::move(record)});
        return entries;
      }()) {}

Dataset Dataset::read(const std::vector<std::string>& files) {
  require(!files.empty(), "A dataset needs at least one file.");
  Dataset all = read(std::filesystem::path(files.front()));
  for (std::size_t i = 1; i < files.size(); ++i) {
    Dataset next = read(std::filesystem::path(files[i]));
    all.files_.push_back(next.files_.front());
    for (Entry& entry : next.entries_) {
      entry.file = i;
      if (entry.record.is_null()) leave_out(all.bad_, entry.fault, all.place(entry));
      all.entries_.push_back(std::move(entry));
    }
  }
  all.name_ = name_of(files);
  return all;
}

std::string Dataset::name_of(const std::vector<std::string>& files) {
  return fmt::format("{}", fmt::join(files, " and "));
}

void Dataset::each(const std::function<void(const Json&, const std::string&)>& read) {
  for (Entry& entry : entries_) {
    if (entry.record.is_null()) continue;
    const std::string where = place(entry);
    try {
      read(entry.record, where);
    } catch (const Error& error) {
      std::string reason = error.what();
      if (reason.starts_with(where + ": ")) reason.erase(0, where.size() + 2);
      if (reason.ends_with('.')) reason.pop_back();
      spoil(entry, reason);
    }
  }
}

void Dataset::each(const std::function<void(const Json&)>& look) const {
  for (const Entry& entry : entries_)
    if (!entry.record.is_null()) look(entry.record);
}

std::int64_t Dataset::bad_count() const {
  std::int64_t count = 0;
  for (const LeftOut& bad : bad_) count += bad.count;
  return count;
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
