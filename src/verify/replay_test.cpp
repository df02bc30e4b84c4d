#include "verify/replay.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "verify/embedded_goldens.h"

namespace nudge {
namespace {

// Advantages and losses of TRL, OpenRLHF and verl, values and gradients (tools/goldens), as compiled in.
TEST(Replay, EveryObjectiveFollowsEachConvention) {
  std::map<std::string, int> conventions, kinds;
  for (const EmbeddedGoldens& file : embedded_goldens()) {
    for (const Json& golden : cases_of(parse_json(file.json, file.name))) {
      if (is_training(golden)) continue;  // cli/training_replay_test.cpp
      const Replay result = replay(golden);
      ++conventions[result.convention];
      ++kinds[get<std::string>(golden, "kind", "golden")];
      EXPECT_TRUE(result.faithful()) << result.convention << ": " << result.what << ": " << result.deviation;
    }
  }
  for (const char* program : {"trl", "openrlhf", "verl"}) EXPECT_GT(conventions[program], 10) << program;
  for (const char* family : {"dpo", "cpo", "tpo", "orpo", "kto", "bco"})
    EXPECT_GT(kinds[family], 1) << family;
}

TEST(Replay, AWrongNumberIsSeen) {
  Json golden = read_json(NUDGE_SOURCE_DIR "/tests/goldens/rollout_objectives.json")["cases"][0];
  golden["advantages"][3] = golden["advantages"][3].get<double>() + 0.01;
  EXPECT_GT(replay(golden).deviation, 1e-3);
  golden["kind"] = "horoscope";
  EXPECT_THROW(replay(golden), Error);
}

}  // namespace
}  // namespace nudge
