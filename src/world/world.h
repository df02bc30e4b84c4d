#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "records/records.h"

namespace nudge::world {

/// Sizes of the embedded world of the demo (shares of document kinds and of imperfect demonstrations are
/// constants in world/corpus.cpp and world/demonstrations.cpp, beside the reason for each).
struct WorldOptions {
  std::uint64_t seed = 0;
  std::int64_t documents = 92000;     // corpus size, in documents
  std::int64_t eval_documents = 500;  // held-out documents of the same kinds
  std::int64_t demonstrations = 600;
  std::int64_t comparison_prompts = 8800;
  std::int64_t rl_prompts = 4000;
  std::int64_t eval_prompts = 500;
};

/// The corpus: one document a string (an imitation of the web in which questions are followed by more
/// questions).
std::vector<std::string> corpus(const WorldOptions& options);
/// Documents of the same making which are not in the corpus: what the base model has not read.
std::vector<std::string> eval_corpus(const WorldOptions& options);

/// Prompts. `extra` holds what the gold judge needs: kind ("capital", "continent", "language", "currency",
/// "young", "sum"), subject, answer (all right values), known (false: nothing in the corpus tells), opinion
/// (a value the asker claims, or absent), opinion_right, split ("train" or "eval"). Training subjects and
/// evaluation subjects are disjoint.
std::vector<Prompt> comparison_prompts(const WorldOptions& options);
std::vector<Prompt> rl_prompts(const WorldOptions& options);
std::vector<Prompt> eval_prompts(const WorldOptions& options);

/// Chat demonstrations of mixed quality: a prompt and an answer.
struct Demonstration {
  Prompt prompt;
  std::string answer;
};
std::vector<Demonstration> demonstrations(const WorldOptions& options);

/// Cloze statements that test whether the base model knows the facts: `text` to continue and the answer in
/// extra.
std::vector<Prompt> cloze_prompts(const WorldOptions& options);

/// Cloze statements as questions, bare, and behind k worked examples in the corpus's quiz form ("quiz") or in
/// a form the corpus lacks ("other").
std::vector<Prompt> bare_questions(const WorldOptions& options);
std::vector<Prompt> few_shot_prompts(const WorldOptions& options, std::int64_t shots,
                                     const std::string& form);

}  // namespace nudge::world
