#include "data/answer_to_score.h"

#include <algorithm>

namespace nudge {

AnswerToScore answer_to_score(const ChatFormat& format, const Prompt& prompt, const std::string& completion,
                              std::optional<std::int64_t> padding) {
  AnswerToScore answer{.tokens = format.encode_finished(prompt, completion)};
  auto& tokens = answer.tokens;
  while (tokens.size() > 1 && tokens.back() == padding) tokens.pop_back();
  const std::vector<TokenId> asked = format.encode_prompt(prompt);
  answer.prompt = std::ranges::mismatch(tokens, asked).in1 - tokens.begin();
  return answer;
}

TokenId padding_for_scores(const ChatFormat& format) {
  const Tokenizer& tokenizer = format.tokenizer();
  const TokenId last_of_text = format.encode_finished({.text = "Question"}, "Answer").back();
  const TokenId last_of_turn = format.encode_finished({.messages = {{"user", "Question"}}}, "Answer").back();
  const auto hides_nothing = [&](std::optional<TokenId> id) {
    return id && *id != last_of_text && *id != last_of_turn;
  };
  for (const auto id : {tokenizer.pad(), tokenizer.bos()})
    if (hides_nothing(id)) return *id;
  const std::vector<TokenId> ends = format.end_tokens();
  std::vector<TokenId> others;  // best those that end nothing at all
  for (TokenId id = 0; id < tokenizer.vocab_size(); ++id)
    if (tokenizer.is_special(id) && hides_nothing(id)) others.push_back(id);
  std::ranges::stable_partition(others,
                                [&](TokenId id) { return std::ranges::find(ends, id) == ends.end(); });
  return others.empty() ? format.stop_token() : others.front();
}

}  // namespace nudge
