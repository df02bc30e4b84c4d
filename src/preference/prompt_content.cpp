#include "preference/prompt_content.h"

#include "data/messages.h"

namespace nudge {

std::string prompt_content(const Prompt& prompt) {
  return prompt.conversational() ? to_line(messages_json(prompt.messages)) : prompt.text;
}

}  // namespace nudge
