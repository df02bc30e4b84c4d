#include "evaluation/report/plot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "evaluation/report/reliability_plot.h"
#include "evaluation/report/rows_plot.h"

namespace nudge::report {
namespace {

std::size_t count(const std::string& code, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = code.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

TEST(Axis, HasRoundTicksThatCoverTheValues) {
  const Axis axis = nice_axis(-.03, 1.79, 5);
  EXPECT_DOUBLE_EQ(axis.low, -.5);
  EXPECT_DOUBLE_EQ(axis.high, 2);
  ASSERT_EQ(axis.ticks.size(), 6u);
  EXPECT_EQ(axis.tick_text(axis.ticks[0]), "\u22120.5");
  EXPECT_DOUBLE_EQ(axis.position(.75), .5);

  const Axis shares = nice_axis(0, 1, 5, Unit::percent);
  EXPECT_EQ(shares.tick_text(.2), "20\u202F%");
  EXPECT_EQ(nice_axis(.59, .61, 4, Unit::percent).tick_text(.595), "59.5\u202F%");
}

TEST(Axis, SurvivesValuesThatDoNotVary) {
  for (double value : {0.0, 3.0, -1e9, std::numeric_limits<double>::quiet_NaN()}) {
    const Axis axis = nice_axis(value, value, 5);
    EXPECT_LT(axis.low, axis.high);
    EXPECT_GE(axis.ticks.size(), 2u);
    EXPECT_LE(axis.ticks.size(), 12u);
  }
}

TEST(Axis, TightOnesEndWithTheValues) {
  const Axis axis = tight_axis(1, 24, 5, Unit::number, false, false);
  EXPECT_EQ(axis.low, 1);
  EXPECT_EQ(axis.high, 24);
  EXPECT_EQ(axis.ticks, (std::vector<double>{5, 10, 15, 20}));
}

TEST(Axis, RootOnesGiveSmallValuesRoom) {
  const Axis axis = root_axis(5.5, 6);
  EXPECT_EQ(axis.ticks.front(), 0);
  EXPECT_NEAR(axis.position(axis.high / 4), .5, 1e-12);
  EXPECT_EQ(axis.tick_text(axis.ticks[1]).substr(0, 2), "0.");
  for (std::size_t i = 1; i < axis.ticks.size(); ++i)
    EXPECT_GT(axis.position(axis.ticks[i]) - axis.position(axis.ticks[i - 1]), .1);
}

TEST(Numbers, AreWrittenForPeople) {
  EXPECT_EQ(number_text(-.0001, 2), "0.00");
  EXPECT_EQ(number_text(-1.5, 1), "\u22121.5");
  EXPECT_EQ(number_text(std::nan(""), 2), "\u2013");
  EXPECT_EQ(percent_text(.599), "59.9\u202F%");
}

Plot example() {
  return {.x_name = "KL",
          .y_name = "score <b>",
          .series = {{.name = "gold",
                      .colour = "gold",
                      .points = {{.x = 0, .y = 1, .low = .5, .high = 1.5, .label = "SFT"},
                                 {.x = 2, .y = 3, .low = 2, .high = 4}}},
                     {.name = "proxy",
                      .colour = "proxy",
                      .points = {{.x = 0, .y = 0}, {.x = 2, .y = 5}},
                      .dashed = true}},
          .description = "an example"};
}

TEST(Plot, DrawsEveryPointAndInterval) {
  const std::string code = draw(example(), 800, 400).code;
  EXPECT_EQ(count(code, "class=\"marker c-gold\""), 2u);
  EXPECT_EQ(count(code, "class=\"marker c-proxy\""), 2u);
  EXPECT_EQ(count(code, "class=\"bar c-gold\""), 2u);
  EXPECT_EQ(count(code, "class=\"line c-gold\""), 1u);
  EXPECT_EQ(count(code, "class=\"line dashed c-proxy\""), 1u);
  EXPECT_EQ(count(code, ">SFT</text>"), 1u);
  EXPECT_EQ(count(code, "<b>"), 0u);
  EXPECT_EQ(count(code, "nan"), 0u);
}

TEST(Plot, PutsValuesWhereTheyBelong) {
  Plot plot{.series = {{.name = "s",
                        .colour = "ink",
                        .points = {{.x = 0, .y = 0}, {.x = 1, .y = 1}, {.x = .5, .y = .5}}}}};
  const std::string code = draw(plot, 400, 300).code;
  std::vector<std::pair<double, double>> centres;
  for (std::size_t at = 0; (at = code.find("<circle cx=\"", at)) != std::string::npos; ++at) {
    double x = 0, y = 0;
    ASSERT_EQ(std::sscanf(code.c_str() + at, "<circle cx=\"%lf\" cy=\"%lf\"", &x, &y), 2);
    centres.emplace_back(x, y);
  }
  ASSERT_EQ(centres.size(), 3u);
  EXPECT_LT(centres[0].first, centres[1].first);
  EXPECT_GT(centres[0].second, centres[1].second);  // up is smaller
  EXPECT_NEAR(centres[2].first, (centres[0].first + centres[1].first) / 2, .11);
  EXPECT_NEAR(centres[2].second, (centres[0].second + centres[1].second) / 2, .11);
}

TEST(Plot, LeavesOutWhatIsNotFinite) {
  Plot plot = example();
  plot.series[0].points[1].y = std::nan("");
  plot.series[1].points.clear();
  const std::string code = draw(plot, 360, 330).code;
  EXPECT_EQ(count(code, "class=\"marker"), 1u);
  EXPECT_EQ(count(code, "nan"), 0u);
  EXPECT_EQ(count(draw({}, 360, 330).code, "nan"), 0u);
}

TEST(Plot, ComesWideAndNarrowWithALegend) {
  const std::string code = graphic(example()).code;
  EXPECT_EQ(count(code, "class=\"plot wide\""), 1u);
  EXPECT_EQ(count(code, "class=\"plot narrow\""), 1u);
  EXPECT_EQ(count(code, "class=\"legend\""), 1u);
}

TEST(ReliabilityPlot, HasOnePointForEachBinAndNamesWhereOneIsWrong) {
  const Json bins = {{{"predicted", .55}, {"observed", .5}, {"count", 9}},
                     {{"predicted", .9}, {"observed", .7}, {"count", 4}}};
  const Plot plot = reliability_plot(bins, "how sure it is", "evaluation.json");
  ASSERT_EQ(plot.series.size(), 1u);
  ASSERT_EQ(plot.series[0].points.size(), 2u);
  EXPECT_EQ(plot.series[0].points[1].x, .9);
  EXPECT_EQ(plot.series[0].points[1].y, .7);
  EXPECT_TRUE(plot.diagonal);
  try {
    reliability_plot({{{"predicted", .55}}}, "how sure it is", "evaluation.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "evaluation.json: the key \"observed\" is missing.");
  }
}

TEST(RowsPlot, LeavesOutWhatWasNotMeasured) {
  RowsPlot plot;
  plot.add("measured", Interval{.5, .4, .6}, "k1");
  plot.add("not measured", std::nullopt, "k2");
  ASSERT_EQ(plot.rows.size(), 1u);
  EXPECT_EQ(plot.rows[0].name, "measured");
}

TEST(RowsPlot, ShowsNameIntervalAndValue) {
  const RowsPlot plot{.rows = {{"PPO & co", {.599, .574, .624}, "k1"},
                               {"missing", {std::nan(""), std::nan(""), std::nan("")}, "k2"}},
                      .guide = .5,
                      .guide_name = "a coin"};
  const std::string code = graphic(plot).code;
  EXPECT_EQ(count(code, "PPO &amp; co"), 2u);  // wide and narrow
  EXPECT_EQ(count(code, "class=\"marker c-k1\""), 2u);
  EXPECT_EQ(count(code, "class=\"marker c-k2\""), 0u);
  EXPECT_EQ(count(code, ">59.9\u202F%</text>"), 2u);
  EXPECT_EQ(count(code, "class=\"guide\""), 2u);
  EXPECT_EQ(count(code, "nan"), 0u);
}

}  // namespace
}  // namespace nudge::report
