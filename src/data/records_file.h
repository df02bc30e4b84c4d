#pragma once

#include <filesystem>
#include <vector>

#include "base/json.h"
#include "data/chat_format.h"
#include "data/dataset.h"
#include "records/records.h"

namespace nudge {

/// The records of a file of our own (metrics, votes), every one of which must be readable; what people bring
/// goes through Dataset, where a bad record does not end a run. Throws Error with file and line.
std::vector<Json> read_records(const std::filesystem::path& path);

/// The prompt of a record: `prompt` (text or messages) or another name for it (record_keys.h); Alpaca's
/// `instruction`, `input` and `history`; `messages` (`conversations` as ShareGPT writes them) without the
/// last assistant turn; the first of MT-bench's `turns`. A text in HH-RLHF's transcript form becomes
/// messages, and a system prompt in a column of its own goes in front. Every other column goes to `extra`.
/// Its id is the column `id` or the content itself. Throws Error.
Prompt prompt_of(const Json& record, std::string_view where);
/// The columns that prompt_of makes the prompt of, the id left aside.
std::vector<std::string> prompt_columns_of(const Json& record);
/// The column that holds a system prompt, if any.
std::string system_column(const Json& record);
/// Puts the system prompt of that column in front, unless the conversation has one of its own. A plain text
/// becomes the user's turn behind it.
void add_system(const Json& record, std::vector<Message>& messages);
void add_system(const Json& record, Prompt& prompt);

/// Makes bad the records whose turns `format` cannot write (require_writable), or whose prompt waits for no
/// answer, so that they are named with their place rather than end the run.
void refuse_unwritable(Dataset& dataset, const ChatFormat& format);

/// Preference pairs from `prompt, chosen, rejected` (text or messages), or implicit prompts (`chosen`,
/// `rejected` full texts or message lists: the longest common prefix of turns), or HH-RLHF transcripts
/// (`\n\nHuman: ... \n\nAssistant: ...`), or UltraFeedback's whole conversations beside a text prompt, or a
/// conversation that ends where one turn on each side answers it (LLaMA-Factory). Pairs that nobody can learn
/// from (ties aside) are left out by their reason; records of another form are bad.
struct PairsRead {
  std::vector<PreferencePair> pairs;
  std::vector<LeftOut> dropped;
};
PairsRead preference_pairs(Dataset& dataset);
/// One record of them. Throws Error for a bad one.
void read_pair(const Json& record, const std::string& place, PairsRead& read);

/// Comparisons of two or more answers: records with `prompt, completions, ranks` (smallest best, equal ranks
/// are ties; counted anew from 0), and pairs in any form that preference_pairs reads, which become rankings
/// of two, chosen first. Where an answer is left out its rank may be missing. What is known besides lies in
/// `extra`: "strength" (1 negligibly ... 4 significantly better) and "margin", both of the best over the next
/// best answer, "ended" (for each answer whether it ended by itself), "shown" (shown[place] = answer, place 0
/// left or first). What cannot be used is left out and counted by reason; of equal answers to one prompt the
/// first stays.
struct RankingsRead {
  std::vector<Ranking> rankings;
  std::vector<LeftOut> dropped;
};
RankingsRead rankings(Dataset& dataset);

/// A pair as a ranking of two, chosen first.
Ranking ranking_of(const PreferencePair& pair);

/// Completions that somebody liked or did not: `prompt, completion, label` (true and false, or 1 and 0; the
/// answer may be a conversation's last turn, and the label LLaMA-Factory's `kto_tag`), or preference pairs,
/// each of which gives its chosen side as desirable and its rejected one as not (ties left out). What cannot
/// be used is left out and counted by reason.
struct LabelledRead {
  std::vector<LabelledCompletion> completions;
  std::vector<LeftOut> dropped;
};
LabelledRead labelled_completions(Dataset& dataset);
/// One single answer with its label; the record must have one. Throws Error.
LabelledCompletion labelled_completion(const Json& record, std::string_view where);
/// The column of the label, if any.
std::string label_column(const Json& record);

/// The answer of a record as it is written behind its prompt: the first of the columns for it
/// (record_keys.h), or the last turn of a conversation. Throws Error.
std::string completion_of(const Prompt& prompt, const Json& record, std::string_view where);

/// The record of a labelled completion as TRL reads it.
Json labelled_record(const LabelledCompletion& labelled);

/// The record of a pair as TRL reads it (`prompt`, `chosen`, `rejected`, conversational where the prompt is)
/// plus who, when, how.
Json pair_record(const PreferencePair& pair);

}  // namespace nudge
