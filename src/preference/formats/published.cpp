// Published sets in forms of their own: PandaLM (Wang et al. 2023), LLMBar (Zeng et al. 2023).
#include "base/error.h"
#include "preference/formats/importers.h"

namespace nudge {
namespace {

std::vector<std::int64_t> ranks_of_label(std::int64_t label) {
  require(label >= 0 && label <= 2, "a label is 1, 2 or 0 for a tie, but came {}", label);
  if (label == 0) return {0, 0};
  return label == 1 ? std::vector<std::int64_t>{0, 1} : std::vector<std::int64_t>{1, 0};
}

/// PandaLM's file holds true and false where its models wrote a single word. Raters' labels of these items
/// are whole, so agreement counts them; the answer's text is lost, so exports for training leave them out.
Answer answer_of(const Json& record, const char* column, Comparison& comparison, ImportCollector& out) {
  require(record.contains(column), "the column \"{}\" is missing", column);
  const Json& value = record.at(column);
  if (!value.is_boolean()) return {.content = get<std::string>(record, column, kThisRecord)};
  out.note("a boolean stands where an answer's text should; its labels count, training will not see it");
  comparison.extra["text_lost"] = true;
  return {.content = value.dump()};
}

void import_pandalm_item(const Json& record, ImportCollector& out) {
  Comparison comparison;
  comparison.prompt = instruction_prompt(get<std::string>(record, "instruction", kThisRecord),
                                         get_or<std::string>(record, "input", "", kThisRecord));
  for (const char* column : {"response1", "response2"})
    comparison.answers.push_back(answer_of(record, column, comparison, out));
  const auto models = get_or<std::string>(record, "cmp_key", "", kThisRecord);
  if (const auto bar = models.find('_'); bar != std::string::npos) {
    comparison.answers[0].model = models.substr(0, bar);
    comparison.answers[1].model = models.substr(bar + 1);
  }
  std::vector<Vote> votes;
  for (int rater = 1;; ++rater) {
    const std::string name = fmt::format("annotator{}", rater);
    if (!record.contains(name)) break;
    votes.push_back({.ranks = ranks_of_label(get<std::int64_t>(record, name, kThisRecord)),
                     .rater = name,
                     .protocol = "import"});
  }
  out.add(std::move(comparison), std::move(votes));
}

void import_llmbar_item(const Json& record, ImportCollector& out) {
  Comparison comparison;
  comparison.prompt = instruction_prompt(get<std::string>(record, "input", kThisRecord), "");
  for (const char* column : {"output_1", "output_2"})
    comparison.answers.push_back({.content = get<std::string>(record, column, kThisRecord)});
  Vote vote = vote_of(record);
  vote.ranks = ranks_of_label(get<std::int64_t>(record, "label", kThisRecord));
  out.add(std::move(comparison), {std::move(vote)});
}

}  // namespace

void import_pandalm(const ImportRecords& records, ImportCollector& out) {
  out.each(records, [&](const Json& record) { import_pandalm_item(record, out); });
}

void import_llmbar(const ImportRecords& records, ImportCollector& out) {
  out.each(records, [&](const Json& record) { import_llmbar_item(record, out); });
}

}  // namespace nudge
