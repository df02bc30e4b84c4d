// PPO on the leash and without: win rates, training curves, and the texts themselves.
#include <algorithm>

#include "base/error.h"
#include "evaluation/report/demo_report.h"
#include "evaluation/report/plot.h"

namespace nudge::report {

namespace {

std::string verdict(const Interval& win_rate) {
  if (win_rate.low > .5) return "better than SFT";
  if (win_rate.high < .5) return "worse than SFT";
  return "not to be told from SFT: the interval includes 50\u202F%";
}

Html win_rate_figure(const DemoReport& report) {
  RowsPlot plot{.low = .4,
                .high = .6,
                .guide = .5,
                .guide_name = "as good as SFT",
                .description = "Win rates against SFT"};
  for (const ModelView& model : report.models)
    if (model.kind == ModelKind::ppo) plot.add(model.label, model.interval("win_rate"), model.colour);
  return figure(graphic(plot),
                "Win rate against SFT by the gold judge: one answer each to the same held-out prompts, a tie "
                "counted as half a win, 95\u202F% intervals.");
}

struct NamedCurve {
  const char* metric;
  const char* name;
  bool small_matters = false;  // the leashed runs would lie on the axis beside the one without
};

// The answers that a run had sampled by a step: runs with rollouts of different sizes compare by these.
double answers_by(const Json& step) {
  const std::string where = "report.json, ppo_curves";
  return number_in(step, "episode", where).value_or(get<double>(step, "step", where));
}

Html curves_figure(const DemoReport& report, const Json& curves) {
  std::vector<Plot> plots;
  for (const NamedCurve& curve : {NamedCurve{"objective/scores", "Reward model\u2019s score"},
                                  {"monitor/gold", "Gold score"},
                                  {"objective/kl", "KL from SFT, nats an answer", true},
                                  {"completions/mean_length", "Length, tokens"}}) {
    Plot plot{.x_name = "answers sampled",
              .y_name = curve.name,
              .description = std::string(curve.name) + " during PPO"};
    plot.y_root = curve.small_matters;
    for (const ModelView& model : report.models) {
      Series series{.name = model.label, .colour = model.colour, .markers = false};
      for (const Json& entry : curves) {
        if (get<std::string>(entry, "name", "report.json, ppo_curves") != model.name) continue;
        for (const Json& step : entry.at("steps"))
          if (step.contains(curve.metric) && !step.at(curve.metric).is_null())
            series.points.push_back(
                {.x = answers_by(step), .y = get<double>(step, curve.metric, "report.json, ppo_curves")});
      }
      if (!series.points.empty()) plot.series.push_back(std::move(series));
    }
    if (!plot.series.empty()) plots.push_back(std::move(plot));
  }
  if (plots.empty()) return {};
  return figure(panels(plots),
                "Training, by the answers that had been sampled, on the prompts of training: each point is "
                "the mean over one "
                "rollout, so it is noisy. "
                "PPO sees only the reward model; the gold score is watched.");
}

Html answer_card(const DemoReport& report, const Json& answer) {
  const auto name = get<std::string>(answer, "model", "report.json, texts");
  const ModelView* model = report.model(name);
  Html who = text(model ? model->label : name);
  if (answer.contains("gold") && !answer.at("gold").is_null())
    who += element("span",
                   text(" \u00B7 gold " + number_text(get<double>(answer, "gold", "report.json, texts"), 2)),
                   "score");
  return element(
      "div", element("span", who, "who") + verbatim(get<std::string>(answer, "answer", "report.json, texts")),
      "answer c-" + (model ? model->colour : "ink"));
}

// SFT, the leash, no leash: more columns than that nobody compares. A model that is unknown here is shown.
bool in_the_story(const DemoReport& report, const std::string& name) {
  const ModelView* model = report.model(name);
  return !model || model == report.sft || model == report.leash || model == report.slack;
}

Html side_by_side(const DemoReport& report, const Json& texts, std::size_t count) {
  Html pairs;
  for (std::size_t i = 0; i < std::min(count, texts.size()); ++i) {
    const Json& shown = texts[i];
    std::string tags;
    if (shown.contains("tags"))
      for (const Json& tag : shown.at("tags"))
        tags += (tags.empty() ? "" : " \u00B7 ") + tag.get<std::string>();
    Html answers;
    for (const Json& answer : shown.at("answers"))
      if (in_the_story(report, get<std::string>(answer, "model", "report.json, texts")))
        answers += answer_card(report, answer);
    pairs +=
        element("div",
                element("div", verbatim(get<std::string>(shown, "question", "report.json, texts")), "asked") +
                    element("div", text(tags), "tags") + element("div", answers, "answers"),
                "pair");
  }
  return element("div", pairs, "pairs");
}

// The held-out questions whose gold score the leash changed most.
Html extremes(const DemoReport& report, const char* key, const char* title) {
  const Json* texts = report.find(key);
  if (!texts) return {};
  return element("h3", text(title)) + side_by_side(report, *texts, texts->size());
}

// "from 49.0 % to 91.0 %": what a share became.
std::string change(const char* what, const std::optional<Interval>& before,
                   const std::optional<Interval>& after) {
  if (!before || !after) return "";
  return fmt::format("{} from {} to {}; ", what, percent_text(before->value), percent_text(after->value));
}

std::string what_moved(const ModelView& sft, const ModelView& model) {
  std::string list =
      change("\u201CI do not know\u201D where nothing can be known goes", sft.world("dont_know_unknown"),
             model.world("dont_know_unknown")) +
      change("guesses there", sft.world("guess_unknown"), model.world("guess_unknown")) +
      change("agreement with wrong opinions", sft.world("flattery"), model.world("flattery")) +
      change("right answers to plain questions", sft.world("right_plain"), model.world("right_plain")) +
      change("needless \u201CI do not know\u201D", sft.world("dont_know_known"),
             model.world("dont_know_known"));
  if (list.empty()) return "";
  list.resize(list.size() - 2);
  return "What moved: " + list + ".";
}

std::string knowledge_sentence(const ModelView& sft, const ModelView& model) {
  const auto before = sft.world("right_plain"), after = model.world("right_plain");
  if (!before || !after) return "";
  if (after->low > before->high)
    return "Plain facts got better as well: the reward model has learned something of the truth.";
  if (after->high < before->low)
    return "Plain facts got worse: that is the price, and the raters cannot see it.";
  return "Plain facts stayed about where they were: what RLHF buys here is form and calibration, not "
         "knowledge.";
}

}  // namespace

Chapter leash_chapter(const DemoReport& report) {
  if (!report.leash) return {};
  const ModelView& leash = *report.leash;
  const auto rate = leash.interval("win_rate"), gold = leash.interval("judge"),
             before = report.sft->interval("judge");
  const bool better = rate && rate->low > .5;
  Chapter chapter{better ? "On the leash, PPO beats SFT" : "PPO on the leash", {}};
  std::string sentence = fmt::format(
      "PPO moves the model towards answers that the reward model scores higher. A leash (KL "
      "coefficient {}) makes every step away from SFT cost something.",
      leash_text(*leash.kl_coef));
  if (rate)
    sentence +=
        fmt::format(" By the gold judge, which training never sees, it wins {} of comparisons with SFT: {}.",
                    percent_text(*rate), verdict(*rate));
  if (gold && before)
    sentence += fmt::format(" Mean gold goes from {} to {}.", number_text(*before), number_text(*gold));
  if (const std::string price = questions_price(report, leash); !price.empty()) sentence += " " + price;
  chapter.body += paragraph(sentence);
  chapter.body += win_rate_figure(report);
  const std::string moved = what_moved(*report.sft, leash);
  if (!moved.empty()) chapter.body += paragraph(moved + " " + knowledge_sentence(*report.sft, leash));
  if (const Json* curves = report.find("ppo_curves")) chapter.body += curves_figure(report, *curves);
  chapter.body +=
      extremes(report, "gained", "Where most was gained") + extremes(report, "lost", "Where most was lost");
  return chapter;
}

Chapter slack_chapter(const DemoReport& report) {
  if (!report.leash || !report.slack) return {};
  const ModelView &leash = *report.leash, &slack = *report.slack;
  const auto proxy = slack.interval("proxy"), leash_proxy = leash.interval("proxy");
  const auto gold = slack.interval("judge"), leash_gold = leash.interval("judge");
  if (!proxy || !leash_proxy || !gold || !leash_gold) return {};

  const bool higher_proxy = proxy->low > leash_proxy->high, lower_gold = gold->high < leash_gold->low;
  const std::string name = *slack.kl_coef == 0
                               ? "Without the leash"
                               : fmt::format("On a slack leash ({})", leash_text(*slack.kl_coef));
  Chapter chapter{higher_proxy && lower_gold ? name + ", the reward rises and the truth falls" : name, {}};
  std::string sentence = fmt::format(
      "{}, the same algorithm brings the reward model\u2019s score to {} (on the leash: {}), while gold is "
      "{} (on the leash: {}).",
      name, number_text(*proxy), number_text(*leash_proxy), number_text(*gold), number_text(*leash_gold));
  if (higher_proxy && lower_gold)
    sentence +=
        " This is over-optimisation: the policy has found what the reward model likes and people do not.";
  else if (higher_proxy)
    sentence +=
        " The reward is higher; whether gold is lower, these prompts do not settle: the intervals overlap.";
  else
    sentence += " The over-optimisation that training without a leash may bring does not show in this run.";
  if (auto rate = slack.interval("win_rate"))
    sentence += fmt::format(" It wins {} against SFT: {}.", percent_text(*rate), verdict(*rate));
  chapter.body += paragraph(sentence);

  const auto distinct = slack.number("distinct"), sft_distinct = report.sft->number("distinct");
  if (distinct && sft_distinct)
    chapter.body += paragraph(
        fmt::format("Of its answers, {} are different from one another; of the SFT model\u2019s, {}.{}",
                    percent_text(*distinct), percent_text(*sft_distinct),
                    *distinct < .25 * *sft_distinct ? " It says nearly the same to everybody." : ""));
  if (const Json* texts = report.find("texts")) {
    chapter.body += element("h3", text("The same questions, side by side"));
    const bool sorted = std::ranges::any_of(
        *texts, [](const Json& shown) { return shown.contains("tags") && !shown.at("tags").empty(); });
    chapter.body += paragraph(
        std::string(sorted ? "The first held-out questions of each sort, four and four: plain ones, ones "
                             "without an answer to know, ones with an opinion in them."
                           : "The first held-out prompts.") +
        " Nobody chose them by what was answered.");
    chapter.body += side_by_side(report, *texts, 12);
  }
  return chapter;
}

}  // namespace nudge::report
