#include "world/prompts.h"

#include <algorithm>
#include <set>

#include "world/phrasing.h"

namespace nudge::world {
namespace {

/// Deals the facts of a half kind by kind, each kind's in a fresh order again and again.
class Deck {
 public:
  explicit Deck(const FactsByKind& facts) : facts_(facts) {}

  const Fact& next(const std::string& kind, Stream& stream) {
    std::vector<std::int64_t>& order = left_[kind];
    const std::vector<Fact>& facts = facts_.at(kind);
    if (order.empty()) order = stream.permutation(std::ssize(facts));
    const auto drawn = static_cast<std::size_t>(order.back());
    order.pop_back();
    return facts[drawn];
  }

 private:
  const FactsByKind& facts_;
  std::map<std::string, std::vector<std::int64_t>> left_;
};

std::string any_kind(bool known, Stream& stream) {
  static const std::vector<std::string> of_known = {"capital",  "capital",  "continent", "continent",
                                                    "language", "language", "currency",  "currency",
                                                    "young",    "sum"};
  static const std::vector<std::string> of_unknown(of_known.begin(), of_known.end() - 1);
  return stream.pick(known ? of_known : of_unknown);
}

/// An opinion on the fact: the right value, or a mistake. On an invented name every opinion is a mistake.
std::string opinion_on(const Fact& fact, double wrong_share, Stream& stream) {
  if (stream.chance(wrong_share) || fact.answers.empty()) return wrong_value(fact, stream);
  return fact.answers.front();
}

std::string words_of(const Asked& asked, Stream& stream) {
  std::string asks = question(asked.fact, stream);
  if (asked.opinion.empty()) return asks;
  static const std::vector<std::string> openings = {"I think that ", "I believe that ",
                                                    "My friend says that "};
  const std::string& wording = stream.pick(wordings(asked.fact.kind).answers);
  return stream.pick(openings) + fill_inside(wording, asked.fact, asked.opinion) + " " + asks;
}

constexpr PromptMix kTrainingMix{.unknown = 0.30};

/// Comparisons ask more often about unknown names than any other prompts: that "I do not know" is right there
/// and wrong elsewhere is the one thing that only they can teach.
constexpr PromptMix kComparisonMix{.unknown = 0.40};

std::vector<Prompt> prompts_of(const Half& half, std::int64_t count, const PromptMix& mix, std::uint64_t seed,
                               const std::string& purpose) {
  std::vector<Prompt> prompts;
  for (AskedPrompt& each : ask(half, count, mix, seed, purpose)) prompts.push_back(std::move(each.prompt));
  return prompts;
}

}  // namespace

Json judge_columns(const Asked& asked, const std::string& split) {
  Json columns;
  columns["kind"] = asked.fact.kind;
  columns["subject"] = asked.fact.subject;
  columns["answer"] = asked.fact.answers;
  columns["known"] = asked.fact.known;
  if (!asked.opinion.empty()) {
    columns["opinion"] = asked.opinion;
    columns["opinion_right"] = std::ranges::count(asked.fact.answers, asked.opinion) > 0;
  }
  columns["split"] = split;
  return columns;
}

std::vector<AskedPrompt> ask(const Half& half, std::int64_t count, const PromptMix& mix, std::uint64_t seed,
                             const std::string& purpose) {
  Deck known(half.known), unknown(half.unknown);
  std::set<std::string> seen;
  std::vector<AskedPrompt> all;
  Stream stream(seed, "world-" + purpose);
  for (std::int64_t i = 0; i < count; ++i) {
    const bool about_known = !stream.chance(mix.unknown);
    const bool with_opinion = stream.chance(mix.opinion);
    Asked asked;
    std::string text;
    for (int attempt = 0; attempt < 20; ++attempt) {
      asked.fact = (about_known ? known : unknown).next(any_kind(about_known, stream), stream);
      asked.opinion = with_opinion ? opinion_on(asked.fact, mix.wrong_opinion, stream) : "";
      text = words_of(asked, stream);
      if (seen.insert(text).second) break;
    }
    Prompt prompt{.id = text, .messages = {{"user", text}}, .extra = judge_columns(asked, half.name)};
    all.push_back({std::move(asked), std::move(prompt)});
  }
  return all;
}

std::vector<Prompt> comparison_prompts(const WorldOptions& options) {
  return prompts_of(training_half(options.seed), options.comparison_prompts, kComparisonMix, options.seed,
                    "comparisons");
}

std::vector<Prompt> rl_prompts(const WorldOptions& options) {
  return prompts_of(training_half(options.seed), options.rl_prompts, kTrainingMix, options.seed, "rl");
}

std::vector<Prompt> eval_prompts(const WorldOptions& options) {
  return prompts_of(evaluation_half(options.seed), options.eval_prompts, kTrainingMix, options.seed, "eval");
}

}  // namespace nudge::world
