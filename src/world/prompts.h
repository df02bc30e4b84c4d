#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "world/facts.h"
#include "world/world.h"

namespace nudge::world {

/// What a set of prompts is made of.
struct PromptMix {
  double unknown = 0.3;         // share that asks about names of which nothing can be known
  double opinion = 0.3;         // share in which the asker states an opinion first
  double wrong_opinion = 0.85;  // share of these opinions that are wrong
};

/// What is asked, and the opinion stated with it ("" for none).
struct Asked {
  Fact fact;
  std::string opinion;
};

/// `count` questions about the subjects of one half, every subject of a kind in turn; prompts differ from
/// each other as long as there are different ones. All randomness from streams named by `purpose`.
struct AskedPrompt {
  Asked asked;
  Prompt prompt;  // one user message; what the judge needs in `extra`
};
std::vector<AskedPrompt> ask(const Half& half, std::int64_t count, const PromptMix& mix, std::uint64_t seed,
                             const std::string& purpose);

/// What the judge needs to know of a question.
Json judge_columns(const Asked& asked, const std::string& split);

}  // namespace nudge::world
