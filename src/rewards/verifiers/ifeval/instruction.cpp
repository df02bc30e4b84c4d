#include "rewards/verifiers/ifeval/instruction.h"

#include "base/error.h"
#include "base/options.h"

namespace nudge::ifeval {
namespace {

std::vector<const Instructions*> families() {
  return {&keyword_instructions(), &length_instructions(), &format_instructions(), &language_instructions(),
          &frame_instructions()};
}

}  // namespace

std::vector<std::string> instruction_ids() {
  std::vector<std::string> ids;
  for (const Instructions* family : families())
    for (const auto& [id, make] : *family) ids.push_back(id);
  return ids;
}

Check make_check(const std::string& id, const Json& kwargs) {
  for (const Instructions* family : families())
    for (const auto& [known, make] : *family)
      if (known == id) return make(kwargs);
  const std::string near = nearest_name(id, instruction_ids());
  fail("ifeval: there is no instruction {}{}.", id, near.empty() ? "" : "; did you mean " + near + "?");
}

Bound bound(const Json& kwargs, const std::string& relation, const std::string& number) {
  const auto words = get<std::string>(kwargs, relation, "ifeval kwargs");
  require(words == "at least" || words == "less than",
          "ifeval kwargs: {} must be \"at least\" or \"less than\", and it is \"{}\".", relation, words);
  return {words == "at least", get<std::int64_t>(kwargs, number, "ifeval kwargs")};
}

}  // namespace nudge::ifeval
