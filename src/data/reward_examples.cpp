#include "data/reward_examples.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "data/answer_to_score.h"
#include "data/messages.h"
#include "data/records_file.h"

namespace nudge {
namespace {

using Tokens = std::vector<TokenId>;

// Collects answers under their prompts, each distinct sequence once.
class Collection {
 public:
  Collection(RewardExamples& examples, std::int64_t max_length)
      : examples_(examples), max_length_(max_length) {}

  bool fits(const Tokens& sequence) {
    const bool fits = std::ssize(sequence) <= max_length_;
    examples_.too_long += !fits;
    return fits;
  }

  RewardExample& of(const Prompt& question, const ChatFormat& format) {
    const Tokens prompt = format.encode_prompt(question);
    const auto [found, fresh] = prompts_.try_emplace(prompt, examples_.prompts.size());
    if (fresh) examples_.prompts.push_back({.question = question, .prompt = prompt, .shared = prompt.size()});
    return examples_.prompts[found->second];
  }

  // Where a sequence lies among the example's.
  static std::int64_t place(RewardExample& example, const Tokens& sequence) {
    auto& sequences = example.sequences;
    auto found = std::ranges::find(sequences, sequence);
    if (found == sequences.end()) found = sequences.insert(found, sequence);
    const auto first_other = std::ranges::mismatch(example.prompt, sequence).in1;
    example.shared = std::min(example.shared, static_cast<std::size_t>(first_other - example.prompt.begin()));
    return found - sequences.begin();
  }

 private:
  RewardExamples& examples_;
  std::int64_t max_length_;
  std::map<Tokens, std::size_t> prompts_;
};

// The place of a compared answer: the last token of its sequence, and one place for each sequence.
std::int64_t place_of(RewardExample& example, const Tokens& answer) {
  const std::int64_t sequence = Collection::place(example, answer);
  if (sequence == std::ssize(example.places))
    example.places.push_back({sequence, std::ssize(example.sequences[sequence]) - 1});
  return sequence;
}

std::int64_t tied_pairs(const std::vector<std::int64_t>& ranks) {
  std::int64_t ties = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i)
    ties += std::count(ranks.begin(), ranks.begin() + i, ranks[i]);
  return ties;
}

bool all_equal(const std::vector<std::int64_t>& ranks) {
  return std::ranges::count(ranks, ranks.front()) == static_cast<std::ptrdiff_t>(ranks.size());
}

double label_in(const Json& value, std::string_view where) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  require(value.is_number(), "{}: a label must be a number, or true or false, got {}.", where,
          value.type_name());
  return value.get<double>();
}

}  // namespace

std::int64_t RewardExample::tokens() const {
  const auto trunk = static_cast<std::int64_t>(shared);
  std::int64_t total = trunk;
  for (const Tokens& sequence : sequences) total += std::ssize(sequence) - trunk;
  return total;
}

void require_examples(const RewardExamples& examples, std::int64_t max_length) {
  require(!examples.prompts.empty(),
          "reward: nothing is left to train on ({} pairs are ties, {} answers longer than --max_length {}).",
          examples.ties, examples.too_long, max_length);
}

RewardExamples compared_examples(const std::vector<Ranking>& rankings, const ChatFormat& format,
                                 const ComparisonReading& reading) {
  RewardExamples examples;
  Collection collection(examples, reading.max_length);
  for (std::size_t record = 0; record < rankings.size(); ++record) {
    const Ranking& ranking = rankings[record];
    std::vector<Tokens> answers;
    std::vector<std::int64_t> ranks, kept;
    for (std::size_t i = 0; i < ranking.completions.size(); ++i) {
      Tokens answer =
          answer_to_score(format, ranking.prompt, ranking.completions[i], format.tokenizer().pad()).tokens;
      if (!collection.fits(answer) || std::ranges::find(answers, answer) != answers.end()) continue;
      answers.push_back(std::move(answer));
      ranks.push_back(ranking.ranks[i]);
      kept.push_back(i);
    }
    if (answers.size() < 2) continue;
    examples.ties += tied_pairs(ranks);
    if (!reading.ties && all_equal(ranks)) continue;
    RewardExample& example = collection.of(ranking.prompt, format);
    RewardExample::Comparison comparison{.ranks = std::move(ranks),
                                         .margin = reading.margin(ranking),
                                         .head = reading.head(ranking),
                                         .record = static_cast<std::int64_t>(record),
                                         .answers = std::move(kept)};
    for (const Tokens& answer : answers) comparison.items.push_back(place_of(example, answer));
    example.comparisons.push_back(std::move(comparison));
  }
  return examples;
}

RewardExamples labelled_examples(Dataset& dataset, const ChatFormat& format, std::int64_t max_length,
                                 bool every_token) {
  RewardExamples examples;
  Collection collection(examples, max_length);
  dataset.each([&](const Json& record, const std::string& place) {
    const std::string column = label_column(record);
    require(!column.empty(), "{}: the column \"label\" is missing.", place);
    const double label = label_in(record.at(column), place);
    const Prompt prompt = prompt_of(record, place);
    const AnswerToScore answer =
        answer_to_score(format, prompt, completion_of(prompt, record, place), format.tokenizer().pad());
    const std::int64_t first = static_cast<std::int64_t>(answer.prompt), last = std::ssize(answer.tokens) - 1;
    if (!collection.fits(answer.tokens) || first > last) return;
    RewardExample& example = collection.of(prompt, format);
    const std::int64_t sequence = Collection::place(example, answer.tokens);
    for (std::int64_t token = every_token ? first : last; token <= last; ++token) {
      example.places.push_back({sequence, token});
      example.labels.push_back(label);
    }
  });
  return examples;
}

RewardExample stepwise_example(const Prompt& prompt, const std::vector<std::string>& steps,
                               const std::string& separator, const ChatFormat& format) {
  std::vector<std::string> pieces;
  for (const std::string& step : steps) pieces.push_back(step + separator);
  auto [tokens, ends] = format.encode_pieces(prompt, pieces);
  RewardExample example{.question = prompt, .prompt = format.encode_prompt(prompt)};
  example.sequences.push_back(std::move(tokens));
  for (const std::size_t end : ends) example.places.push_back({0, static_cast<std::int64_t>(end) - 1});
  return example;
}

RewardExamples stepwise_examples(Dataset& dataset, const ChatFormat& format, std::int64_t max_length,
                                 const std::string& separator) {
  RewardExamples examples;
  dataset.each([&](const Json& record, const std::string& place) {
    const auto steps = get<std::vector<std::string>>(record, "completions", place);
    const Json labels = get<Json>(record, "labels", place);
    require(labels.is_array() && labels.size() == steps.size() && !steps.empty(),
            "{}: \"labels\" needs one entry for each of the {} steps of \"completions\".", place,
            steps.size());
    RewardExample example = stepwise_example(prompt_of(record, place), steps, separator, format);
    if (example.tokens() > max_length) {
      ++examples.too_long;
      return;
    }
    for (const Json& label : labels) example.labels.push_back(label_in(label, place));
    examples.prompts.push_back(std::move(example));
  });
  return examples;
}

}  // namespace nudge
