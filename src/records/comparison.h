#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "records/records.h"

namespace nudge {

/// One of the answers that raters compare.
struct Answer {
  std::string content;          // what is shown: text, or the JSON of an animated clip
  std::string media = "text";   // "text" or "clip"; decides which viewer the page uses
  std::string model;            // who wrote it; never shown to raters
  Json extra = Json::object();  // what its sampler said of it ("ended", "policy_version" ...)
};

/// What raters are asked: K >= 2 answers to one prompt.
struct Comparison {
  std::string id;               // unique within a store
  Prompt prompt;                // splits go by its content, not its id
  std::vector<Answer> answers;  // in the order of the source; each rater sees an order of their own
  std::string source;           // dataset or policy that it came from
  Json extra = Json::object();
};

/// Four different things that a rater may say (a tie is `compared` with equal ranks).
enum class Outcome {
  compared,      // `ranks` holds the order
  both_bad,      // no answer is acceptable: negative examples for KTO, never a preference
  cannot_judge,  // seen, not decidable by this rater; never trained on
  skipped        // not looked at; does not count as a vote
};

/// One rater's decision on one comparison. All lists are in the comparison's own order of answers.
struct Vote {
  std::string comparison;  // id
  Outcome outcome = Outcome::compared;
  std::vector<std::int64_t> ranks;  // 0 best, equal ranks are ties; empty unless compared
  // How much better the best is than the next best: 1 negligibly ... 4 significantly; 0: not said.
  std::int64_t strength = 0;
  std::vector<std::int64_t> shown;    // shown[place] = answer shown there, place 0 left or first
  std::vector<std::int64_t> quality;  // 1-7 for each answer; empty: not asked
  std::vector<std::vector<std::string>> answer_flags;  // names for each answer; empty: none
  std::vector<std::string> flags;                      // of the comparison as a whole
  std::string comment;
  std::string rater;     // who
  std::string protocol;  // how: "page-pair", "page-ranking", "simulated-pair", "import"
  std::string time;      // ISO 8601 UTC, or empty for simulated raters
  double seconds = 0;    // from shown to submitted; 0: not known
  Json extra = Json::object();

  bool tie() const;  // compared, and all ranks equal
  /// What was said of how much better one of two answers is than the other: `strength` of the best (rank 0)
  /// and the next best (rank 1), and 0 of all other pairs of a ranking.
  std::int64_t strength_between(std::size_t first, std::size_t second) const;
};

/// Ranks 0, 1 ... without gaps from any numbers of which the smallest is the best.
std::vector<std::int64_t> dense_ranks(const std::vector<double>& ranks);

std::string to_string(Outcome outcome);
/// The outcome of that name. Throws Error for a name that is none.
Outcome outcome_named(const std::string& name, std::string_view where);

/// JSON of these records, as stores and raw exports hold it; reading back gives the same record. `where`
/// names the source in errors. Throws Error for a record that breaks its contract (fewer than two answers,
/// ranks of another length, strength out of range ...).
Json to_json(const Comparison& comparison);
Json to_json(const Vote& vote);
Comparison comparison_from_json(const Json& value, std::string_view where);
Vote vote_from_json(const Json& value, std::string_view where);

/// Throws Error unless the vote is a possible answer to the comparison: one that vote_from_json takes, whose
/// lists have one entry for each answer, ranks are 0 ... K-1 with 0 present, `shown` is a permutation.
void require_fits(const Vote& vote, const Comparison& comparison, std::string_view where);

}  // namespace nudge
