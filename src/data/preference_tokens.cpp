#include "data/preference_tokens.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>

#include "base/error.h"
#include "data/messages.h"

namespace nudge {
namespace {

using Tokens = std::vector<TokenId>;

// Gives each distinct (prompt, completion) one place.
class Places {
 public:
  explicit Places(std::vector<Trajectory>& completions) : completions_(completions) {}

  std::int64_t of(const ChatFormat::Answer& answer) {
    const auto next = std::ssize(completions_);
    const auto [found, fresh] = places_.try_emplace({answer.prompt, answer.completion}, next);
    if (fresh)
      completions_.push_back({.prompt_tokens = answer.prompt, .completion_tokens = answer.completion});
    return found->second;
  }

 private:
  std::vector<Trajectory>& completions_;
  std::map<std::pair<Tokens, Tokens>, std::int64_t> places_;
};

using Encoded = ChatFormat::Answer;

// With what the template writes behind it as part of the completion, where that is asked for.
Encoded with_behind(Encoded answer, bool behind) {
  if (behind) answer.completion.insert(answer.completion.end(), answer.behind.begin(), answer.behind.end());
  return answer;
}

std::int64_t length(const Encoded& answer) {
  return answer.prompt.size() + answer.completion.size();
}

// Where a prompt is cut back for one of its answers, it is for all that are compared: what they are asked to
// begin with must be the same (as in TRL 1.16's DPOTrainer).
void cut_back_together(std::span<Encoded> answers) {
  std::size_t shared = answers.front().prompt.size();
  for (const Encoded& answer : answers) shared = std::min(shared, answer.prompt.size());
  for (Encoded& answer : answers) {
    const auto cut = answer.prompt.begin() + shared;
    answer.completion.insert(answer.completion.begin(), cut, answer.prompt.end());
    answer.prompt.erase(cut, answer.prompt.end());
  }
}

void require_prompt(const Encoded& answer, const Prompt& prompt) {
  require(!answer.prompt.empty(),
          "The prompt \"{}\" has no token; a completion needs something before it, so leave it out.",
          prompt.id);
}

}  // namespace

PreferenceTokens preference_tokens(const std::vector<PreferencePair>& pairs, const ChatFormat& format,
                                   std::int64_t max_length, bool best, bool behind) {
  PreferenceTokens data;
  Places places(data.completions);
  std::map<Tokens, std::size_t> prompts;
  for (const PreferencePair& pair : pairs) {
    if (pair.tie) {
      ++data.ties;
      continue;
    }
    const auto encoded = [&](const std::string& completion, const char* ended) {
      return with_behind(format.encode_answer(pair.prompt, completion,
                                              get_or<bool>(pair.extra, ended, true, "preference pair")),
                         behind);
    };
    std::vector<Encoded> answers = {encoded(pair.chosen, "chosen_ended"),
                                    encoded(pair.rejected, "rejected_ended")};
    if (best)
      answers.push_back(with_behind(
          format.encode_answer(pair.prompt, reply_of(pair.prompt.extra, "reference", "preference pair")),
          behind));
    cut_back_together(answers);
    require_prompt(answers.front(), pair.prompt);
    if (std::ranges::any_of(answers, [&](const Encoded& answer) { return length(answer) > max_length; })) {
      ++data.too_long;
      continue;
    }
    const auto [group, fresh] = prompts.try_emplace(format.encode_prompt(pair.prompt), data.by_prompt.size());
    if (fresh) data.by_prompt.emplace_back();
    data.by_prompt[group->second].push_back(std::ssize(data.pairs));
    data.pairs.push_back({places.of(answers[0]), places.of(answers[1]), best ? places.of(answers[2]) : -1});
  }
  require(!data.pairs.empty(),
          "No preference pair is left to train on ({} ties, {} longer than --max_length {}).", data.ties,
          data.too_long, max_length);
  return data;
}

void append(PreferenceTokens& to, PreferenceTokens more) {
  const std::int64_t completions = std::ssize(to.completions), pairs = std::ssize(to.pairs);
  std::ranges::move(more.completions, std::back_inserter(to.completions));
  for (auto [chosen, rejected, best] : more.pairs)
    to.pairs.push_back({chosen + completions, rejected + completions, best < 0 ? -1 : best + completions});
  for (std::vector<std::int64_t>& prompt : more.by_prompt) {
    for (std::int64_t& pair : prompt) pair += pairs;
    to.by_prompt.push_back(std::move(prompt));
  }
  to.too_long += more.too_long;
  to.ties += more.ties;
}

void append(LabelledTokens& to, LabelledTokens more) {
  const std::int64_t completions = std::ssize(to.completions);
  std::ranges::move(more.completions, std::back_inserter(to.completions));
  for (const auto& [completion, desirable] : more.examples)
    to.examples.push_back({completion + completions, desirable});
  to.too_long += more.too_long;
}

LabelledTokens labelled_tokens(const std::vector<LabelledCompletion>& labelled, const ChatFormat& format,
                               std::int64_t max_length, bool behind) {
  LabelledTokens data;
  Places places(data.completions);
  for (const LabelledCompletion& each : labelled) {
    const Encoded answer =
        with_behind(format.encode_answer(each.prompt, each.completion, each.ended), behind);
    require_prompt(answer, each.prompt);
    if (length(answer) > max_length) {
      ++data.too_long;
      continue;
    }
    data.examples.push_back({places.of(answer), each.desirable});
  }
  require(!data.examples.empty(),
          "No labelled completion is left to train on ({} longer than --max_length {}).", data.too_long,
          max_length);
  return data;
}

}  // namespace nudge
