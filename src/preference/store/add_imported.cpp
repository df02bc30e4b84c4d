#include "preference/store/add_imported.h"

#include <set>
#include <string>
#include <unordered_map>

#include "preference/formats/same_content.h"

namespace nudge {
namespace {

/// Whether two answers are the same, so that their order says nothing of which is which.
bool ambiguous(const Comparison& comparison) {
  std::set<std::string> contents;
  for (const Answer& answer : comparison.answers) contents.insert(answer.content);
  return contents.size() < comparison.answers.size();
}

}  // namespace

std::pair<std::int64_t, std::int64_t> add_imported(Store& store, const std::vector<Comparison>& comparisons,
                                                   const std::vector<Vote>& votes) {
  Transaction transaction(store.database());
  std::vector<Comparison> missing;
  std::unordered_map<std::string, std::pair<Comparison, Comparison>> known;  // id -> the file's, the store's
  for (const Comparison& comparison : comparisons) {
    std::optional<Comparison> present = store.find(comparison.id);
    if (present && !ambiguous(comparison) && content_id(*present) == content_id(comparison))
      known.emplace(comparison.id, std::pair(comparison, std::move(*present)));
    else
      missing.push_back(comparison);
  }
  std::vector<Vote> translated = votes;
  for (Vote& vote : translated) {
    const auto found = known.find(vote.comparison);
    if (found == known.end()) continue;
    require_fits(vote, found->second.first, "vote of \"" + vote.rater + "\"");
    translate(vote, found->second.first, found->second.second);
  }
  const std::int64_t added = store.add(missing), voted = store.add(translated);
  transaction.commit();
  return {added, voted};
}

}  // namespace nudge
