#include "data/transcript.h"

#include <algorithm>
#include <array>
#include <utility>

namespace nudge {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kSpeakers{
    {{"user", "\n\nHuman:"}, {"assistant", "\n\nAssistant:"}, {"system", "\n\nSystem:"}}};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

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

}  // namespace

std::optional<std::vector<Message>> parse_transcript(std::string_view text) {
  auto mark = next_mark(text, 0);
  if (!mark || mark->begin != 0) return std::nullopt;
  std::vector<Message> messages;
  while (mark) {
    auto next = next_mark(text, mark->end);
    auto content = text.substr(mark->end, (next ? next->begin : text.size()) - mark->end);
    messages.push_back({std::string(mark->role), std::string(trimmed(content))});
    mark = next;
  }
  return messages;
}

std::string write_transcript(const std::vector<Message>& messages, bool add_generation_prompt,
                             std::string_view turn_end) {
  auto speaker = [](const std::string& role) {
    auto found = std::find_if(kSpeakers.begin(), kSpeakers.end(), [&](auto& s) { return s.first == role; });
    return found == kSpeakers.end() ? "\n\n" + role + ":" : std::string(found->second);
  };
  std::string text;
  for (const Message& message : messages) {
    text += speaker(message.role) + " " + message.content;
    if (message.role == "assistant") text += turn_end;
  }
  if (add_generation_prompt) text += speaker("assistant") + " ";
  return text;
}

}  // namespace nudge
