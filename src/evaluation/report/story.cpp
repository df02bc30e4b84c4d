#include "evaluation/report/story.h"

#include <fmt/format.h>

#include "evaluation/report/demo_report.h"
#include "evaluation/report/path_figure.h"

namespace nudge::report {

namespace {

std::string headline(const DemoReport& report) {
  const auto rate = report.leash ? report.leash->interval("win_rate") : std::nullopt;
  if (!rate || rate->low <= .5) return "What preferences did to a small language model";
  if (answers_less(report, *report.leash)) return "A leashed policy pleases more and answers less";
  const bool over = report.slack && report.slack->interval("judge") && report.leash->interval("judge") &&
                    report.slack->interval("judge")->high < report.leash->interval("judge")->low;
  return over ? "A leashed policy gets better; an unleashed one learns to please"
              : "A leashed policy gets better";
}

// The main finding, in the numbers.
std::string lead(const DemoReport& report) {
  std::string text;
  if (const Json* base = report.find("base");
      base && base->contains("bare") && base->at("bare").contains("answered"))
    text +=
        fmt::format("A small language model that knows its facts answers a plain question in {} of cases. ",
                    percent_text(read_interval(base->at("bare").at("answered"), "report.json, base").value));
  text += questions_lead(report);
  if (const auto right = report.sft->world("right_plain"))
    text += fmt::format("A few hundred demonstrations bring it to {} right. ", percent_text(right->value));
  if (report.leash && report.leash->interval("win_rate")) {
    const Interval rate = *report.leash->interval("win_rate");
    text += fmt::format(
        "Trained further on what raters prefer, and held on a leash, it wins {} of comparisons with that "
        "model{}. ",
        percent_text(rate),
        rate.low > .5    ? ""
        : rate.high < .5 ? ", which is worse than before"
                         : ", which settles nothing, since the interval includes 50\u202F%");
    if (const std::string price = questions_price(report, *report.leash); !price.empty()) text += price + " ";
  }
  if (report.slack && report.slack->interval("win_rate") && report.slack->interval("proxy")) {
    const Interval rate = *report.slack->interval("win_rate");
    text += fmt::format("With {} leash its reward climbs to {} standard deviations, and it wins {}{}.",
                        *report.slack->kl_coef == 0 ? "no" : "a slack",
                        number_text(report.slack->interval("proxy")->value, 2), rate.high < .5 ? "only " : "",
                        percent_text(rate));
  }
  return text;
}

Html key_numbers(const DemoReport& report) {
  std::vector<Tile> shown;
  const auto interval_detail = [](const Interval& share) {
    return fmt::format("95\u202F% interval {} to {}", percent_text(share.low), percent_text(share.high));
  };
  const auto share = [&](const std::optional<Interval>& value, const std::string& label,
                         const std::string& colour) {
    if (value) shown.push_back({percent_text(value->value), label, interval_detail(*value), colour});
  };
  if (const Json* base = report.find("base"); base && base->contains("cloze") && base->contains("bare")) {
    share(read_interval(get<Json>(base->at("cloze"), "all", "report.json, base"), "report.json, base"),
          "of its facts the base model completes rightly", "other");
    share(read_interval(get<Json>(base->at("bare"), "answered", "report.json, base"), "report.json, base"),
          "of bare questions it answers", "sft");
  }
  if (report.leash)
    share(report.leash->interval("win_rate"), "win rate of " + report.leash->label + " against SFT",
          report.leash->colour);
  if (report.slack)
    share(report.slack->interval("win_rate"), "win rate of " + report.slack->label + " against SFT",
          report.slack->colour);
  return shown.empty() ? Html{} : tiles(shown);
}

// The way of a demo, or what the file says of its own.
Html path(const Json& json) {
  const auto about = get_or<std::string>(json, "about", "", "report.json");
  return about.empty() ? path_figure() : paragraph(about);
}

}  // namespace

std::string story(const Json& json, const Json& made) {
  const DemoReport report(json);
  const Chapter chapters[] = {
      questions_chapter(report),     base_chapter(report),        few_shot_chapter(report),
      sft_chapter(report),           raters_chapter(report),      reward_model_chapter(report),
      reward_models_chapter(report), leash_chapter(report),       slack_chapter(report),
      frontier_chapter(report),      best_of_n_chapter(report),   methods_chapter(report),
      failures_chapter(report),      making_chapter(report, made)};
  Html contents, told;
  int number = 0;
  for (const Chapter& chapter : chapters) {
    if (chapter.body.empty()) continue;
    ++number;
    contents += {fmt::format("<li><a href=\"#c{}\">{}</a></li>", number, text(chapter.title).code)};
    told += {fmt::format("<section id=\"c{0}\"><h2><span class=\"no\">{0}</span>{1}</h2>{2}</section>\n",
                         number, text(chapter.title).code, chapter.body.code)};
  }
  const std::string title = headline(report);
  const auto seed = get_or<std::int64_t>(json, "seed", 0, "report.json");
  const auto of_what = get_or<std::string>(json, "title", "nudge demo", "report.json");
  const Html body =
      paragraph(fmt::format("{} \u00B7 seed {}", of_what, seed), "overline") + element("h1", text(title)) +
      paragraph(lead(report), "lead") + key_numbers(report) + path(json) +
      element("nav", element("ol", contents)) + told +
      element("footer",
              text("Written by nudge from report.json. Nothing on this page was loaded from anywhere else."));
  return page(title + " \u00B7 " + of_what, body);
}

}  // namespace nudge::report
