// Answers that somebody liked or did not, one by one (KTO): those of one prompt by one rater together say
// what is better than what.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "data/columns.h"
#include "data/messages.h"
#include "data/records_file.h"
#include "preference/formats/importers.h"
#include "preference/prompt_content.h"

namespace nudge {
namespace {

struct Labelled {
  std::size_t record = 0;  // the first of them
  Prompt prompt;
  std::string source;
  std::vector<Answer> answers;
  std::vector<bool> liked;
};
/// By prompt and rater, in the order of the file.
using Groups = std::map<std::pair<std::size_t, std::string>, Labelled>;

void add_label(const Json& record, std::map<std::string, std::size_t>& prompts, Groups& groups,
               std::size_t number) {
  LabelledCompletion labelled = labelled_completion(record, kThisRecord);
  const std::string& text = labelled.completion;
  const Vote vote = vote_of(record);
  require(!blank(text), "an empty reply");
  Prompt prompt = std::move(labelled.prompt);
  drop_vote_columns(prompt.extra);
  const std::string key = prompt_content(prompt);
  const std::size_t place = prompts.emplace(key, number).first->second;

  Labelled& group = groups[{place, vote.rater}];
  require(std::ranges::find(group.answers, text, &Answer::content) == group.answers.end(),
          "the same answer to the same prompt again");
  if (group.answers.empty()) {
    group.record = number;
    group.prompt = std::move(prompt);
    group.source = name_in(record, "source", kThisRecord);
  }
  Answer answer{.content = text};
  if (!labelled.ended) answer.extra["ended"] = false;
  group.answers.push_back(std::move(answer));
  group.liked.push_back(labelled.desirable);
}

Vote vote_on(const Labelled& group, const std::string& rater) {
  Vote vote{.rater = rater, .protocol = "import-labels"};
  if (std::ranges::find(group.liked, true) == group.liked.end()) {
    vote.outcome = Outcome::both_bad;
    return vote;
  }
  std::vector<double> ranks;
  for (const bool liked : group.liked) ranks.push_back(liked ? 0 : 1);
  vote.ranks = dense_ranks(ranks);
  return vote;
}

}  // namespace

void import_labels(const ImportRecords& records, ImportCollector& out) {
  std::map<std::string, std::size_t> prompts;
  Groups groups;
  out.each(records, [&](const Json& record) { add_label(record, prompts, groups, out.record); });
  for (auto& [key, group] : groups) {
    out.record = group.record;
    if (group.answers.size() < 2) {
      out.leave_out("the only answer to its prompt, with nothing to compare it with");
      continue;
    }
    const Vote vote = vote_on(group, key.second);
    out.add({.prompt = std::move(group.prompt), .answers = std::move(group.answers), .source = group.source},
            {vote});
  }
}

}  // namespace nudge
