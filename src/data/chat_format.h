#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/special_names.h"
#include "records/records.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace nudge {

/// How prompts, completions and conversations become token ids for one model: its tokenizer and, for
/// conversations, its chat template. Only the template emits special tokens; text from people and models
/// cannot. A model without a template reads conversations as HH-RLHF transcripts, and its sequences open
/// with the tokenizer's bos where there is one (else the template's business). Immutable, safe from many
/// threads.
class ChatFormat {
 public:
  /// Throws Error when the tokenizer's chat template cannot be parsed.
  explicit ChatFormat(std::shared_ptr<const Tokenizer> tokenizer);

  /// Ids up to where the completion begins: the rendered conversation with the generation prompt, or the
  /// plain text. Throws Error when the last turn is the assistant's.
  std::vector<TokenId> encode_prompt(const Prompt& prompt) const;

  /// Ids of a completion, the stop token behind it when `ended`.
  std::vector<TokenId> encode_completion(const std::string& completion, bool ended = true) const;

  /// A whole conversation, and per token whether an assistant wrote it (its stop token included, what the
  /// template writes behind that not). Each assistant turn is tokenized as encode_completion would, so that
  /// training and sampling see the same ids. Throws Error when the template is not prefix-preserving (a turn
  /// is rendered otherwise once more turns follow) or ends a turn without the stop token.
  struct Conversation {
    std::vector<TokenId> tokens;
    std::vector<std::uint8_t> assistant;
  };
  Conversation encode_conversation(const std::vector<Message>& messages) const;

  /// The token that ends a completion: the tokenizer's eos. Throws Error when it has none.
  TokenId stop_token() const;

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  std::shared_ptr<const Tokenizer> shared_tokenizer() const { return tokenizer_; }

 private:
  class Rendering;
  std::string render(const Json& messages, bool add_generation_prompt) const;

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<const ChatTemplate> template_;  // null when the model has none
  SpecialNames specials_;
};

}  // namespace nudge
