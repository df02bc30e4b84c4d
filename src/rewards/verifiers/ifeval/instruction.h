#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace nudge::ifeval {

/// What errors call the arguments of an instruction.
inline constexpr const char* kKwargs = "ifeval kwargs";

/// Whether an answer follows one instruction.
using Check = std::function<bool(const std::string& answer)>;
/// Makes the check from the record's kwargs; throws Error when they are not what the instruction needs.
using MakeCheck = Check (*)(const Json& kwargs);
using Instructions = std::vector<std::pair<std::string, MakeCheck>>;

/// The 25 instructions of IFEval (Zhou et al. 2023, arXiv 2311.07911) by family. Rules follow the published
/// checkers; where those lean on nltk or langdetect, the headers here say what stands for them.
const Instructions& keyword_instructions();
const Instructions& length_instructions();
const Instructions& format_instructions();
const Instructions& language_instructions();
const Instructions& frame_instructions();

/// Every id, in the order of the families.
std::vector<std::string> instruction_ids();
/// Throws Error for an unknown id, naming the nearest, or for wrong kwargs.
Check make_check(const std::string& id, const Json& kwargs);

/// "at least" or "less than" a number.
struct Bound {
  bool at_least = true;
  std::int64_t number = 0;
  bool holds(std::int64_t count) const { return at_least ? count >= number : count < number; }
};
/// From the kwargs `relation` and `number` (their names differ between instructions). Throws Error.
Bound bound(const Json& kwargs, const std::string& relation, const std::string& number);

}  // namespace nudge::ifeval
