#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/encoded_text.h"
#include "data/special_names.h"
#include "records/records.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace nudge {

class ChatRendering;

/// How prompts, completions and conversations become token ids for one model: its tokenizer and, for
/// conversations, its chat template. A completion is never encoded alone: a prompt and its completion are
/// one text, rendered and encoded whole, so that a conversation has the same ids whatever form it came in;
/// the completion begins where the whole departs from the prompt's own encoding (as in TRL 1.16). Only the
/// template writes special tokens; text from people and models cannot. A text that no template writes stands
/// in the tokenizer's frame (its post-processor: BOS or none); a rendered one has what its template writes.
/// A model without a template reads conversations as HH-RLHF transcripts. Immutable, safe from many threads.
class ChatFormat {
 public:
  /// Throws Error when the tokenizer's chat template cannot be parsed.
  explicit ChatFormat(std::shared_ptr<const Tokenizer> tokenizer);

  /// This format with texts (not contents of messages) that are rendered already: names of special tokens in
  /// them are the tokens, a text that begins with the tokenizer's frame gets no second one, and an answer
  /// that ends with the stop token has it.
  ChatFormat reading_rendered() const;
  bool reads_rendered() const { return reads_rendered_; }

  /// Ids of what is there before a completion is sampled: the rendered conversation with the opening of the
  /// answer, or the plain text. Throws Error when a conversation's last turn is the assistant's, unless it is
  /// the begun answer of a transcript.
  std::vector<TokenId> encode_prompt(const Prompt& prompt) const;

  /// A prompt and its completion. The prompt is cut back where the two meet inside a word: the tokens of
  /// encode_prompt that the whole begins with.
  struct Answer {
    std::vector<TokenId> prompt;
    std::vector<TokenId> completion;  // with the token that ends it, when `ended`
    std::vector<TokenId> behind;      // what the template writes behind an ended answer: ChatML's newline
  };
  /// Throws Error when `ended` and the template does not end the turn with turn_end().
  Answer encode_answer(const Prompt& prompt, const std::string& completion, bool ended = true) const;

  /// A prompt and its completion to the very end, whether or not the completion ended there: the turn closed
  /// as the template closes it, with all that it writes behind; plain text with the stop token behind, where
  /// there is one.
  std::vector<TokenId> encode_finished(const Prompt& prompt, const std::string& completion) const;

  /// A completion in pieces, such as the steps of a solution, written one behind the other: its ids, with
  /// `ends[i]` tokens up to the end of piece i, the token that ends it behind.
  struct Pieces {
    std::vector<TokenId> tokens;  // prompt and completion
    std::vector<std::size_t> ends;
  };
  Pieces encode_pieces(const Prompt& prompt, const std::vector<std::string>& pieces) const;

  /// A document: a text in the tokenizer's frame, the stop token behind.
  std::vector<TokenId> encode_document(const std::string& text) const;

  /// A whole conversation, and which of its tokens an assistant's turn wrote: what lies in the template's
  /// {% generation %} marks where it has any (a turn may have several), else from where the whole departs
  /// from the prompt's encoding to the token that ends the turn; what the template writes behind is none.
  /// Where the template renders earlier turns otherwise once more turns follow, only the last turn is told,
  /// and a warning says so once; where even the prompt of that is another text than the beginning of the
  /// whole (Mistral's templates leave a system prompt out once the answer is there), the conversation is that
  /// prompt, as it is asked, and the answer behind it. Where it writes no token behind an answer, the stop
  /// token is put behind the last one, and a warning says so too. A call of tools may end with a token of its
  /// own. Throws Error when an answer is not written, when marks hold nothing, or when a call of tools is not
  /// written. A transcript's turns end where the next begins; only its last answer has the stop token behind,
  /// and what follows that answer is left out.
  struct Turn {
    std::size_t message;     // which of the messages
    std::size_t begin, end;  // its tokens
  };
  struct Conversation {
    std::vector<TokenId> tokens;
    std::vector<Turn> answers;  // the assistant's turns that could be told, in order; at least the last
  };
  /// `arguments` is what the template is given beside the messages (template_arguments in messages.h; those
  /// of a prompt are read from its columns). Throws Error for what the template, or a transcript, cannot
  /// write.
  Conversation encode_conversation(const std::vector<Message>& messages,
                                   const Json& arguments = Json::object()) const;

  /// The text of sampled tokens (the stop token left out) behind their prompt's: the one which, written
  /// behind the prompt, is encoded as these tokens, or as near to them as a text comes. Joined with a plain
  /// prompt it is readable text; behind a conversation it is the content of the turn.
  std::string decode_answer(const Prompt& prompt, const std::vector<TokenId>& prompt_tokens,
                            std::span<const TokenId> completion, bool ended) const;

  /// Throws Error for what the model's template, or a transcript where it has none, has no place for: calls
  /// and results of tools, and what is given beside the messages.
  void require_writable(const std::vector<Message>& messages, const Json& arguments) const;

  /// What training writes behind plain text: the tokenizer's eos, or the first end that the model's files
  /// list, or turn_end(). Throws Error when there is none.
  TokenId stop_token() const;

  /// What closes an assistant's turn: the first added token that the template writes behind it (ChatML's
  /// <|im_end|>, whatever the tokenizer's eos is), or stop_token().
  TokenId turn_end() const { return turn_end_ ? *turn_end_ : stop_token(); }

  /// Every token that ends an answer, each once: turn_end(), stop_token(), and those that
  /// generation_config.json and config.json list. Throws Error when there is none.
  std::vector<TokenId> end_tokens() const;

  const Tokenizer& tokenizer() const { return *tokenizer_; }

 private:
  // A prompt and its answer as one text, names in what people and models wrote quoted.
  struct Joined {
    std::string prompt;             // where the answer is due
    std::string whole;              // the answer behind it and, when it ended, what closes it
    std::vector<std::size_t> ends;  // in `whole`: those of the answer's pieces
    std::string quote;
    bool framed;  // no template wrote it
  };
  using Texts = std::vector<std::string>;

  bool rendered(const Prompt& prompt) const { return template_ && prompt.conversational(); }
  Joined join(const Prompt& prompt, const Texts& pieces, bool ended) const;
  Joined join_text(const Prompt& prompt, Texts pieces, bool ended) const;
  Joined join_turns(const Prompt& prompt, Texts pieces, bool ended) const;
  ChatRendering rendering(const std::vector<Message>& messages, const Json& arguments) const;
  Conversation transcript_conversation(std::vector<Message> messages) const;
  void require_written(const std::vector<Message>& messages, const ChatRendering& rendering,
                       const std::string& whole) const;
  std::vector<Turn> marked_turns(const std::vector<Message>& messages, const ChatRendering& rendering,
                                 const EncodedText& whole,
                                 std::vector<ChatTemplate::Rendered::Span> marks) const;
  std::vector<Turn> told_turns(const std::vector<Message>& messages, const ChatRendering& rendering,
                               const EncodedText& whole) const;
  std::optional<Turn> told_turn(const std::vector<Message>& messages, std::size_t turn,
                                const ChatRendering& rendering, const EncodedText& whole,
                                std::optional<std::size_t> said) const;
  Conversation last_as_asked(const std::vector<Message>& messages, const ChatRendering& rendering,
                             const std::string& whole) const;
  std::string missing_end() const;

  EncodedText encoded(const Joined& joined) const;
  std::vector<TokenId> in_frame(const Joined& joined, std::span<const TokenId> ids) const;
  std::size_t answer_end(const EncodedText& whole, std::size_t from, std::size_t to) const;
  std::optional<std::size_t> found_end(const EncodedText& whole, std::size_t from, std::size_t to) const;
  std::optional<std::size_t> call_end(const EncodedText& whole, std::size_t from, std::size_t to) const;
  Texts readings(const Prompt& prompt, const std::vector<TokenId>& prompt_tokens,
                 std::span<const TokenId> completion, bool ended) const;
  void look_for_turn_end();
  std::size_t agreement(const Prompt& prompt, const std::string& completion, bool ended,
                        std::span<const TokenId> with) const;

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<const ChatTemplate> template_;  // null when the model has none
  SpecialNames specials_;
  bool reads_rendered_ = false;
  struct Told {
    std::once_flag of_rewriting, of_missing_end;
  };
  std::shared_ptr<Told> told_ = std::make_shared<Told>();
  std::optional<TokenId> turn_end_;  // as the template writes it
  bool leaves_open_ = false;         // the template writes no token behind an answer
};

}  // namespace nudge
