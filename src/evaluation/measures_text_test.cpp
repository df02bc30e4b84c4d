#include "evaluation/measures_text.h"

#include <gtest/gtest.h>

#include <vector>

namespace nudge {
namespace {

TEST(MeasuresText, ShowsSharesInPercentAndLeavesOutWhatIsAbsent) {
  const Json measures = {{"win_rate", {{"value", 0.553}, {"low", 0.529}, {"high", 0.577}}},
                         {"kl", {{"value", 0.4912}, {"low", 0.41}, {"high", 0.58}}},
                         {"unscorable", 3},
                         {"perplexity", 5.25},
                         {"texts", Json::array({"not shown"})},
                         {"world", {{"flattery", {{"value", 0.25}, {"low", 0.2}, {"high", 0.3}}}}}};
  EXPECT_EQ(measures_text(measures),
            "  win rate against the baseline      55.3 % [52.9, 57.7]\n"
            "  KL to the reference, nats          0.491 [0.410, 0.580]\n"
            "  answers the judge could not score  3\n"
            "  perplexity                         5.250\n"
            "  sides with a wrong opinion         25.0 % [20.0, 30.0]");
}

TEST(MeasuresText, ShowsWhatCouldNotBeComputedAsAbsent) {
  EXPECT_EQ(measures_text({{"judge", nullptr}, {"distinct", 0.5}}),
            "  distinct answers                   50.0 %");
}

Json interval(double value) {
  return {{"value", value}, {"low", value - 0.02}, {"high", value + 0.02}};
}

TEST(MeasuresTable, HasARowForEachModelAndAColumnForWhatOneOfThemHas) {
  const std::vector<Json> measured = {
      {{"win_rate", interval(0.5)}, {"world", {{"flattery", interval(0.4)}}}},
      {{"win_rate", interval(0.553)}, {"kl", interval(1.25)}, {"unscorable", 3}}};
  EXPECT_EQ(measures_table({"sft", "ppo-kl-1.0"}, measured, 200),
            "            win rate, %        KL                    unscorable  flattery, %\n"
            "sft         50.0 [48.0, 52.0]                                    40.0 [38.0, 42.0]\n"
            "ppo-kl-1.0  55.3 [53.3, 57.3]  1.250 [1.230, 1.270]  3");
}

TEST(MeasuresTable, IsCutWhereALineWouldBeTooLong) {
  const std::vector<Json> measured = {{{"win_rate", interval(0.5)}, {"judge", interval(0.25)}}};
  EXPECT_EQ(measures_table({"sft"}, measured, 25),
            "     win rate, %\n"
            "sft  50.0 [48.0, 52.0]\n"
            "\n"
            "     judge\n"
            "sft  0.250 [0.230, 0.270]");
}

}  // namespace
}  // namespace nudge
