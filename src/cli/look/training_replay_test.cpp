#include "cli/look/training_replay.h"

#include <gtest/gtest.h>

#include "verify/embedded_goldens.h"

namespace nudge {
namespace {

// TRL's trainers over several updates: without the bias-corrected KL the weights were 4 % of their move
// apart, with a rate that falls at each update of ppo 25 %.
TEST(TrainingReplay, EndsWhereTrlEnds) {
  int trainings = 0;
  for (const EmbeddedGoldens& file : embedded_goldens()) {
    for (const Json& golden : cases_of(parse_json(file.json, file.name))) {
      if (!is_training(golden)) continue;
      const Replay replay = replay_training(golden);
      EXPECT_TRUE(replay.faithful()) << replay.what << ": " << replay.deviation;
      ++trainings;
    }
  }
  EXPECT_GE(trainings, 4);
}

}  // namespace
}  // namespace nudge
