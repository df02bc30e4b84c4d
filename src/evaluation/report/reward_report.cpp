#include "evaluation/report/reward_report.h"

#include "base/error.h"
#include "evaluation/report/demo_report.h"
#include "evaluation/report/plot.h"
#include "evaluation/report/reliability_plot.h"

namespace nudge::report {
namespace {

const std::string kEvaluation = "evaluation.json";

std::optional<Interval> share_in(const Json& object, const char* key) {
  return interval_in(object, key, kEvaluation);
}

Json member(const Json& object, const char* key) {
  return get_or<Json>(object, key, Json::object(), kEvaluation);
}

Interval exactly(double value) {
  return {value, value, value};
}

Html tile_row(const Json& evaluation, const Interval& accuracy) {
  std::vector<Tile> shown = {
      {percent_text(accuracy.value), "sides with the raters",
       fmt::format("95\u202F% interval {} to {}", percent_text(accuracy.low), percent_text(accuracy.high)),
       "proxy"}};
  if (const auto agreement = share_in(member(evaluation, "raters"), "agreement"))
    shown.push_back(
        {percent_text(agreement->value), "two votes on one pair agree", percent_text(*agreement), "other"});
  else if (const auto ceiling = number_in(evaluation, "ceiling", kEvaluation))
    shown.push_back({percent_text(*ceiling), "two raters would agree",
                     "if the tempered scores were the truth (Bradley-Terry)", "other"});
  if (const auto alone = number_in(evaluation, "length_alone_accuracy", kEvaluation))
    shown.push_back(
        {percent_text(*alone), "length alone", "always the longer, or always the shorter", "sft"});
  if (const auto ece = number_in(evaluation, "ece", kEvaluation))
    shown.push_back(
        {percent_text(*ece), "calibration error",
         fmt::format("{} after temperature {}",
                     percent_text(number_in(evaluation, "ece_after_temperature", kEvaluation).value_or(0)),
                     number_text(number_in(evaluation, "temperature", kEvaluation).value_or(1), 2)),
         "k2"});
  return tiles(shown);
}

const char* strength_words(std::int64_t strength) {
  constexpr const char* kWords[] = {"negligibly better", "slightly better", "better", "significantly better"};
  return strength >= 1 && strength <= 4 ? kWords[strength - 1] : "another strength";
}

Html accuracy_section(const Json& evaluation, const Interval& accuracy) {
  RowsPlot plot{
      .low = .4, .high = 1, .guide = .5, .guide_name = "a coin", .description = "Accuracy of the reward"};
  plot.add("all held-out pairs", accuracy, "proxy");
  for (const Json& row : get_or<Json>(evaluation, "by_strength", Json::array(), kEvaluation))
    plot.add(strength_words(get<std::int64_t>(row, "strength", kEvaluation)), share_in(row, "accuracy"),
             "k1");
  for (const Json& row : get_or<Json>(evaluation, "by_source", Json::array(), kEvaluation))
    plot.add(get<std::string>(row, "source", kEvaluation), share_in(row, "accuracy"), "k3");
  const Json raters = member(evaluation, "raters");
  plot.add("against the majority", share_in(raters, "majority_accuracy"), "good");
  plot.add("two votes with each other", share_in(raters, "agreement"), "other");
  if (const auto bound = number_in(raters, "accuracy_bound", kEvaluation))
    plot.add("the most that such votes allow", exactly(*bound), "other");
  else if (const auto ceiling = number_in(evaluation, "ceiling", kEvaluation))
    plot.add("two raters, if the scores were true", exactly(*ceiling), "other");
  return element("h2", text("How often it sides with the raters")) +
         figure(graphic(plot),
                "Accuracy on these pairs, with 95\u202F% intervals, the pairs of one prompt as a cluster. "
                "Two votes on one pair agree less often than someone who knew how likely each vote is would "
                "side with them.");
}

Html bias_section(const Json& evaluation) {
  RowsPlot plot{.low = 0, .high = 1, .guide = .5, .guide_name = "no leaning", .description = "Leanings"};
  plot.add("accuracy where the longer was chosen", share_in(evaluation, "when_longer_chosen"), "proxy");
  plot.add("accuracy where the shorter was", share_in(evaluation, "when_shorter_chosen"), "proxy");
  plot.add("raters prefer the longer", share_in(evaluation, "longer_preferred"), "other");
  plot.add("it scores the longer higher", share_in(evaluation, "longer_scored_higher"), "bad");
  const Json position = member(evaluation, "position");
  plot.add("raters prefer the one shown first", share_in(position, "first_preferred"), "other");
  plot.add("it scores the one shown first higher", share_in(position, "first_scored_higher"), "bad");
  if (plot.rows.empty()) return {};
  std::string caption =
      "A reward that scores what raters meant is as often right where the shorter answer won. ";
  if (const auto r = number_in(evaluation, "length_correlation", kEvaluation))
    caption += fmt::format("Differences of score and of length correlate at {}.", number_text(*r, 2));
  return element("h2", text("Length and place")) + figure(graphic(plot), caption);
}

Html calibration_section(const Json& evaluation) {
  if (!evaluation.contains("reliability") || !evaluation.contains("reliability_after_temperature")) return {};
  return element("h2", text("Is its certainty deserved?")) +
         figure(panels({reliability_plot(evaluation.at("reliability"), "how sure, as it is", kEvaluation),
                        reliability_plot(evaluation.at("reliability_after_temperature"),
                                         "how sure, after temperature", kEvaluation)}),
                "Of the pairs for which it is this sure, how often it was right. On the dotted line "
                "certainty is exactly deserved. The temperature was fitted on these pairs.");
}

Html curve_section(const Json& evaluation) {
  Series series{.name = "held-out accuracy", .colour = "proxy"};
  for (const Json& point : get_or<Json>(evaluation, "learning_curve", Json::array(), kEvaluation)) {
    const auto accuracy = share_in(point, "accuracy");
    if (accuracy)
      series.points.push_back({.x = get<double>(point, "comparisons", kEvaluation),
                               .y = accuracy->value,
                               .low = accuracy->low,
                               .high = accuracy->high});
  }
  if (series.points.size() < 2) return {};
  const Plot plot{.x_name = "comparisons to learn from",
                  .y_name = "accuracy",
                  .series = {series},
                  .y_unit = Unit::percent,
                  .guide_y = .5,
                  .guide_name = "a coin",
                  .description = "Accuracy against the number of comparisons"};
  return element("h2", text("Would more labels help?")) +
         figure(graphic(plot),
                "Fresh models on growing shares of the prompts, judged on the same held-out pairs.");
}

Html cards(const Json& evaluation, const char* key, const char* title, const char* lead) {
  const Json rows = get_or<Json>(evaluation, key, Json::array(), kEvaluation);
  if (rows.empty()) return {};
  Html all;
  for (const Json& row : rows) {
    std::string tags = "difference " + number_text(get<double>(row, "difference", kEvaluation), 2);
    if (row.contains("strength"))
      tags += fmt::format(" \u00B7 {}", strength_words(get<std::int64_t>(row, "strength", kEvaluation)));
    if (row.contains("source")) tags += " \u00B7 " + get<std::string>(row, "source", kEvaluation);
    const auto answer = [&](const char* column, const char* who, const char* style) {
      return element("div",
                     element("span", text(who), "who") + verbatim(get<std::string>(row, column, kEvaluation)),
                     style);
    };
    all += element("div",
                   element("div", verbatim(get<std::string>(row, "prompt", kEvaluation)), "asked") +
                       element("div", text(tags), "tags") +
                       element("div",
                               answer("chosen", "the rater's choice", "answer c-good") +
                                   answer("rejected", "the other", "answer c-other"),
                               "answers"),
                   "pair");
  }
  return element("h2", text(title)) + paragraph(lead) + element("div", all, "pairs");
}

}  // namespace

std::string reward_report(const Json& evaluation, const std::string& name) {
  const auto accuracy = share_in(evaluation, "accuracy");
  Html body = paragraph("nudge reward", "overline") + element("h1", text(name));
  body += paragraph(
      fmt::format("Judged on {} pairs of {} prompts.", get<std::int64_t>(evaluation, "pairs", kEvaluation),
                  get<std::int64_t>(evaluation, "prompts", kEvaluation)),
      "lead");
  if (accuracy) body += tile_row(evaluation, *accuracy) + accuracy_section(evaluation, *accuracy);
  body += bias_section(evaluation) + calibration_section(evaluation) + curve_section(evaluation);
  body += cards(
      evaluation, "hardest", "Most surely wrong",
      "Pairs in which it is most sure of the answer that the rater did not choose: mistakes of the model, or "
      "of the rater.");
  body += cards(evaluation, "most_doubtful", "Most doubtful",
                "Pairs whose answers get nearly the same score: another vote here says most.");
  body += element("footer", text("Written by nudge. Nothing on this page was loaded from anywhere else."));
  return page(name + " \u00B7 reward", body);
}

}  // namespace nudge::report
