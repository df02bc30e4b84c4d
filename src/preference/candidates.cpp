#include "preference/candidates.h"

#include <algorithm>

#include "base/error.h"
#include "data/records_file.h"

namespace nudge {
namespace {

std::vector<Candidate> distinct_candidates(const Json& completions, const std::string& where) {
  require(completions.is_array(), "{}: \"completions\" must be a list, as `nudge sample` writes it.", where);
  std::vector<Candidate> distinct;
  for (const Json& record : completions) {
    Candidate candidate;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
    candidate.text = get<std::string>(record, "text", where);
    candidate.ended = get_or<bool>(record, "ended", true, where);
    candidate.record = record;
    const bool seen =
        std::ranges::any_of(distinct, [&](const Candidate& c) { return c.text == candidate.text; });
    if (!seen) distinct.push_back(std::move(candidate));
  }
  return distinct;
}

}  // namespace

std::vector<CandidateSet> read_candidates(const std::filesystem::path& path, const DatasetOptions& datasets) {
  std::vector<CandidateSet> sets;
  Dataset dataset = Dataset::read(path, datasets.split);
  dataset.each([&](const Json& record, const std::string& where) {
    CandidateSet set;
    set.prompt = prompt_of(record, where);
    set.candidates = distinct_candidates(get<Json>(record, "completions", where), where);
    set.prompt.extra.erase("completions");
    sets.push_back(std::move(set));
  });
  settle(dataset, "preferences simulate", datasets);
  return sets;
}

std::vector<CandidateSet> candidate_sets(const std::vector<Comparison>& comparisons) {
  std::vector<CandidateSet> sets;
  for (const Comparison& comparison : comparisons) {
    CandidateSet& set = sets.emplace_back();
    set.prompt = comparison.prompt;
    for (const Answer& answer : comparison.answers)
      set.candidates.push_back({answer.content,
                                get_or<bool>(answer.extra, "ended", true, "comparison " + comparison.id),
                                answer.extra});
  }
  return sets;
}

}  // namespace nudge
