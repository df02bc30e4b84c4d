// The successors from the same SFT model and the same raters: one plot, one table.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "evaluation/report/demo_report.h"
#include "evaluation/report/plot.h"

namespace nudge::report {

namespace {

bool is_successor(const ModelView& model) {
  return model.kind == ModelKind::offline || model.kind == ModelKind::online;
}

Point gold_at_kl(const ModelView& model) {
  const Interval gold = *model.interval("judge");
  const auto kl = model.interval("kl");
  return {.x = kl ? kl->value : 0, .y = gold.value, .low = gold.low, .high = gold.high, .label = model.label};
}

Series points_of(const DemoReport& report, const std::string& name, const std::string& colour, bool line,
                 bool (*wanted)(const ModelView&)) {
  Series series{.name = name, .colour = colour, .line = line};
  for (const ModelView& model : report.models)
    if (wanted(model) && model.interval("judge")) series.points.push_back(gold_at_kl(model));
  std::stable_sort(series.points.begin(), series.points.end(),
                   [](const Point& a, const Point& b) { return a.x < b.x; });
  return series;
}

Series best_of_n_series(const DemoReport& report) {
  Series series{.name = "best of n", .colour = "proxy", .band = true};
  const std::string where = "report.json, best_of_n";
  if (const Json* list = report.find("best_of_n"))
    for (const Json& entry : *list) {
      const Interval gold = read_interval(get<Json>(entry, "gold", where), where + ", gold");
      series.points.push_back(
          {.x = get<double>(entry, "kl", where), .y = gold.value, .low = gold.low, .high = gold.high});
    }
  return series;
}

Html frontier_figure(const DemoReport& report) {
  Plot plot{.x_name = "KL from SFT, nats an answer",
            .y_name = "Mean gold of an answer",
            .series = {points_of(report, "SFT and PPO, by leash", "gold", true,
                                 [](const ModelView& m) {
                                   return m.kind == ModelKind::sft || m.kind == ModelKind::ppo;
                                 }),
                       points_of(report, "from rollouts", "k2", false,
                                 [](const ModelView& m) { return m.kind == ModelKind::online; }),
                       points_of(report, "from the pairs alone", "other", false,
                                 [](const ModelView& m) { return m.kind == ModelKind::offline; }),
                       best_of_n_series(report)},
            .x_low = 0,
            .x_root = true,
            .description = "Gold against KL for every method"};
  std::erase_if(plot.series, [](const Series& series) { return series.points.empty(); });
  return figure(graphic(plot),
                "Gold against the distance from SFT, every method from the same SFT model and the same "
                "comparisons, with 95\u202F% intervals. A line only joins its points: between them nothing "
                "was measured.");
}

// The mean of the watched gold score over the last rollouts: single rollouts are noisy.
constexpr std::size_t kWindow = 5;

struct Learning {
  std::vector<double> gold;  // smoothed, by step
  double samples_a_step = 0;
};

Learning learning_of(const ModelView& model) {
  Learning learning;
  const auto training = model.json->find("training");
  if (training == model.json->end() || !training->contains("gold_by_step")) return learning;
  const std::string where = "report.json, model " + model.name + ", training";
  const auto gold = get<std::vector<double>>(*training, "gold_by_step", where);
  learning.samples_a_step = get<double>(*training, "samples", where) / static_cast<double>(gold.size());
  double sum = 0;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    sum += gold[i] - (i >= kWindow ? gold[i - kWindow] : 0);
    if (i + 1 >= kWindow) learning.gold.push_back(sum / static_cast<double>(kWindow));
  }
  return learning;
}

// How many answers it took to get where PPO on the leash ended.
std::string answers_to_reach(const ModelView& model, const ModelView& leash) {
  const Learning mine = learning_of(model), theirs = learning_of(leash);
  if (mine.gold.empty() || theirs.gold.empty()) return "\u2013";
  const auto reached =
      std::find_if(mine.gold.begin(), mine.gold.end(), [&](double g) { return g >= theirs.gold.back(); });
  if (reached == mine.gold.end()) return "not reached";
  const auto steps = static_cast<double>(reached - mine.gold.begin()) + kWindow;
  return number_text(steps * mine.samples_a_step, 0);
}

std::string count_in(const ModelView& model, const char* key) {
  const auto training = model.json->find("training");
  if (training == model.json->end()) return "\u2013";
  const auto count = number_in(*training, key, "report.json, model " + model.name + ", training");
  return count ? number_text(*count, 0) : "\u2013";
}

Html shown(const std::optional<Interval>& value, bool percent) {
  if (!value) return text("\u2013");
  return text(percent ? percent_text(*value) : number_text(*value));
}

Html methods_table(const DemoReport& report) {
  Table rows{.head = {"", "gold", "win rate against SFT", "KL", "pairs read", "answers sampled",
                      "until PPO\u2019s gold"}};
  for (const ModelView& model : report.models) {
    if (!is_successor(model) && &model != report.leash) continue;
    rows.rows.push_back({text(model.label), shown(model.interval("judge"), false),
                         shown(model.interval("win_rate"), true), shown(model.interval("kl"), false),
                         text(count_in(model, "pairs")), text(count_in(model, "samples")),
                         text(answers_to_reach(model, *report.leash))});
  }
  return table(rows);
}

std::string reading(const DemoReport& report) {
  std::string better, settled;
  for (const ModelView& model : report.models) {
    const auto rate = model.interval("win_rate");
    if (!is_successor(model) || !rate) continue;
    std::string& list = rate->low > .5 ? better : settled;
    list += (list.empty() ? "" : ", ") + model.label;
  }
  std::string sentence;
  if (!better.empty()) sentence += fmt::format("Better than SFT by the gold judge: {}. ", better);
  if (!settled.empty())
    sentence +=
        fmt::format("Not shown to be better (the interval reaches 50\u202F% or lower): {}. ", settled);
  return sentence;
}

}  // namespace

Chapter methods_chapter(const DemoReport& report) {
  if (!report.leash || std::none_of(report.models.begin(), report.models.end(), is_successor)) return {};
  Chapter chapter{"Other ways from the same comparisons", {}};
  chapter.body += paragraph(
      "DPO (direct preference optimisation) makes the chosen answer of a pair likelier than the rejected "
      "one, as measured from SFT; KTO does so with single answers, liked or not. Neither has a reward model, "
      "neither samples. GRPO samples several answers to a prompt and pushes towards those that score above "
      "their group\u2019s mean; RLOO compares each with the mean of the others. Both do without the value "
      "model that PPO learns. " +
      reading(report));
  chapter.body += frontier_figure(report);
  chapter.body += methods_table(report);
  chapter.body += paragraph(
      "Until PPO\u2019s gold: answers sampled in training until the mean gold of five rollouts in a "
      "row is as high as in the last five of PPO on the leash.",
      "caveat");
  return chapter;
}

}  // namespace nudge::report
