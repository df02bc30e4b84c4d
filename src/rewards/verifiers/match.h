#pragma once

#include <string>
#include <string_view>

#include "records/records.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// 1 when the completion equals a reference answer but for white space around it, else 0.
struct ExactMatch {
  std::string column = "answer";
  double operator()(const Trajectory& trajectory) const;
};
void declare(SpecReader& spec, ExactMatch& match);

/// As ExactMatch, after both sides went through `normalised`.
struct NormalisedMatch {
  std::string column = "answer";
  double operator()(const Trajectory& trajectory) const;
};
void declare(SpecReader& spec, NormalisedMatch& match);

/// Text as SQuAD compares it: case folded, compatibility forms composed (NFKC), without punctuation and the
/// English articles, single spaces between words.
std::string normalised(std::string_view text);

/// Text without the white space (Unicode's, and the ASCII separators, as Python strips it) around it.
std::string_view trimmed(std::string_view text);

}  // namespace nudge
