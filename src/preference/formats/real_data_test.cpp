// The golden numbers of published sets; each test is skipped where the data is absent.
#include <gtest/gtest.h>

#include <filesystem>

#include "preference/aggregation.h"
#include "preference/agreement_report.h"
#include "preference/formats/import.h"
#include "preference/vote_statistics.h"
#include "text/utf8.h"

namespace nudge {
namespace {

#define REQUIRE_DATA(name)                                                               \
  const std::string path = std::string(NUDGE_SOURCE_DIR "/../shared/data/pref/") + name; \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent."

double longer(const Imported& imported) {
  return vote_statistics(imported.comparisons, imported.votes).all.longer.interval().value;
}

TEST(RealData, ThreeRatersOfPandaLm) {
  REQUIRE_DATA("pandalm-testset-v1.json");
  const Imported imported = import_file(path, {});
  EXPECT_EQ(imported.format, "pandalm");
  EXPECT_EQ(imported.comparisons.size(), 999u);
  EXPECT_EQ(imported.votes.size(), 3 * 999u);
  EXPECT_TRUE(imported.left_out.empty());
  ASSERT_EQ(imported.noted.size(), 1u);
  EXPECT_EQ(imported.noted[0].count, 6);     // booleans
  EXPECT_EQ(imported.noted[0].first, 158u);  // idx 157

  const AgreementReport report =
      agreement_report(label_table(imported.comparisons, imported.votes), {.resamples = 200});
  const double raw[] = {0.9129, 0.9289, 0.9179}, kappa[] = {0.8520, 0.8789, 0.8617};
  ASSERT_EQ(report.of_two.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(report.of_two[i].raw.interval.value, raw[i], 5e-5);
    EXPECT_NEAR(report.of_two[i].kappa.interval.value, kappa[i], 5e-5);
    EXPECT_EQ(report.of_two[i].kappa.items, 999);
  }
  EXPECT_NEAR(report.fleiss->interval.value, 0.864175, 5e-7);
  EXPECT_NEAR(report.raw->interval.value, 0.919920, 5e-7);
  EXPECT_LT(report.fleiss->interval.low, 0.86);
  EXPECT_GT(report.fleiss->interval.high, 0.87);
  // Of complete data, alpha is Fleiss' kappa corrected for a small sample: 1 - (1 - kappa) (N n - 1) / (N n).
  EXPECT_NEAR(report.krippendorff_nominal->interval.value, 1 - (1 - 0.864175) * 2996. / 2997, 1e-6);
}

TEST(RealData, MajorityOfPandaLmPrefersTheLonger) {
  REQUIRE_DATA("pandalm-testset-v1.json");
  const Imported imported = import_file(path, {});
  const std::vector<Vote> majority = aggregate(imported.comparisons, imported.votes, Aggregation::majority);
  EXPECT_NEAR(vote_statistics(imported.comparisons, majority).all.longer.interval().value, 0.6753, 5e-5);
}

TEST(RealData, FineGrainedRankings) {
  REQUIRE_DATA("finegrained-rlhf-dev_feedback.json");
  const Imported imported = import_file(path, {});
  EXPECT_EQ(imported.format, "finegrained");
  ASSERT_EQ(imported.noted.size(), 1u);
  EXPECT_EQ(imported.noted[0].count, 29);  // intransitive triples of 2,000, in 22 records
  EXPECT_EQ(imported.comparisons.size(), 478u + 22 * 6);
  const VoteStatistics statistics = vote_statistics(imported.comparisons, imported.votes);
  EXPECT_EQ(statistics.all.pairs, 3000);
  EXPECT_EQ(statistics.all.ties, 384);
  EXPECT_NEAR(statistics.all.longer.interval().value, 0.512, 5e-4);
}

TEST(RealData, LlmBar) {
  for (const auto& [name, share, count] :
       {std::tuple{"llmbar-natural.json", 0.566, 100u}, {"llmbar-adv-Manual.json", 0.178, 46u}}) {
    REQUIRE_DATA(name);
    const Imported imported = import_file(path, {});
    EXPECT_EQ(imported.format, "llmbar");
    EXPECT_EQ(imported.votes.size(), count);
    EXPECT_NEAR(longer(imported), share, 5e-4);
  }
}

TEST(RealData, HarmlessTranscripts) {
  REQUIRE_DATA("hh-rlhf-harmless-base-test.jsonl.gz");
  const Imported imported = import_file(path, {});
  ASSERT_EQ(imported.left_out.size(), 2u);
  std::int64_t left_out = 0;
  for (const ImportRemark& remark : imported.left_out) {
    EXPECT_TRUE(remark.count == 5 || remark.count == 4) << remark.what;  // other prompts, empty replies
    left_out += remark.count;
  }
  EXPECT_EQ(imported.votes.size(), 2312u - static_cast<std::size_t>(left_out));
  // The golden 0.4446 = 1023 / 2301 counts the nine as well, of which two chose a longer reply.
  const Share share = vote_statistics(imported.comparisons, imported.votes).all.longer;
  EXPECT_EQ(share.successes, 1023 - 2);
  EXPECT_EQ(share.trials, 2301 - 9);
  EXPECT_NEAR(1023. / 2301, 0.4446, 5e-5);
}

}  // namespace
}  // namespace nudge
