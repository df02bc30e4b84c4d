// What the raters say, and what the reward model makes of it.
#include <fmt/ranges.h>

#include "base/error.h"
#include "evaluation/report/demo_report.h"
#include "evaluation/report/plot.h"
#include "evaluation/report/reliability_plot.h"

namespace nudge::report {

namespace {

// Nothing where the raters were not measured.
std::optional<Interval> of_raters(const DemoReport& report, const char* key) {
  const Json* raters = report.find("raters");
  return raters ? interval_in(*raters, key, "report.json, raters") : std::nullopt;
}

// Calibration and length.
std::string quality_sentence(const Json& reward, const std::string& where) {
  std::vector<std::string> sentences;
  if (const auto ece = number_in(reward, "ece", where))
    sentences.push_back(fmt::format("Its certainty is off by {} on average.", percent_text(*ece)));
  if (const auto temperature = number_in(reward, "temperature", where))
    sentences.push_back(fmt::format("The temperature that fits the held-out pairs best is {}: {}.",
                                    number_text(*temperature, 2),
                                    *temperature > 1.1  ? "it is too sure of itself"
                                    : *temperature < .9 ? "it is too timid"
                                                        : "it is about as sure as it may be"));
  if (const auto r = number_in(reward, "length_correlation", where))
    sentences.push_back(fmt::format("The correlation of score and length is {}: {}.", number_text(*r, 2),
                                    *r > .5     ? "to a large part it scores length"
                                    : *r > .15  ? "longer answers score somewhat higher"
                                    : *r < -.15 ? "longer answers score lower"
                                                : "length hardly matters to it"));
  return fmt::format("{}", fmt::join(sentences, " "));
}

// `ceiling`: how often one would side with a rater if one knew exactly what raters think.
std::string accuracy_sentence(const Interval& accuracy, const std::optional<Interval>& raters,
                              const std::optional<Interval>& ceiling) {
  std::string sentence = fmt::format("On prompts held out from its training it sides with the rater in {}",
                                     percent_text(accuracy));
  if (!raters) return sentence + ".";
  sentence += fmt::format("; two raters agree with each other in {}. ", percent_text(*raters));
  if (accuracy.low > (ceiling ? ceiling->value : raters->value + .05))
    return sentence +
           "That is more than the raters leave room for, and suspicious: look for duplicated prompts.";
  if (accuracy.high < raters->low) return sentence + "It has not learned all that raters agree on.";
  return sentence + "That is about as far as raters agree themselves; much more cannot be expected.";
}

}  // namespace

Chapter raters_chapter(const DemoReport& report) {
  const Json* raters = report.find("raters");
  if (!raters) return {};
  Chapter chapter{"Raters compare, and do not agree", {}};
  std::string sentence =
      "Several answers of the SFT model to each prompt are ranked by simulated raters, pair by pair";
  if (raters->contains("pairs"))
    sentence += fmt::format(", who leave {} usable comparisons",
                            get<std::int64_t>(*raters, "pairs", "report.json, raters"));
  chapter.body +=
      paragraph(sentence +
                ". They see something of the truth, but make mistakes, skip what looks alike to them, like "
                "longer answers a little, and like to be agreed with. A person can take their place.");
  RowsPlot plot{
      .low = .4, .high = 1, .guide = .5, .guide_name = "a coin", .description = "Agreement of raters"};
  const auto gold = of_raters(report, "gold_agreement");
  plot.add("with each other", of_raters(report, "agreement"), "other");
  plot.add("with what they would say undisturbed", of_raters(report, "own_utility_agreement"), "other");
  plot.add("with the gold judge", gold, "gold");
  plot.add("prefer the longer answer", of_raters(report, "longer_preferred"), "bad");
  if (gold)
    chapter.body += paragraph(
        fmt::format("With the program that knows they agree in {}: all that follows has to be learned "
                    "from a signal of this quality.",
                    percent_text(*gold)));
  if (!plot.rows.empty())
    chapter.body += figure(graphic(plot), "Agreement of raters, ties left out, with 95\u202F% intervals.");
  return chapter;
}

Chapter reward_model_chapter(const DemoReport& report) {
  const Json* reward = report.find("reward_model");
  if (!reward || !reward->contains("accuracy")) return {};
  const std::string where = "report.json, reward_model";
  const Interval accuracy = read_interval(reward->at("accuracy"), where + ", accuracy");
  const auto raters = of_raters(report, "agreement");
  const auto gold = interval_in(*reward, "gold_agreement", where);

  Chapter chapter{"A reward model learns what they like", {}};
  chapter.body += paragraph(
      "The reward model reads a prompt and an answer and gives a score; it starts from the SFT model and "
      "learns from the comparisons alone, so that the difference of two scores says how likely a rater is to "
      "prefer the one answer (Bradley-Terry). " +
      accuracy_sentence(accuracy, raters, of_raters(report, "own_utility_agreement")));
  RowsPlot plot{.low = .4,
                .high = 1,
                .guide = .5,
                .guide_name = "a coin",
                .description = "Accuracy of the reward model"};
  plot.add("reward model: sides with the rater", accuracy, "proxy");
  plot.add("two raters with each other", raters, "other");
  plot.add("reward model: sides with gold", gold, "gold");
  if (const auto alone = number_in(*reward, "length_alone_accuracy", where))
    plot.add("length alone", Interval{*alone, *alone, *alone}, "sft");
  chapter.body += figure(graphic(plot), "Held-out comparisons, with 95\u202F% intervals.");

  const std::string quality = quality_sentence(*reward, where);
  if (!quality.empty()) chapter.body += paragraph(quality);
  if (reward->contains("reliability") && !reward->at("reliability").empty())
    chapter.body += figure(
        graphic(reliability_plot(reward->at("reliability"), "how sure it is", where + ", reliability")),
        "Calibration: of the pairs for which the reward model is this sure, how often the rater agreed. On "
        "the dotted line certainty would be exactly deserved. Bars are 95\u202F% intervals: bins hold as "
        "many pairs as there are.");
  return chapter;
}

}  // namespace nudge::report
