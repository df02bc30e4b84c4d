#include "data/chat_format.h"

#include <algorithm>

#include "base/error.h"
#include "data/messages.h"
#include "data/transcript.h"

namespace nudge {

// A conversation on its way to ids: its messages with special names marked where there are any.
class ChatFormat::Rendering {
 public:
  Rendering(const ChatFormat& format, const std::vector<Message>& messages)
      : format_(format), messages_(messages_json(messages)) {
    const auto forges = [&](const Message& message) {
      return format.specials_.occur_in(message.content) || format.specials_.occur_in(message.role);
    };
    if (std::none_of(messages.begin(), messages.end(), forges)) return;
    std::vector<std::string_view> texts;
    for (const Message& message : messages) texts.insert(texts.end(), {message.role, message.content});
    mark_ = SpecialNames::unused_mark(texts);
    for (Json& message : messages_)
      for (Json& text : message) text = format.specials_.mark(text.get<std::string>(), mark_);
  }

  // The first `count` messages as text.
  std::string text(std::size_t count, bool add_generation_prompt) const {
    Json first = Json::array();
    for (std::size_t i = 0; i < count; ++i) first.push_back(messages_[i]);
    return format_.render(first, add_generation_prompt);
  }

  std::vector<TokenId> encode(std::string_view rendered) const {
    if (rendered.empty()) return {};
    if (mark_.empty()) return format_.tokenizer_->encode_with_specials(rendered);
    return format_.specials_.encode(rendered, mark_, *format_.tokenizer_);
  }

 private:
  const ChatFormat& format_;
  Json messages_;
  std::string mark_;  // empty when no message holds a special name
};

ChatFormat::ChatFormat(std::shared_ptr<const Tokenizer> tokenizer)
    : tokenizer_(std::move(tokenizer)), specials_(*tokenizer_) {
  if (!tokenizer_->chat_template().empty())
    template_ = std::make_shared<const ChatTemplate>(tokenizer_->chat_template());
}

std::string ChatFormat::render(const Json& messages, bool add_generation_prompt) const {
  auto name = [&](std::optional<TokenId> id) { return id ? tokenizer_->token(*id) : std::string(); };
  const std::string bos = name(tokenizer_->bos()), eos = name(tokenizer_->eos());
  if (template_)
    return template_->render(messages, add_generation_prompt, {{"bos_token", bos}, {"eos_token", eos}});
  const auto turns = messages.empty() ? std::vector<Message>() : read_messages(messages, "conversation");
  return bos + write_transcript(turns, add_generation_prompt, eos);
}

std::vector<TokenId> ChatFormat::encode_prompt(const Prompt& prompt) const {
  if (prompt.conversational()) {
    require(prompt.messages.back().role != "assistant",
            "Prompt \"{}\": its last turn is the assistant's, so nothing waits for an answer.", prompt.id);
    const Rendering rendering(*this, prompt.messages);
    return rendering.encode(rendering.text(prompt.messages.size(), true));
  }
  std::vector<TokenId> ids = tokenizer_->encode(prompt.text);
  if (!template_ && tokenizer_->bos()) ids.insert(ids.begin(), *tokenizer_->bos());
  return ids;
}

std::vector<TokenId> ChatFormat::encode_completion(const std::string& completion, bool ended) const {
  std::vector<TokenId> ids = tokenizer_->encode(completion);
  if (ended) ids.push_back(stop_token());
  return ids;
}

ChatFormat::Conversation ChatFormat::encode_conversation(const std::vector<Message>& messages) const {
  const Rendering rendering(*this, messages);
  const std::string whole = rendering.text(messages.size(), false);
  Conversation conversation;
  auto append = [&](std::string_view text, bool assistant) {
    const auto ids = rendering.encode(text);
    auto trained = ids.begin();
    if (assistant) {
      const auto stop = std::find(ids.begin(), ids.end(), stop_token());
      require(
          stop != ids.end(),
          "The chat template does not end an assistant's turn with the stop token {}; set eos_token to the "
          "token that does.",
          tokenizer_->token(stop_token()));
      trained = stop + 1;
    }
    conversation.tokens.insert(conversation.tokens.end(), ids.begin(), ids.end());
    conversation.assistant.insert(conversation.assistant.end(), trained - ids.begin(), 1);
    conversation.assistant.insert(conversation.assistant.end(), ids.end() - trained, 0);
  };
  std::size_t done = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role != "assistant") continue;
    const std::string before = rendering.text(i, true), after = rendering.text(i + 1, false);
    require(
        whole.starts_with(after) && after.starts_with(before) && before.size() >= done,
        "The chat template is not prefix-preserving: it renders turn {} otherwise once more turns follow, so "
        "it cannot be told which tokens the assistant wrote; use the model's training template.",
        i + 1);
    append(std::string_view(whole).substr(done, before.size() - done), false);
    append(std::string_view(whole).substr(before.size(), after.size() - before.size()), true);
    done = after.size();
  }
  append(std::string_view(whole).substr(done), false);
  return conversation;
}

TokenId ChatFormat::stop_token() const {
  require(tokenizer_->eos().has_value(),
          "The tokenizer names no eos_token in tokenizer_config.json, so a completion cannot end; name one "
          "there.");
  return *tokenizer_->eos();
}

}  // namespace nudge
