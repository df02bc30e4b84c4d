#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/names.h"

namespace nudge {

enum class AskingOrder {
  random,   // another for each rater
  priority  // largest number first
};
constexpr auto names_table(AskingOrder) {
  return std::to_array<Named<AskingOrder>>(
      {{AskingOrder::random, "random"}, {AskingOrder::priority, "priority"}});
}

/// How comparisons are handed to raters and what the page asks. The store keeps them, as events: changing one
/// later holds for all that is still to come, and what is done is counted again by it.
struct LabelSettings {
  std::int64_t overlap = 1;    // raters for each comparison; skips do not count
  double overlap_share = 0.1;  // of comparisons get one rater more, so that agreement can be measured
  double repeat_share = 0.05;  // of tasks are ones that the same rater has decided before
  double gold_share = 0.05;    // of tasks are ones whose answer is known
  AskingOrder order = AskingOrder::random;
  double random_share = 0.2;  // of tasks are drawn at random all the same when the order is by priority

  bool strength = true;  // ask how much better
  bool quality = false;  // ask for 1-7 for each answer
  bool allow_tie = true;
  bool markdown = true;                       // how texts are shown to raters who have not chosen themselves
  std::vector<std::string> answer_flags;      // names that each answer may get
  std::vector<std::string> comparison_flags;  // names that a comparison may get

  // Where the page was served last, and is again unless another program has it: browsers keep what they could
  // not send under this address. 0: never yet.
  std::int64_t port = 0;

  std::uint64_t seed = 0;  // of orders, sides, and which comparisons are shared; set when the store is made
};

Json to_json(const LabelSettings& settings);

/// `base` with what `changes` names. Throws Error for unknown names and impossible values; the seed stays.
LabelSettings changed(const LabelSettings& base, const Json& changes, std::string_view where);

/// Throws Error unless the numbers make sense together.
void require_sensible(const LabelSettings& settings, std::string_view where);

/// The binary questions that labellers of InstructGPT answered on each completion (arXiv 2203.02155, table 3
/// and appendix B), as `--answer_flags instructgpt` names them.
std::vector<std::string> instructgpt_flags();

}  // namespace nudge
