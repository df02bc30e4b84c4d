#pragma once

#include <memory>
#include <string>
#include <vector>

#include "records/records.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace nudge {

/// How prompts, completions and conversations become token ids for one model: its tokenizer and, for
/// conversations, its chat template. Only the template emits special tokens; text from people and models
/// cannot. Immutable, safe from many threads.
class ChatFormat {
 public:
  explicit ChatFormat(std::shared_ptr<const Tokenizer> tokenizer);

  /// Ids up to where the completion begins: the rendered conversation with the generation prompt, or the
  /// plain text.
  std::vector<TokenId> encode_prompt(const Prompt& prompt) const;

  /// Ids of a completion, the stop token behind it when `ended`.
  std::vector<TokenId> encode_completion(const std::string& completion, bool ended = true) const;

  /// A whole conversation, and per token whether an assistant wrote it (its stop token included).
  struct Conversation {
    std::vector<TokenId> tokens;
    std::vector<std::uint8_t> assistant;
  };
  Conversation encode_conversation(const std::vector<Message>& messages) const;

  /// The token that ends a completion: the tokenizer's eos.
  TokenId stop_token() const;

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  std::shared_ptr<const Tokenizer> shared_tokenizer() const { return tokenizer_; }

 private:
  std::vector<TokenId> encode_rendered(const std::vector<Message>& messages,
                                       bool add_generation_prompt) const;

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<const ChatTemplate> template_;  // null when the model has none
};

}  // namespace nudge
