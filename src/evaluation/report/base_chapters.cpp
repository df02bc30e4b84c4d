// What the base model knows, what it says, and what demonstrations change.
#include <fmt/ranges.h>

#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "evaluation/report/demo_report.h"

namespace nudge::report {

namespace {

const std::string kBaseReport = "report.json, base";

std::string kind_name(const std::string& kind) {
  static const std::array<std::pair<const char*, const char*>, 7> kNames{{{"all", "all facts together"},
                                                                          {"capital", "capitals"},
                                                                          {"continent", "continents"},
                                                                          {"language", "languages"},
                                                                          {"currency", "currencies"},
                                                                          {"young", "young animals"},
                                                                          {"sum", "sums"}}};
  for (const auto& [key, name] : kNames)
    if (kind == key) return name;
  return kind;
}

Html continuation(const Json& text) {
  return element("div",
                 element("span", verbatim(get<std::string>(text, "prompt", kBaseReport)), "asked") +
                     verbatim(get<std::string>(text, "answer", kBaseReport)),
                 "transcript");
}

Html base_figure(const Json& base, const Interval& answered, const Interval& next_question) {
  RowsPlot plot{
      .low = 0, .high = 1, .description = "What the base model knows beside what it does with a question"};
  for (const auto& [kind, value] : base.at("cloze").items())
    plot.rows.push_back({"completes: " + kind_name(kind),
                         read_interval(value, kBaseReport + ", cloze, " + kind),
                         kind == "all" ? "good" : "other"});
  plot.rows.push_back({"answers a bare question", answered, "bad"});
  plot.rows.push_back({"goes on with a question", next_question, "sft"});
  return figure(
      graphic(plot),
      "Share of statements completed rightly (greedy), and what follows a bare question (sampled at "
      "temperature 1). Bars are 95\u202F% intervals.");
}

}  // namespace

Chapter base_chapter(const DemoReport& report) {
  const Json* base = report.find("base");
  if (!base || !base->contains("cloze") || !base->contains("bare")) return {};
  const Json& bare = base->at("bare");
  const Interval known =
      read_interval(get<Json>(base->at("cloze"), "all", kBaseReport), kBaseReport + ", cloze, all");
  const Interval answered =
      read_interval(get<Json>(bare, "answered", kBaseReport), kBaseReport + ", bare, answered");
  const Interval next = read_interval(get<Json>(bare, "next_is_question", kBaseReport),
                                      kBaseReport + ", bare, next_is_question");
  const bool contrast = known.low > .8 && answered.value < .05 && next.value > .5;

  Chapter chapter{contrast ? "It knows, and does not answer" : "What the base model knows, and what it says",
                  {}};
  chapter.body +=
      paragraph(fmt::format("The base model has read a small imitation of the web. Where a statement of a "
                            "fact is begun, it completes it "
                            "rightly in {} of cases. Asked the same thing as a bare question, it gives an "
                            "answer in {} of cases and goes on "
                            "with another question in {}.",
                            percent_text(known), percent_text(answered), percent_text(next)));
  chapter.body +=
      paragraph(contrast ? "Nothing is broken: on the web, a question is often followed by more questions, "
                           "and the model imitates "
                           "what it has read. The knowledge is there; the habit of answering is not."
                         : "In this run the contrast that the demo looks for (above 80 % known, below 5 % "
                           "answered, mostly further "
                           "questions) is not complete; read what follows with that in mind.",
                contrast ? "" : "caveat");
  chapter.body += base_figure(*base, answered, next);
  if (bare.contains("texts")) {
    chapter.body += element("h3", text("What it writes behind a question"));
    for (std::size_t i = 0; i < bare.at("texts").size() && i < 2; ++i)
      chapter.body += continuation(bare.at("texts")[i]);
  }
  return chapter;
}

Chapter few_shot_chapter(const DemoReport& report) {
  const Json* base = report.find("base");
  if (!base || !base->contains("few_shot") || base->at("few_shot").empty()) return {};
  RowsPlot plot{.low = 0, .high = 1, .description = "Right answers of the base model behind worked examples"};
  double best_quiz = 0, best_other = 0;
  for (const Json& entry : base->at("few_shot")) {
    const auto form = get<std::string>(entry, "form", kBaseReport);
    const auto shots = get<std::int64_t>(entry, "shots", kBaseReport);
    const Interval right =
        read_interval(get<Json>(entry, "right", kBaseReport), kBaseReport + ", few_shot, right");
    const bool quiz = form == "quiz";
    (quiz ? best_quiz : best_other) = std::max(quiz ? best_quiz : best_other, right.value);
    plot.rows.push_back(
        {fmt::format("{}, {} example{}", quiz ? "the corpus\u2019s quiz form" : "another form", shots,
                     shots == 1 ? "" : "s"),
         right, quiz ? "good" : "bad"});
  }
  const bool only_own_form = best_quiz > 3 * best_other && best_quiz > .2;
  Chapter chapter{only_own_form ? "Worked examples help, in one form only" : "What worked examples do", {}};
  chapter.body +=
      paragraph(fmt::format("Without any training, worked examples before the question can paper over the "
                            "gap. In the quiz form that the corpus itself uses the base model is right in up "
                            "to {}; in a form that it never read, in up to {}.",
                            percent_text(best_quiz), percent_text(best_other)));
  if (only_own_form)
    chapter.body += paragraph(
        "So the examples do not teach the task: they pick out the kind of document in which questions are "
        "answered. A user would have to know that form.");
  chapter.body += figure(graphic(plot),
                         "Right answers of the base model on the same questions, with 95\u202F% intervals.");
  return chapter;
}

Chapter sft_chapter(const DemoReport& report) {
  const ModelView& sft = *report.sft;
  RowsPlot plot{.low = 0, .high = 1, .description = "What the fine-tuned model does on held-out prompts"};
  plot.add("right on plain questions", sft.world("right_plain"), "good");
  plot.add("right against a wrong opinion", sft.world("right_despite_opinion"), "good");
  plot.add("says so where it cannot know", sft.world("dont_know_unknown"), "good");
  plot.add("guesses where it cannot know", sft.world("guess_unknown"), "bad");
  plot.add("agrees with a wrong opinion", sft.world("flattery"), "bad");
  plot.add("ends its answer", sft.interval("ended"), "other");
  if (plot.rows.empty()) return {};

  Chapter chapter{"Demonstrations do most of the visible work", {}};
  std::vector<std::string> does;
  const auto right = sft.world("right_plain"), ended = sft.interval("ended");
  if (right) does.push_back("answers plain questions rightly in " + percent_text(*right));
  if (ended) does.push_back("ends its answer in " + percent_text(*ended));
  std::string sentence = "A few hundred demonstrations in chat form (SFT) change the habit.";
  if (!does.empty())
    sentence += fmt::format(" On prompts {} the model now {}.",
                            right ? "about subjects that no demonstration mentions" : "that it has not seen",
                            fmt::join(does, " and "));
  chapter.body += paragraph(sentence);
  const auto guess = sft.world("guess_unknown"), flattery = sft.world("flattery");
  if (guess && flattery)
    chapter.body +=
        paragraph(fmt::format("It also imitates what the demonstrations do badly: it makes something up in "
                              "{} of the questions about names that "
                              "nothing in the corpus mentions, and goes along with a wrong opinion in {}.",
                              percent_text(*guess), percent_text(*flattery)));
  chapter.body +=
      figure(graphic(plot),
             "The SFT model on held-out prompts, judged by the program that knows. 95\u202F% intervals.");
  return chapter;
}

}  // namespace nudge::report
