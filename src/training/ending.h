#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "training/watch.h"

namespace nudge {

/// What a training hands back when it is over, for its command to say.
struct Ending {
  std::string title;  // the algorithm
  std::int64_t steps = 0;
  std::string unit = "step";         // what one is called
  std::int64_t window = 1;           // values that either side of a change is the mean of
  std::vector<Change> changes;       // from where to where each number went
  std::vector<std::string> remarks;  // sentences: what was measured besides, what to beware of
};

/// What a run whose vitals were watched came to: its changes, the alarms that rang, and what the numbers
/// leave open.
Ending ending_of(const Watch& watch, const std::string& title, std::int64_t steps, const std::string& unit);

/// As ending.json in a run's folder, and back.
Json ending_json(const Ending& ending);
Ending ending_from(const Json& json, const std::string& where);

/// The changes in one sentence: "ppo: 30 rollouts: reward from -0.16 to 0.09, ...".
std::string changes_text(const Ending& ending);

/// Sentences for people, one a line: what changed, the remarks, where the model lies, what to run next
/// (command lines).
std::string ending_text(const Ending& ending, const std::string& folder,
                        const std::vector<std::string>& next);

}  // namespace nudge
