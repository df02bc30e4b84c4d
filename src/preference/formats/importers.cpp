#include "preference/formats/importers.h"

#include <cmath>

#include "base/error.h"
#include "data/columns.h"

namespace nudge {

Prompt instruction_prompt(const std::string& instruction, const std::string& input) {
  Prompt prompt;
  prompt.text = input.empty() ? instruction : instruction + "\n\n" + input;
  require(!prompt.text.empty(), "the prompt is empty");
  prompt.id = prompt.text;
  return prompt;
}

void require_possible_seconds(const Vote& vote) {
  require(std::isfinite(vote.seconds) && vote.seconds >= 0,
          "seconds are 0 or more, and 0 where they are not known, but came {}", vote.seconds);
}

Vote vote_of(const Json& record) {
  Vote vote;  // assigned, not initialized: g++ 12 cleans up wrongly when an initializer throws
  vote.rater = name_in(record, "rater", kThisRecord);
  if (vote.rater.empty()) vote.rater = kUnnamedRater;
  vote.protocol = get_or<std::string>(record, "protocol", "import", kThisRecord);
  vote.time = get_or<std::string>(record, "time", "", kThisRecord);
  vote.seconds = get_or<double>(record, "seconds", 0, kThisRecord);
  const Json extra = get_or<Json>(record, "extra", Json::object(), kThisRecord);
  for (const Json* place : {&extra, &record})
    if (place->is_object()) vote.strength = get_or(*place, "strength", vote.strength, kThisRecord);
  vote.comment = get_or<std::string>(record, "comment", "", kThisRecord);
  require(vote.strength >= 0 && vote.strength <= 4,
          "strength is 1 to 4, or 0 where it was not said, but came {}", vote.strength);
  require_possible_seconds(vote);
  return vote;
}

void drop_vote_columns(Json& extra) {
  for (const char* column : {"rater", "protocol", "time", "seconds", "strength", "comment", "source", "extra",
                             "votes", "agreement", "comparison", "chosen_model", "rejected_model"})
    extra.erase(column);
}

}  // namespace nudge
