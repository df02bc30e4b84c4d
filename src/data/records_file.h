#pragma once

#include <filesystem>
#include <vector>

#include "base/json.h"
#include "records/records.h"

namespace nudge {

/// Reads JSON Lines, a JSON array, or plain text documents (.txt: split at lines holding only
/// `<|endoftext|>`, or the token itself), each also gzipped. Throws Error with file and line; an empty
/// dataset is an error.
std::vector<Json> read_records(const std::filesystem::path& path);

/// The prompt of a record: `prompt` (text or messages), `question`, or `messages` (`conversations` as
/// ShareGPT writes them) without its last assistant turn; a text in HH-RLHF's transcript form becomes
/// messages. Every other column goes to `extra`. Its id is the column `id` or the content itself. Throws
/// Error.
Prompt prompt_of(const Json& record, std::string_view where);

/// Preference pairs from `prompt, chosen, rejected` (text or messages), or implicit prompts (`chosen`,
/// `rejected` full texts or message lists: the longest common prefix of turns), or HH-RLHF transcripts
/// (`\n\nHuman: ... \n\nAssistant: ...`), or UltraFeedback's whole conversations beside a text prompt. Pairs
/// that cannot be used are left out and counted by reason.
struct PairsRead {
  std::vector<PreferencePair> pairs;
  std::vector<std::pair<std::string, std::int64_t>> dropped;  // reason, how many
};
PairsRead preference_pairs(const std::vector<Json>& records, std::string_view where);

/// Comparisons of two or more answers: records with `prompt, completions, ranks` (smallest best, equal ranks
/// are ties; counted anew from 0), and pairs in any form that preference_pairs reads, which become rankings
/// of two, chosen first. Where an answer is left out its rank may be missing. What is known besides lies in
/// `extra`: "strength" (1 negligibly ... 4 significantly better) and "margin", both of the best over the next
/// best answer, "ended" (for each answer whether it ended by itself), "shown" (shown[place] = answer, place 0
/// left or first). What cannot be used is left out and counted by reason; of equal answers to one prompt the
/// first stays.
struct RankingsRead {
  std::vector<Ranking> rankings;
  std::vector<std::pair<std::string, std::int64_t>> dropped;  // reason, how many
};
RankingsRead rankings(const std::vector<Json>& records, std::string_view where);

/// A pair as a ranking of two, chosen first.
Ranking ranking_of(const PreferencePair& pair);

/// Completions that somebody liked or did not: `prompt, completion, label` (true and false, or 1 and 0), or
/// preference pairs, each of which gives its chosen side as desirable and its rejected one as not (ties left
/// out). What cannot be used is left out and counted by reason.
struct LabelledRead {
  std::vector<LabelledCompletion> completions;
  std::vector<std::pair<std::string, std::int64_t>> dropped;  // reason, how many
};
LabelledRead labelled_completions(const std::vector<Json>& records, std::string_view where);

/// The record of a labelled completion as TRL reads it.
Json labelled_record(const LabelledCompletion& labelled);

/// The record of a pair as TRL reads it (`prompt`, `chosen`, `rejected`, conversational where the prompt is)
/// plus who, when, how.
Json pair_record(const PreferencePair& pair);

}  // namespace nudge
