#include "rollout/describe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace nudge {
namespace {

using Rows = std::vector<std::vector<float>>;

Trajectory completion(std::vector<std::int32_t> tokens, bool ended, double score) {
  return {.completion_tokens = std::move(tokens),
          .ended = ended,
          .score = score,
          .components = {{"right", score}}};
}

std::map<std::string, double> named(const Metrics& metrics) {
  return {metrics.begin(), metrics.end()};
}

TEST(DescribeRollout, SaysWhatWasSampledAndWhatItIsJudgedBy) {
  const std::vector<Trajectory> sampled{completion({1, 2}, true, 1), completion({1, 2}, false, 3),
                                        completion({4, 5, 6, 7}, true, std::nan(""))};
  const Ragged logprobs = Ragged::of(Rows{{-1, -2}, {-1, -1}}),
               reference = Ragged::of(Rows{{-2, -2}, {-1, -4}});
  Metrics metrics;
  const Vitals vitals = describe_rollout(sampled, logprobs, reference, metrics);
  auto said = named(metrics);
  EXPECT_EQ(said["objective/scores"], 2);
  EXPECT_EQ(said["objective/kl"], 2);  // (1 + 3) / 2
  EXPECT_NEAR(said["objective/kl_k2"], (0.5 + 4.5) / 2, 1e-6);
  EXPECT_NEAR(said["objective/kl_k3"], (std::exp(-1) + std::exp(-3) + 2) / 2, 1e-6);
  EXPECT_EQ(said["objective/entropy"], 2.5);
  EXPECT_NEAR(said["completions/mean_length"], 8. / 3, 1e-12);
  EXPECT_EQ(said["completions/max_length"], 4);
  EXPECT_EQ(said["completions/mean_terminated_length"], 3);
  EXPECT_NEAR(said["completions/clipped_ratio"], 1. / 3, 1e-12);
  EXPECT_NEAR(said["completions/distinct"], 2. / 3, 1e-12);
  EXPECT_EQ(said["rewards/right/mean"], 2);
  EXPECT_NEAR(said["rewards/right/unscorable"], 1. / 3, 1e-12);
  EXPECT_NEAR(said["rewards/unscorable"], 1. / 3, 1e-12);

  EXPECT_EQ(vitals.reward, said["objective/scores"]);
  EXPECT_EQ(vitals.kl, said["objective/kl"]);
  EXPECT_EQ(vitals.answers, 3);
  EXPECT_EQ(vitals.distinct, said["completions/distinct"]);
  EXPECT_EQ(vitals.length, said["completions/mean_length"]);
}

TEST(DescribeRollout, KnowsNoKlWithoutAReference) {
  Metrics metrics;
  const Vitals vitals =
      describe_rollout(std::vector{completion({1}, true, 1)}, Ragged::of(Rows{{-1}}), {}, metrics);
  EXPECT_TRUE(std::isnan(vitals.kl));
  EXPECT_EQ(named(metrics).count("objective/kl"), 0);
  EXPECT_EQ(named(metrics)["objective/entropy"], 1);
}

TEST(DescribeRollout, TellsTheVitalsWithoutANameInTheLog) {
  const NamelessMetrics nameless;
  Metrics metrics;
  const Ragged logprobs = Ragged::of(Rows{{-1}}), reference = Ragged::of(Rows{{-2}});
  const Vitals vitals = describe_rollout(std::vector{completion({1}, true, 1)}, logprobs, reference, metrics);
  EXPECT_TRUE(metrics.empty());
  EXPECT_EQ(vitals.kl, 1);
  EXPECT_EQ(vitals.reward, 1);
}

}  // namespace
}  // namespace nudge
