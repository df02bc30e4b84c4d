#pragma once

#include <cstdint>
#include <vector>

#include "data/chat_format.h"
#include "records/records.h"

namespace nudge {

/// Preferences as token ids. Each distinct completion of a prompt stands once in `completions` (only its
/// tokens are filled), however many pairs hold it: the C(K, 2) pairs of a ranking cost K sequences. A pair is
/// kept or left out as a whole here; reward_examples.h judges each answer alone and scores places in a
/// prompt's answers, so the two share nothing but ChatFormat.
struct PreferenceTokens {
  std::vector<Trajectory> completions;

  struct Pair {
    std::int64_t chosen, rejected;  // indices into completions
    std::int64_t best = -1;         // of the best answer known, where the record has one ("reference")
  };
  std::vector<Pair> pairs;
  std::vector<std::vector<std::int64_t>> by_prompt;  // pairs of one prompt, prompts in order of appearance

  std::int64_t too_long = 0;  // pairs left out because a side exceeds max_length
  std::int64_t ties = 0;      // pairs left out because the rater saw no difference
};
/// A completion ends with the stop token unless the pair's extra says `chosen_ended` or `rejected_ended`
/// false. `best` asks for the column "reference", `behind` for what the template writes behind that token as
/// part of the completion (ChatML's newline; TRL). Throws Error when no pair is left.
PreferenceTokens preference_tokens(const std::vector<PreferencePair>& pairs, const ChatFormat& format,
                                   std::int64_t max_length, bool best = false, bool behind = false);

/// Puts the pairs and completions of `more` behind those of `to`, counts added up.
void append(PreferenceTokens& to, PreferenceTokens more);

/// Single completions with a label, in tokens.
struct LabelledTokens {
  std::vector<Trajectory> completions;

  struct Example {
    std::int64_t completion;
    bool desirable;
  };
  std::vector<Example> examples;
  std::int64_t too_long = 0;
};
LabelledTokens labelled_tokens(const std::vector<LabelledCompletion>& labelled, const ChatFormat& format,
                               std::int64_t max_length, bool behind = false);
void append(LabelledTokens& to, LabelledTokens more);

}  // namespace nudge
