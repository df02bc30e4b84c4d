#include "preference/formats/raw.h"

#include <unordered_map>

#include "base/error.h"
#include "preference/formats/importers.h"

namespace nudge {

std::string raw_lines(std::span<const Comparison> comparisons, std::span<const Vote> votes) {
  std::string lines;
  for (const Comparison& comparison : comparisons) lines += to_line(to_json(comparison)) + "\n";
  for (const Vote& vote : votes) lines += to_line(to_json(vote)) + "\n";
  return lines;
}

void import_raw(const ImportRecords& records, ImportCollector& out) {
  std::unordered_map<std::string, Comparison> known;
  out.each(records, [&](const Json& record) {
    if (!record.contains("answers")) return;
    const Comparison comparison = comparison_from_json(record, kThisRecord);
    require(known.emplace(comparison.id, comparison).second, "the same id as a comparison before");
    out.add_raw(comparison);
  });
  out.each(records, [&](const Json& record) {
    if (record.contains("answers")) return;
    const Vote vote = vote_from_json(record, kThisRecord);
    const auto found = known.find(vote.comparison);
    require(found != known.end(), "a vote on a comparison that is not in the file");
    require_fits(vote, found->second, kThisRecord);
    require_possible_seconds(vote);
    out.add_raw(vote);
  });
}

}  // namespace nudge
