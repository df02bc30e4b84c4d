#include "data/preference_tokens.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "base/error.h"
#include "data/messages.h"

namespace nudge {
namespace {

using Tokens = std::vector<TokenId>;

std::int64_t length(const Tokens& prompt, const Tokens& completion) {
  return static_cast<std::int64_t>(prompt.size() + completion.size());
}

// Gives each distinct (prompt, completion) one place.
class Places {
 public:
  explicit Places(std::vector<Trajectory>& completions) : completions_(completions) {}

  std::int64_t of(const Tokens& prompt, const Tokens& completion) {
    const auto next = static_cast<std::int64_t>(completions_.size());
    const auto [found, fresh] = places_.try_emplace({prompt, completion}, next);
    if (fresh) completions_.push_back({.prompt_tokens = prompt, .completion_tokens = completion});
    return found->second;
  }

 private:
  std::vector<Trajectory>& completions_;
  std::map<std::pair<Tokens, Tokens>, std::int64_t> places_;
};

Tokens prompt_tokens(const Prompt& prompt, const ChatFormat& format) {
  Tokens tokens = format.encode_prompt(prompt);
  require(!tokens.empty(),
          "The prompt \"{}\" has no token; a completion needs something before it, so leave it out.",
          prompt.id);
  return tokens;
}

}  // namespace

PreferenceTokens preference_tokens(const std::vector<PreferencePair>& pairs, const ChatFormat& format,
                                   std::int64_t max_length, bool gold) {
  PreferenceTokens data;
  Places places(data.completions);
  std::map<Tokens, std::size_t> prompts;
  for (const PreferencePair& pair : pairs) {
    if (pair.tie) {
      ++data.ties;
      continue;
    }
    const auto encoded = [&](const std::string& completion, const char* ended) {
      return format.encode_completion(completion, get_or<bool>(pair.extra, ended, true, "preference pair"));
    };
    const Tokens prompt = prompt_tokens(pair.prompt, format);
    const Tokens chosen = encoded(pair.chosen, "chosen_ended");
    const Tokens rejected = encoded(pair.rejected, "rejected_ended");
    const Tokens best =
        gold ? format.encode_completion(reply_of(pair.prompt.extra, "reference", "preference pair"))
             : Tokens();
    if (std::max({length(prompt, chosen), length(prompt, rejected), length(prompt, best)}) > max_length) {
      ++data.too_long;
      continue;
    }
    const auto [group, fresh] = prompts.try_emplace(prompt, data.by_prompt.size());
    if (fresh) data.by_prompt.emplace_back();
    data.by_prompt[group->second].push_back(static_cast<std::int64_t>(data.pairs.size()));
    data.pairs.push_back(
        {places.of(prompt, chosen), places.of(prompt, rejected), gold ? places.of(prompt, best) : -1});
  }
  require(!data.pairs.empty(),
          "No preference pair is left to train on ({} ties, {} longer than --max_length {}).", data.ties,
          data.too_long, max_length);
  return data;
}

void append(PreferenceTokens& to, PreferenceTokens more) {
  const std::int64_t completions = std::ssize(to.completions), pairs = std::ssize(to.pairs);
  std::ranges::move(more.completions, std::back_inserter(to.completions));
  for (auto [chosen, rejected, gold] : more.pairs)
    to.pairs.push_back({chosen + completions, rejected + completions, gold < 0 ? -1 : gold + completions});
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
                               std::int64_t max_length) {
  LabelledTokens data;
  Places places(data.completions);
  for (const LabelledCompletion& each : labelled) {
    const Tokens prompt = prompt_tokens(each.prompt, format);
    const Tokens completion = format.encode_completion(each.completion, each.ended);
    if (length(prompt, completion) > max_length) {
      ++data.too_long;
      continue;
    }
    data.examples.push_back({places.of(prompt, completion), each.desirable});
  }
  require(!data.examples.empty(),
          "No labelled completion is left to train on ({} longer than --max_length {}).", data.too_long,
          max_length);
  return data;
}

}  // namespace nudge
