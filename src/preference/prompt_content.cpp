#include "preference/prompt_content.h"

#include "data/messages.h"

namespace nudge {

std::string prompt_content(const Prompt& prompt) {
  if (prompt.conversational()) return to_line(messages_json(prompt.messages));
  return prompt.text.empty() ? prompt.id : prompt.text;
}

}  // namespace nudge
