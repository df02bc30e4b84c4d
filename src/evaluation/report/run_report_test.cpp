#include "evaluation/report/run_report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"

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
  const std::string page = run_report(folder_);
  EXPECT_NE(page.find("up to step 20"), std::string::npos);
  EXPECT_NE(page.find("aria-label=\"loss over the steps of the run\""), std::string::npos);
  EXPECT_EQ(page.find("aria-label=\"lr over"), std::string::npos);  // it does not vary
  EXPECT_NE(page.find("<td>1.5</td>"), std::string::npos);
  EXPECT_NE(page.find("Hi &lt;b&gt;"), std::string::npos);
  EXPECT_NE(page.find("learning_rate: 0.001"), std::string::npos);
}

TEST_F(RunReport, RefusesOtherFolders) {
  std::filesystem::create_directories(folder_);
  EXPECT_THROW(run_report(folder_), Error);
  write_file(folder_ / "metrics.jsonl", "{\"loss\": 1}\n");
  EXPECT_THROW(run_report(folder_), Error);
  write_file(folder_ / "metrics.jsonl", "");
  EXPECT_NE(run_report(folder_).find("logged nothing yet"), std::string::npos);
}

}  // namespace
}  // namespace nudge::report
