#include "evaluation/report/run_report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "evaluation/report/run_log.h"

namespace nudge::report {
namespace {

class RunReport : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("nudge-run-report-" + std::to_string(getpid()));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(RunReport, ShowsCurvesSamplesAndConfiguration) {
  write_file(folder_ / "metrics.jsonl",
             "{\"step\": 10, \"loss\": 2.5, \"lr\": 0.001, \"bad\": null}\n{\"step\": 20, \"loss\": 1.5, "
             "\"lr\": 0.001}\n{\"step\": 3");
  write_file(folder_ / "config.yaml", "learning_rate: 0.001\n");
  write_file(folder_ / "samples" / "rollouts.jsonl",
             "{\"step\": 20, \"prompt\": \"Hi <b>\", \"completion\": \"Hello\", \"score\": 0.5}\n");
  const std::string page = run_report({{folder_}});
  EXPECT_NE(page.find("up to step 20"), std::string::npos);
  EXPECT_NE(page.find("aria-label=\"loss over the steps of the run\""), std::string::npos);
  EXPECT_EQ(page.find("aria-label=\"lr over"), std::string::npos);  // it does not vary
  EXPECT_NE(page.find("<td>1.5</td>"), std::string::npos);
  EXPECT_NE(page.find("Hi &lt;b&gt;"), std::string::npos);
  EXPECT_NE(page.find("learning_rate: 0.001"), std::string::npos);
}

// A run whose reward rises while the monitor falls.
std::string log_of(double slope) {
  std::string lines;
  for (int step = 1; step <= 40; ++step)
    lines += fmt::format(
        "{{\"step\": {}, \"episode\": {}, \"objective/scores\": {}, \"monitor/gold\": {}, \"objective/kl\": "
        "{}, "
        "\"grad_norm\": {}}}\n",
        step, 64 * step, slope * step, 1 - slope * step / 2, 0.1 * step, 1 + step % 3);
  return lines;
}

TEST_F(RunReport, OpensWithRewardMonitorAndKlInOneFigure) {
  write_file(folder_ / "metrics.jsonl", log_of(0.1));
  const std::string page = run_report({{folder_, {"Reward from a to b.", "Alarm: they part."}}});
  const auto reward = page.find("aria-label=\"reward and monitor gold over the steps of the run\"");
  const auto kl = page.find("aria-label=\"KL from the reference, nats over the steps of the run\"");
  const auto norm = page.find("aria-label=\"grad_norm over the steps of the run\"");
  ASSERT_NE(reward, std::string::npos);
  ASSERT_NE(kl, std::string::npos);
  EXPECT_LT(page.find("Reward from a to b."), reward);
  EXPECT_LT(page.find("class=\"caveat\">Alarm: they part."), reward);
  EXPECT_LT(reward, kl);
  EXPECT_LT(kl, page.find("How it learns"));
  EXPECT_LT(page.find("How it learns"), norm);
  EXPECT_EQ(page.find("aria-label=\"episode over"), std::string::npos);  // a counter
}

TEST_F(RunReport, ComparesRuns) {
  for (const auto& [name, slope] : {std::pair{"tight", 0.1}, {"slack", 0.2}}) {
    write_file(folder_ / name / "metrics.jsonl", log_of(slope));
    write_file(folder_ / name / "config.yaml", fmt::format("kl_coef: {}\nseed: 1\n", slope));
  }
  const std::string page = run_report({{folder_ / "tight"}, {folder_ / "slack"}});
  EXPECT_NE(page.find("<h1>tight, slack</h1>"), std::string::npos);
  EXPECT_NE(page.find("<td>0.1</td><td>0.2</td>"), std::string::npos);  // where their options differ
  EXPECT_EQ(page.find(">seed<"), std::string::npos);
  EXPECT_NE(page.find("<td>4</td><td>8</td>"), std::string::npos);  // last scores
}

TEST_F(RunReport, LeavesTokenIdsOut) {
  write_file(folder_ / "metrics.jsonl", "{\"step\": 1, \"loss\": 2}\n");
  write_file(folder_ / "samples" / "rollouts.jsonl",
             "{\"step\": 1, \"prompt\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"completion\": \"Ho\", "
             "\"completion_tokens\": [1, 2, 3], \"score\": 0.5}\n");
  const std::string page = run_report({{folder_}});
  EXPECT_EQ(page.find("completion_tokens"), std::string::npos);
  EXPECT_NE(page.find(">Hi<"), std::string::npos);
  EXPECT_NE(page.find("score 0.5"), std::string::npos);
}

TEST(Smoothed, IsTheMeanOfThePointsAround) {
  const std::vector<Point> line = smoothed({{0, 1}, {1, 5}, {2, 3}, {3, 1}}, 3);
  EXPECT_EQ(line[0].y, 1);
  EXPECT_EQ(line[1].y, 3);
  EXPECT_EQ(line[2].y, 3);
  EXPECT_EQ(line[3].y, 1);
}

TEST_F(RunReport, RefusesOtherFolders) {
  std::filesystem::create_directories(folder_);
  EXPECT_THROW(run_report({{folder_}}), Error);
  write_file(folder_ / "metrics.jsonl", "{\"loss\": 1}\n");
  EXPECT_THROW(run_report({{folder_}}), Error);
  write_file(folder_ / "metrics.jsonl", "");
  EXPECT_NE(run_report({{folder_}}).find("logged nothing yet"), std::string::npos);
}

}  // namespace
}  // namespace nudge::report
