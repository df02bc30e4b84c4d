// Which tokens of a whole conversation the assistant wrote.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "data/chat_format.h"
#include "data/chat_rendering.h"
#include "data/messages.h"
#include "data/transcript.h"
#include "data/unused_keys.h"

namespace nudge {
namespace {

std::size_t shared_bytes(std::string_view text, std::string_view other) {
  return std::ranges::mismatch(text, other).in1 - text.begin();
}

std::vector<std::size_t> assistant_turns(const std::vector<Message>& messages) {
  std::vector<std::size_t> turns;
  for (std::size_t turn = 0; turn < messages.size(); ++turn)
    if (messages[turn].role == "assistant") turns.push_back(turn);
  return turns;
}

}  // namespace

ChatFormat::Conversation ChatFormat::encode_conversation(const std::vector<Message>& messages,
                                                         const Json& arguments) const {
  if (!template_) {
    require_writable(messages, arguments);
    return transcript_conversation(messages);
  }
  const ChatRendering rendering = this->rendering(messages, arguments);
  const ChatTemplate::Rendered rendered = rendering.marked();
  const bool answered = !messages.empty() && messages.back().role == "assistant";
  const EncodedText whole(rendered.text + (answered ? missing_end() : ""), rendering.quote(), *tokenizer_);
  require_written(messages, rendering, whole.text());
  if (template_->marks_generation())
    return {whole.ids(), marked_turns(messages, rendering, whole, rendered.generated)};
  auto turns = told_turns(messages, rendering, whole);
  if (turns.empty() && !assistant_turns(messages).empty())
    return last_as_asked(messages, rendering, whole.text());
  return {whole.ids(), std::move(turns)};
}

// A turn of which nothing is written would be learned as an empty answer, or be missing where it is needed.
void ChatFormat::require_written(const std::vector<Message>& messages, const ChatRendering& rendering,
                                 const std::string& whole) const {
  for (std::size_t turn = 0; turn < messages.size(); ++turn) {
    const std::string& role = messages[turn].role;
    const bool known = turn == 0 || role == "system" || role == "user" || role == "assistant";
    require(
        known || rendering.text(turn + 1, false) != rendering.text(turn, false),
        "The chat template writes nothing for turn {}, whose role is \"{}\"; use a template that knows the "
        "role, or leave such records out.",
        turn + 1, role);
    require(
        role != "assistant" || !messages[turn].train || !calls_tools(messages[turn]) ||
            rendering.calls_in(turn, whole).has_value(),
        "The chat template writes nothing of the call of tools in turn {} (some write calls only in turns "
        "without content), so the turn would be learned without it; use a template that writes it, or "
        "leave such records out.",
        turn + 1);
  }
}

// What lies in the template's marks: every token that has a part in one, as in transformers 5.24
// (apply_chat_template, return_assistant_tokens_mask).
std::vector<ChatFormat::Turn> ChatFormat::marked_turns(
    const std::vector<Message>& messages, const ChatRendering& rendering, const EncodedText& whole,
    std::vector<ChatTemplate::Rendered::Span> marks) const {
  std::erase_if(marks, [](const auto& mark) { return mark.begin == mark.end; });
  require(!marks.empty(),
          "The chat template's {{% generation %}} marks hold nothing of this conversation, so nothing of it "
          "would be trained; use a template that marks the assistant's turns, or one without marks.");
  const std::vector<std::size_t> speakers = assistant_turns(messages);
  const bool one_each = marks.size() == speakers.size();
  std::vector<Turn> turns;
  std::size_t speaker = 0;
  for (const auto& [begin, end] : marks) {
    const auto begins_by = [&](std::size_t turn) {
      const std::string before = rendering.text(turn, false);
      return shared_bytes(whole.text(), before) <= begin;
    };
    if (one_each)
      speaker = turns.size();
    else
      while (speaker + 1 < speakers.size() && begins_by(speakers[speaker + 1])) ++speaker;
    const std::size_t first = whole.within(begin);
    turns.push_back({speakers.empty() ? 0 : speakers[speaker], first, whole.covering(end)});
  }
  const bool last_closes = leaves_open_ && !messages.empty() && messages.back().role == "assistant";
  if (last_closes) turns.back().end = whole.ids().size();
  return turns;
}

// What the assistant wrote, told from renderings of the conversation's beginnings; none where not even the
// last turn can be.
std::vector<ChatFormat::Turn> ChatFormat::told_turns(const std::vector<Message>& messages,
                                                     const ChatRendering& rendering,
                                                     const EncodedText& whole) const {
  const std::vector<std::size_t> speakers = assistant_turns(messages);
  std::vector<ChatRendering::Place> places;
  for (const std::size_t turn : speakers)
    if (!calls_tools(messages[turn])) places.push_back({turn, messages[turn].content.size()});
  const std::vector<std::size_t> found = rendering.find(places, whole.text());
  const auto content_end = [&](const ChatRendering::Place& place, std::size_t index) {
    if (found.size() == places.size()) return found[index];
    const auto alone = rendering.find({place}, whole.text());  // other turns are left out
    return alone.size() == 1 ? alone.front() : std::string::npos;
  };

  std::vector<Turn> turns;
  std::size_t plain = 0;
  for (const std::size_t turn : speakers) {
    std::optional<std::size_t> said;  // calls stand behind the content
    if (!calls_tools(messages[turn])) {
      said = content_end(places[plain], plain);
      ++plain;
    }
    const auto told = told_turn(messages, turn, rendering, whole, said);
    if (told && (turns.empty() || told->begin >= turns.back().end)) turns.push_back(*told);
  }
  if (turns.size() == speakers.size()) return turns;
  if (speakers.size() > 1)
    std::call_once(told_->of_rewriting, [] {
      warn(
          "the chat template renders earlier turns of the assistant otherwise once more turns follow "
          "(without "
          "their thoughts, for one), so of such conversations only the last answer is trained");
    });
  if (turns.empty() || turns.back().message != speakers.back()) return {};
  return {turns.back()};
}

// None where the whole does not go on as the turn's own rendering does, up to the token that ends it. What
// stands behind that token need not agree: some templates close the last turn with more.
std::optional<ChatFormat::Turn> ChatFormat::told_turn(const std::vector<Message>& messages, std::size_t turn,
                                                      const ChatRendering& rendering,
                                                      const EncodedText& whole,
                                                      std::optional<std::size_t> said) const {
  const std::string& text = whole.text();
  const std::string before = rendering.text(turn, true);
  const std::string after = turn + 1 == messages.size() ? text : rendering.text(turn + 1, false);
  // The opening of the answer may be another: it may begin a thought.
  if (!text.starts_with(before) && !text.starts_with(rendering.text(turn, false))) return std::nullopt;
  const std::size_t from = said.value_or(shared_bytes(text, before)), to = shared_bytes(text, after);
  if (from > to) return std::nullopt;
  auto end = found_end(whole, from, to);
  if (!end && calls_tools(messages[turn])) end = call_end(whole, from, to);
  if (!end && to < after.size()) return std::nullopt;
  if (!end && leaves_open_) end = whole.within(to);
  return Turn{turn, whole.departure(before), end ? *end : answer_end(whole, from, to)};
}

// The last answer behind its prompt as it is asked, whatever the template makes of the two together.
ChatFormat::Conversation ChatFormat::last_as_asked(const std::vector<Message>& messages,
                                                   const ChatRendering& rendering,
                                                   const std::string& whole) const {
  const std::size_t turn = assistant_turns(messages).back();
  const std::string asked = rendering.text(turn, true);
  const auto answer = rendering.answer_behind(asked, turn, messages[turn].content.size(), whole);
  require(
      answer || !calls_tools(messages[turn]),
      "The chat template is not prefix-preserving: it renders turn {} otherwise once more turns follow, so "
      "it cannot be told which tokens the assistant wrote; use the model's training template.",
      turn + 1);
  require(answer.has_value(),
          "The chat template writes nothing of the answer in turn {} (some read contents only as lists of "
          "parts), so there would be nothing to learn; use a template that writes it.",
          turn + 1);
  const EncodedText text(asked + answer->text, rendering.quote(), *tokenizer_);
  const std::size_t end = answer_end(text, asked.size() + answer->content_end, text.text().size());
  return {{text.ids().begin(), text.ids().begin() + end}, {{turn, text.departure(asked), end}}};
}

// Calls may be closed by a token of their own (gpt-oss, Gemma 4), since what they return goes on: the last
// added one of the turn.
std::optional<std::size_t> ChatFormat::call_end(const EncodedText& whole, std::size_t from,
                                                std::size_t to) const {
  const std::size_t first = whole.within(from);
  for (std::size_t end = to == whole.text().size() ? whole.ids().size() : whole.within(to); end > first;
       --end)
    if (tokenizer_->is_added(whole.ids()[end - 1])) return end;
  return std::nullopt;
}

ChatFormat::Conversation ChatFormat::transcript_conversation(std::vector<Message> messages) const {
  const auto last = std::ranges::find(messages.rbegin(), messages.rend(), "assistant", &Message::role);
  const bool answered = last != messages.rend();
  if (answered) messages.erase(last.base(), messages.end());
  const auto up_to = [&](std::size_t count) {
    return write_transcript({messages.begin(), messages.begin() + count});
  };
  const std::string text = up_to(messages.size());
  const std::string quote = specials_.occur_in(text) ? unused_characters({text}).first : "";
  const Joined joined{
      .whole = specials_.quoted(text, quote) + (answered ? tokenizer_->token(stop_token()) : ""),
      .quote = quote,
      .framed = true};
  const EncodedText whole = encoded(joined);
  const auto departure = [&](const std::string& part) {
    return tokenizer_->frame().before.size() + whole.departure(specials_.quoted(text, quote, part.size()));
  };
  Conversation conversation{.tokens = in_frame(joined, whole.ids()), .answers = {}};
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role != "assistant") continue;
    const bool closing = i + 1 == messages.size();
    conversation.answers.push_back({i, departure(up_to(i) + kAnswerDue),
                                    closing ? conversation.tokens.size() : departure(up_to(i + 1))});
  }
  return conversation;
}

}  // namespace nudge
