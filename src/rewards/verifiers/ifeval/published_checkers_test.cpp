// Verdicts of the published checkers (tools/goldens/ifeval.py) on made-up answers that try hard to part them
// from ours.
#include <gtest/gtest.h>

#include <map>

#include "base/json.h"
#include "rewards/verifiers/ifeval/instruction_following.h"

namespace nudge {
namespace {

// Where we differ, and on how many of these answers: docs/rewards.md says why.
const std::map<std::string, int> kDifferences = {{"change_case:english_capital", 5},
                                                 {"change_case:english_lowercase", 1}};

bool verdict(const Json& golden) {
  Trajectory trajectory{.completion = golden[2].get<std::string>()};
  trajectory.prompt.extra = {{"instruction_id_list", Json::array({golden[0]})},
                             {"kwargs", Json::array({golden[1]})}};
  return InstructionFollowing()(trajectory) == 1;
}

TEST(Ifeval, AgreesWithThePublishedCheckers) {
  const Json cases = read_json(NUDGE_SOURCE_DIR "/tests/goldens/ifeval.json")["cases"];
  std::map<std::string, int> differences, seen;
  std::string which;
  for (const Json& golden : cases) {
    const auto id = golden[0].get<std::string>();
    ++seen[id];
    if (verdict(golden) == golden[3].get<bool>()) continue;
    ++differences[id];
    which += golden.dump() + "\n";
  }
  EXPECT_EQ(seen.size(), 25U);
  EXPECT_EQ(differences, kDifferences) << which;
}

}  // namespace
}  // namespace nudge
