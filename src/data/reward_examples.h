#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "data/dataset.h"
#include "records/records.h"

namespace nudge {

/// What is for all heads of a model.
constexpr std::int64_t kEveryHead = -1;

/// Everything that raters said about one prompt, as token ids: sequences, places in them that get a score,
/// and what is known of those scores. (Policies learn from pairs: preference_tokens.h.)
struct RewardExample {
  Prompt question;
  std::vector<TokenId> prompt;                  // as it is read before an answer is sampled
  std::size_t shared = 0;                       // so many of its tokens stand in front of every sequence
  std::vector<std::vector<TokenId>> sequences;  // prompt and answer; distinct, however often compared

  struct Place {
    std::int64_t sequence, token;
  };
  std::vector<Place> places;  // where scores are read

  struct Comparison {
    std::vector<std::int64_t> items, ranks;  // indices into places; 0 is best, equal ranks are ties
    double margin = 0;                       // of the best over the next best
    std::int64_t head = kEveryHead;          // which head of the model it is for
    std::int64_t record = 0;                 // index of the ranking that it came from ...
    std::vector<std::int64_t> answers;       // ... and of each item's answer in it
  };
  std::vector<Comparison> comparisons;
  std::vector<double> labels;  // one for each place, or none

  /// Tokens to be computed: the prompt's once, and what each sequence has beyond it.
  std::int64_t tokens() const;
};

struct RewardExamples {
  std::vector<RewardExample> prompts;  // in order of first appearance
  std::int64_t too_long = 0;           // answers left out because they exceed max_length
  std::int64_t ties = 0;               // pairs of answers between which the raters saw no difference
};

/// Throws Error when nothing is left to train on, saying what was left out.
void require_examples(const RewardExamples& examples, std::int64_t max_length);

/// How comparisons are read.
struct ComparisonReading {
  std::int64_t max_length = 1024;
  bool ties = false;  // keep comparisons in which all is equal
  // How far the best is said to be above the next best.
  std::function<double(const Ranking&)> margin = [](const Ranking&) { return 0.0; };
  std::function<std::int64_t(const Ranking&)> head = [](const Ranking&) { return kEveryHead; };
};
/// Each answer is closed, whether or not it ended, and scored where data/answer_to_score.h says, with the
/// tokenizer's padding token as the model's.
RewardExamples compared_examples(const std::vector<Ranking>& rankings, const ChatFormat& format,
                                 const ComparisonReading& reading);

/// Single answers with a number: `prompt, completion, label` (a number, or true and false). Scored at the
/// same place, or at every token of the answer up to it (Cobbe et al. 2021) where `every_token`.
RewardExamples labelled_examples(Dataset& dataset, const ChatFormat& format, std::int64_t max_length,
                                 bool every_token);

/// Answers in steps, each right or not: TRL's `prompt, completions, labels`. `separator` is written behind
/// every step, and its last token carries the step's label (as in TRL's PRMTrainer); the answer ends with the
/// stop token, which carries none. Each record is an example of its own.
RewardExamples stepwise_examples(Dataset& dataset, const ChatFormat& format, std::int64_t max_length,
                                 const std::string& separator);

/// An answer as such a model reads it: steps one behind the other, a place at the end of each.
RewardExample stepwise_example(const Prompt& prompt, const std::vector<std::string>& steps,
                               const std::string& separator, const ChatFormat& format);

}  // namespace nudge
