#include "evaluation/measures_text.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace nudge
