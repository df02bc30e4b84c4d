// The same questions at every stage, and what several reward models are worth: a story of real data.
#include <algorithm>

#include "base/error.h"
#include "evaluation/report/demo_report.h"

namespace nudge::report {

namespace {

const std::string kWhere = "report.json, questions";

Interval measured(const Json& entry, const char* key, const std::string& where) {
  return read_interval(get<Json>(entry, key, where), where + ", " + key);
}

std::string said(const Json& entry, const char* key, const std::string& where) {
  return get<std::string>(entry, key, where);
}

const Json* asked(const DemoReport& report, const std::string& model, const std::string& form) {
  const Json* all = report.find("questions");
  if (!all) return nullptr;
  const auto found = std::ranges::find_if(*all, [&](const Json& entry) {
    return said(entry, "model", kWhere) == model && said(entry, "form", kWhere) == form;
  });
  return found == all->end() ? nullptr : &*found;
}

Html percent(const Interval& share) {
  return text(percent_text(share.value)) +
         element("small", text(fmt::format("{} \u2013 {}", number_text(100 * share.low, 1),
                                           number_text(100 * share.high, 1))));
}

Html questions_table(const Json& questions) {
  Table shown{.head = {"asked", "answers", "goes on asking", "repeats the question"}};
  for (const Json& entry : questions)
    shown.rows.push_back({text(said(entry, "model", kWhere) + ", " + said(entry, "form", kWhere)),
                          percent(measured(entry, "answered", kWhere)),
                          percent(measured(entry, "asks_on", kWhere)),
                          percent(measured(entry, "repeats", kWhere))});
  return table(shown);
}

// The first answers of each stage, word by word.
Html transcripts(const Json& questions) {
  Html shown;
  for (const Json& entry : questions) {
    if (!entry.contains("texts")) continue;
    Html texts;
    for (const Json& one : entry.at("texts"))
      texts += element("div",
                       element("span", verbatim(said(one, "prompt", kWhere)), "asked") +
                           verbatim(said(one, "answer", kWhere)),
                       "transcript");
    shown += element(
        "details",
        element("summary", text(said(entry, "model", kWhere) + ", " + said(entry, "form", kWhere))) + texts);
  }
  return shown;
}

Html tasks_table(const Json& tasks) {
  const std::string where = "report.json, tasks";
  Table shown{.head = {"task", "model", "items", "right"}};
  for (const Json& entry : tasks)
    shown.rows.push_back({text(said(entry, "task", where)), text(said(entry, "model", where)),
                          text(std::to_string(get<std::int64_t>(entry, "count", where))),
                          percent(measured(entry, "right", where))});
  return table(shown);
}

}  // namespace

std::string questions_lead(const DemoReport& report) {
  const Json *bare = asked(report, "base", "bare"), *shots = asked(report, "base", "few-shot"),
             *sft = asked(report, "sft", "chat");
  if (!bare || !shots || !sft) return "";
  const auto share = [](const Json& entry, const char* key) {
    return percent_text(measured(entry, key, kWhere).value);
  };
  return fmt::format(
      "Asked a bare question, the base model answers it in {} of cases and goes on asking in {}; behind two "
      "worked "
      "examples it answers {}. Fine-tuned on demonstrations it answers {} and asks on in {}. ",
      share(*bare, "answered"), share(*bare, "asks_on"), share(*shots, "answered"), share(*sft, "answered"),
      share(*sft, "asks_on"));
}

bool answers_less(const DemoReport& report, const ModelView& model) {
  const Json *before = asked(report, "sft", "chat"), *after = asked(report, model.name, "chat");
  return before && after &&
         measured(*after, "answered", kWhere).high < measured(*before, "answered", kWhere).value;
}

std::string questions_price(const DemoReport& report, const ModelView& model) {
  if (!answers_less(report, model)) return "";
  const auto answered = [&](const std::string& name) {
    return percent_text(measured(*asked(report, name, "chat"), "answered", kWhere));
  };
  return fmt::format(
      "Of the questions at the beginning, though, it answers {} where SFT answered {}: the gold judge does "
      "not see that.",
      answered(model.name), answered("sft"));
}

Chapter questions_chapter(const DemoReport& report) {
  const Json* questions = report.find("questions");
  if (!questions) return {};
  Chapter chapter{"The same questions, at every stage", {}};
  chapter.body +=
      paragraph(fmt::format("{} questions whose answers a program can check. A question is answered when the "
                            "first sentence of what the model "
                            "writes (greedily) holds the answer and is not a question itself.",
                            get<std::int64_t>(questions->front(), "count", kWhere)));
  chapter.body += questions_table(*questions) + transcripts(*questions);
  if (const Json* tasks = report.find("tasks"))
    chapter.body += element("h3", text("Tasks that a program checks")) + tasks_table(*tasks);
  return chapter;
}

Chapter reward_models_chapter(const DemoReport& report) {
  const Json* models = report.find("reward_models");
  if (!models) return {};
  const std::string where = "report.json, reward_models";
  Chapter chapter{"What the reward models are worth", {}};
  chapter.body += paragraph(
      "Each has learned from people\u2019s comparisons and is measured on conversations whose opening "
      "question it has "
      "never seen. Beside it stand the better of \u201Cthe longer wins\u201D and \u201Cthe shorter "
      "wins\u201D, and, where several "
      "people judged the same pairs, how often one of them sides with the others.");
  RowsPlot plot{
      .low = .4, .high = 1, .guide = .5, .guide_name = "a coin", .description = "Accuracy of reward models"};
  for (const Json& entry : *models) {
    const std::string name = said(entry, "name", where);
    plot.add(name, measured(entry, "accuracy", where), "proxy");
    plot.add(name + ": length alone", interval_in(entry, "length_alone", where), "sft");
    plot.add(name + ": a rater with the others", interval_in(entry, "ceiling", where), "other");
  }
  chapter.body += figure(graphic(plot), "Held-out comparisons, with 95\u202F% intervals.");
  return chapter;
}

}  // namespace nudge::report
