#include "preference/formats/imported.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "preference/formats/clip.h"
#include "preference/formats/same_content.h"

namespace nudge {
namespace {

void remark(std::vector<ImportRemark>& remarks, const std::string& what, std::size_t record) {
  auto found = std::ranges::find(remarks, what, &ImportRemark::what);
  if (found == remarks.end()) found = remarks.insert(found, {what, 0, record});
  ++found->count;
}

std::string reason_of(const Error& error) {
  std::string reason = error.what();
  const std::string place = std::string(kThisRecord) + ": ";
  if (reason.starts_with(place)) reason.erase(0, place.size());
  if (reason.ends_with('.')) reason.pop_back();
  return reason;
}

void require_different(const std::vector<Answer>& answers) {
  for (auto answer = answers.begin(); answer != answers.end(); ++answer)
    require(std::find_if(answers.begin(), answer,
                         [&](const Answer& before) { return before.content == answer->content; }) == answer,
            "two of the answers are the same");
}

/// A clip that no browser can draw would stop whoever gets it.
void require_whole_clips(const Comparison& comparison) {
  for (std::size_t i = 0; i < comparison.answers.size(); ++i) {
    const Answer& answer = comparison.answers[i];
    const std::string fault = answer.media == "clip" ? fault_of_clip(answer.content) : "";
    require(fault.empty(), "answer {}: its clip {}", i + 1, fault);
  }
}

}  // namespace

void ImportCollector::each(const ImportRecords& records, const std::function<void(const Json&)>& read) {
  for (const auto& [number, value] : records) {
    record = number;
    try {
      read(value);
    } catch (const Error& error) {
      leave_out(reason_of(error));
    }
  }
}

void ImportCollector::add(Comparison comparison, std::vector<Vote> votes) {
  require_different(comparison.answers);
  require_whole_clips(comparison);
  for (const Vote& vote : votes) require_fits(vote, comparison, kThisRecord);
  const std::size_t place = place_of(comparison, votes);
  const Comparison& target = imported_.comparisons[place];
  for (Vote& vote : votes) {
    if (!comparison.answers.empty()) translate(vote, comparison, target);
    vote.comparison = target.id;
    voted_[target.id].push_back(vote.rater);
    imported_.votes.push_back(std::move(vote));
  }
}

void ImportCollector::add_raw(Comparison comparison) {
  require_whole_clips(comparison);
  imported_.comparisons.push_back(std::move(comparison));
}

/// The first comparison of the same content on which none of these raters has voted, or a new one (then
/// `comparison` is moved away and its answers are empty).
std::size_t ImportCollector::place_of(Comparison& comparison, std::vector<Vote>& votes) {
  const std::string id = content_id(comparison);
  std::vector<std::size_t>& same = same_content_[id];
  for (const std::size_t place : same) {
    const std::vector<std::string>& raters = voted_[imported_.comparisons[place].id];
    if (std::ranges::none_of(
            votes, [&](const Vote& vote) { return std::ranges::find(raters, vote.rater) != raters.end(); }))
      return place;
  }
  comparison.id = same.empty() ? id : fmt::format("{}-{}", id, same.size() + 1);
  if (comparison.source.empty()) comparison.source = source_;
  same.push_back(imported_.comparisons.size());
  imported_.comparisons.push_back(std::exchange(comparison, {}));
  return same.back();
}

void ImportCollector::note(const std::string& what) {
  remark(imported_.noted, what, record);
}

void ImportCollector::leave_out(const std::string& reason) {
  remark(imported_.left_out, reason, record);
}

std::string remarks_text(const Imported& imported) {
  std::string lines;
  for (const auto& [what, count, first] : imported.left_out)
    lines += fmt::format("  left out: {} ({}); the first is {} {}\n", count, what, imported.unit, first);
  for (const auto& [what, count, first] : imported.noted)
    lines += fmt::format("  noted: {} ({}); the first in {} {}\n", count, what, imported.unit, first);
  return lines;
}

}  // namespace nudge
