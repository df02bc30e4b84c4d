#include "records/records.h"

namespace nudge {

const std::string& Prompt::question() const {
  if (!conversational()) return text;
  for (auto turn = messages.rbegin(); turn != messages.rend(); ++turn)
    if (turn->role == "user") return turn->content;
  return messages.back().content;
}

}  // namespace nudge
