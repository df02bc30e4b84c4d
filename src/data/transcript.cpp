#include "data/transcript.h"

#include <algorithm>
#include <array>
#include <utility>

namespace nudge {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kSpeakers{
    {{"user", "\n\nHuman:"}, {"assistant", "\n\nAssistant:"}, {"system", "\n\nSystem:"}}};

struct Mark {
  std::size_t begin;
  std::size_t end;  // where the turn's text begins
  std::string_view role;
};

// HH-RLHF has no system turns, so only the two speakers divide a transcript.
std::optional<Mark> next_mark(std::string_view text, std::size_t from) {
  std::optional<Mark> first;
  for (std::size_t i = 0; i < 2; ++i) {
    auto [role, name] = kSpeakers[i];
    auto at = text.find(name, from);
    if (at != std::string_view::npos && (!first || at < first->begin))
      first = Mark{at, at + name.size(), role};
  }
  return first;
}

// One that we wrote may open with a system turn.
std::optional<Mark> first_mark(std::string_view text) {
  const auto [role, name] = kSpeakers[2];
  if (text.starts_with(name)) return Mark{0, name.size(), role};
  return next_mark(text, 0);
}

}  // namespace

std::optional<std::vector<Message>> parse_transcript(std::string_view text) {
  auto mark = first_mark(text);
  if (!mark || mark->begin != 0) return std::nullopt;
  std::vector<Message> messages;
  while (mark) {
    auto next = next_mark(text, mark->end);
    auto content = text.substr(mark->end, (next ? next->begin : text.size()) - mark->end);
    if (content.starts_with(' ')) content.remove_prefix(1);
    messages.push_back({std::string(mark->role), std::string(content)});
    mark = next;
  }
  return messages;
}

std::string write_transcript(const std::vector<Message>& messages) {
  auto speaker = [](const std::string& role) {
    auto found = std::find_if(kSpeakers.begin(), kSpeakers.end(), [&](auto& s) { return s.first == role; });
    return found == kSpeakers.end() ? "\n\n" + role + ":" : std::string(found->second);
  };
  std::string text;
  for (const Message& message : messages) text += speaker(message.role) + " " + message.content;
  return text;
}

const char* const kAnswerDue = "\n\nAssistant:";

std::size_t last_answer(std::string_view transcript) {
  const std::size_t mark = transcript.rfind(kAnswerDue);
  return mark == std::string_view::npos ? transcript.size() : mark + std::string_view(kAnswerDue).size();
}

bool is_transcript(const Prompt& prompt) {
  return prompt.conversational() && !prompt.text.empty();
}

AnswerTurn answer_turn(const Prompt& prompt, std::string answer) {
  AnswerTurn turn{.before = prompt.messages, .begun = {}, .rest = std::move(answer)};
  if (!turn.before.empty() && turn.before.back().role == "assistant") {
    turn.begun = std::move(turn.before.back().content);
    turn.before.pop_back();
  }
  if (is_transcript(prompt) && prompt.text.ends_with(kAnswerDue) && turn.rest.starts_with(' '))
    turn.rest.erase(0, 1);
  return turn;
}

}  // namespace nudge
