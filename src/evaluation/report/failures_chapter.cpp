// What goes wrong, model by model; and how the run was made.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "evaluation/report/demo_report.h"
#include "evaluation/report/plot.h"

namespace nudge::report {

namespace {

struct FailureMeasure {
  const char* name;
  std::optional<Interval> (*read)(const ModelView&);
  bool percent;
};

std::optional<Interval> certain(const std::optional<double>& value) {
  if (!value) return std::nullopt;
  return Interval{*value, *value, *value};
}

const std::vector<FailureMeasure>& measures() {
  static const std::vector<FailureMeasure> kMeasures = {
      {"gold", [](const ModelView& m) { return m.interval("judge"); }, false},
      {"reward", [](const ModelView& m) { return m.interval("proxy"); }, false},
      {"KL", [](const ModelView& m) { return m.interval("kl"); }, false},
      {"right, plain questions", [](const ModelView& m) { return m.world("right_plain"); }, true},
      {"guesses where it cannot know", [](const ModelView& m) { return m.world("guess_unknown"); }, true},
      {"\u201Cdo not know\u201D where due", [](const ModelView& m) { return m.world("dont_know_unknown"); },
       true},
      {"\u201Cdo not know\u201D where not", [](const ModelView& m) { return m.world("dont_know_known"); },
       true},
      {"agrees with wrong opinions", [](const ModelView& m) { return m.world("flattery"); }, true},
      {"words", [](const ModelView& m) { return m.interval("length_words"); }, false},
      {"ended", [](const ModelView& m) { return m.interval("ended"); }, true},
      {"distinct answers", [](const ModelView& m) { return certain(m.number("distinct")); }, true},
      {"perplexity on the corpus", [](const ModelView& m) { return certain(m.number("perplexity")); },
       false}};
  return kMeasures;
}

Html cell(const std::optional<Interval>& value, bool percent) {
  if (!value) return text("\u2013");
  const auto show = [&](double x) { return percent ? number_text(100 * x, 1) : number_text(x, 2); };
  Html shown = text(percent ? percent_text(value->value) : number_text(value->value, 2));
  if (value->low != value->high)
    shown += element("small", text(show(value->low) + " \u2013 " + show(value->high)));
  return shown;
}

Html failures_table(const DemoReport& report) {
  Table shown{.head = {""}};
  for (const ModelView& model : report.models) {
    shown.head.push_back(model.label);
    if (&model == report.leash) shown.emphasised = shown.head.size() - 1;
  }
  for (const FailureMeasure& measure : measures()) {
    const auto known = [&](const ModelView& model) { return measure.read(model).has_value(); };
    if (std::none_of(report.models.begin(), report.models.end(), known)) continue;
    shown.rows.push_back({text(measure.name)});
    for (const ModelView& model : report.models)
      shown.rows.back().push_back(cell(measure.read(model), measure.percent));
  }
  return table(shown);
}

// Numbers of words are whole: moved a little sideways, answers of one length lie beside each other.
double spread(double words, std::size_t index) {
  const double turn = static_cast<double>(index) * .6180339887;
  return words + .7 * (turn - std::floor(turn) - .5);
}

// Single answers where there are any, else the models' means.
Html length_figure(const DemoReport& report) {
  Plot plot{.x_name = "words in the answer",
            .y_name = "Reward model\u2019s score",
            .description = "Length against reward"};
  const Json* scatter = report.find("length_reward");
  for (const ModelView& model : report.models) {
    Series series{.name = model.label, .colour = model.colour, .line = false};
    if (scatter) {
      if (&model != report.sft && &model != report.leash && &model != report.slack) continue;
      series.specks = true;
      for (const Json& entry : *scatter)
        if (get<std::string>(entry, "model", "report.json, length_reward") == model.name)
          for (const Json& point : entry.at("points"))
            series.points.push_back({.x = spread(point.at(0).get<double>(), series.points.size()),
                                     .y = point.at(1).get<double>()});
    } else if (const auto words = model.interval("length_words"), proxy = model.interval("proxy");
               words && proxy) {
      series.points.push_back({.x = words->value, .y = proxy->value, .low = proxy->low, .high = proxy->high});
    }
    if (!series.points.empty()) plot.series.push_back(std::move(series));
  }
  if (plot.series.empty()) return {};
  return figure(
      graphic(plot),
      scatter ? "Length against reward: each speck is one answer to a held-out prompt."
              : "Length against reward: the mean of each model, with the 95\u202F% interval of the score.");
}

std::string length_sentence(const DemoReport& report) {
  const auto before = report.sft->interval("length_words");
  std::string sentence;
  for (const ModelView* model : {report.leash, report.slack}) {
    if (!model || !before) continue;
    const auto words = model->interval("length_words");
    if (!words) continue;
    sentence +=
        fmt::format("{} answers in {} words ({} SFT\u2019s {}). ", model->label, number_text(words->value, 1),
                    words->low > before->high   ? "more than"
                    : words->high < before->low ? "fewer than"
                                                : "about as many as",
                    number_text(before->value, 1));
  }
  return sentence;
}

}  // namespace

Chapter failures_chapter(const DemoReport& report) {
  if (report.models.size() < 2) return {};
  Chapter chapter{"What goes wrong, measured on every model", {}};
  chapter.body += paragraph(
      "Rewards can be met in ways that nobody meant: longer answers, agreement, one safe sentence for all, "
      "forgetting. None of this shows in the reward; so each is measured by itself.");
  chapter.body += failures_table(report);
  const Html lengths = length_figure(report);
  if (!lengths.empty()) {
    const std::string sentence = length_sentence(report);
    if (!sentence.empty()) chapter.body += paragraph(sentence);
    chapter.body += lengths;
  }
  return chapter;
}

Chapter making_chapter(const DemoReport& report, const Json& made) {
  const Json *stages = report.find("stages"), *settings = report.find("settings");
  if (!stages && !settings) return {};
  Chapter chapter{"How it was made", {}};
  chapter.body += paragraph(
      "The demo is nothing but these commands, one after another; each can be run by hand. On one machine, "
      "the same seed gives "
      "the same bytes. All numbers of this page stand in report.json beside it.");
  std::string circumstances;
  for (const auto& [what, said] : made.items())
    circumstances += (circumstances.empty() ? "" : " \u00B7 ") + what + " " +
                     (said.is_string() ? said.get<std::string>() : said.dump());
  if (!circumstances.empty()) chapter.body += paragraph(circumstances, "caveat");
  if (settings) {
    Table shown{.head = {"setting", "value"}};
    for (const auto& [name, value] : settings->items())
      shown.rows.push_back({text(name), text(value.is_string() ? value.get<std::string>() : value.dump())});
    chapter.body += element("details", element("summary", text("Sizes and settings")) + table(shown));
  }
  if (stages) {
    Html list;
    for (const Json& stage : *stages)
      list += element("h3", text(get<std::string>(stage, "title", "report.json, stages"))) +
              preformatted(get<std::string>(stage, "command", "report.json, stages"));
    chapter.body +=
        element("details", element("summary", text(fmt::format("The {} commands", stages->size()))) + list);
  }
  return chapter;
}

}  // namespace nudge::report
