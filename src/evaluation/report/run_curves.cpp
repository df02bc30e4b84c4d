#include "evaluation/report/run_curves.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace nudge::report {
namespace {

constexpr std::array<const char*, 6> kRunColours{"k1", "k4", "other", "gold", "k5", "proxy"};

// Numbers that are drawn in one plot: of one kind and one unit.
struct Together {
  std::string name;                                          // of the plot's y
  std::vector<std::pair<std::string, std::string>> metrics;  // and how each is called in the plot
  std::vector<std::string> colours = {"k1", "k4", "other"};
};

const std::vector<Together>& known_together() {
  static const std::vector<Together> known{
      {"log-prob of a completion", {{"logps/chosen", "chosen"}, {"logps/rejected", "rejected"}}},
      {"implicit reward", {{"rewards/chosen", "chosen"}, {"rewards/rejected", "rejected"}}},
      {"logits", {{"logits/chosen", "chosen"}, {"logits/rejected", "rejected"}}},
      {"loss", {{"loss", "training"}, {"eval_loss", "held out"}}},
      {"accuracy", {{"accuracy", "training"}, {"eval_accuracy", "held out"}}},
      {"length, tokens",
       {{"completions/mean_length", "mean"},
        {"completions/min_length", "least"},
        {"completions/max_length", "most"}}},
      {"length where ended, tokens",
       {{"completions/mean_terminated_length", "mean"},
        {"completions/min_terminated_length", "least"},
        {"completions/max_terminated_length", "most"}}},
      {"KL by three estimators",
       {{"objective/kl", "k1"}, {"objective/kl_k2", "k2"}, {"objective/kl_k3", "k3"}}},
  };
  return known;
}

struct Group {
  std::string title;
  std::vector<std::string_view> beginnings;  // of names; a whole name matches too
};

// The first that fits takes a number; what fits none stands last.
const std::vector<Group>& groups() {
  static const std::vector<Group> all{
      {"What is rewarded",
       {"objective/scores", "objective/rlhf", "reward", "score", "monitor/", "frac_reward", "margin"}},
      {"How far the policy went", {"kl", "objective/kl", "objective/non_score", "logps/", "logits/"}},
      {"The answers",
       {"completions/", "objective/entropy", "entropy", "val/num_eos", "val/contain", "dynamic_sampling"}},
      {"How it learns",
       {"loss", "eval_", "accuracy", "clip_ratio", "policy/", "val/", "first_ratio", "grad_norm",
        "learning_rate", "lr"}},
      {"Further numbers", {""}},
  };
  return all;
}

// Counters say how much was done, which the x axis says too.
bool is_counter(const std::string& name) {
  return name == "episode" || name == "num_tokens" || name.starts_with("time/") || name == "step_time";
}

bool drawn(const Curve* curve) {
  return curve && curve->points.size() > 1 && curve->varies();
}

std::size_t window(const Curve& curve) {
  return curve.points.size() < 20 ? 1 : curve.points.size() / 20 * 2 + 1;
}

void add_specks_and_line(Plot& plot, const Curve& curve, const std::string& name, const std::string& colour) {
  const std::size_t width = window(curve);
  Series line{.name = name, .colour = colour, .points = smoothed(curve.points, width), .markers = false};
  if (width > 1)
    plot.series.push_back({.name = name + ", each step",
                           .colour = colour,
                           .points = curve.points,
                           .line = false,
                           .specks = true});
  plot.series.push_back(std::move(line));
}

void label_ends(Plot& plot) {
  std::vector<Series*> lines;
  for (Series& series : plot.series)
    if (!series.specks) lines.push_back(&series);
  if (lines.size() < 2) return;
  for (Series* line : lines) line->points.back().label = line->name;
}

Plot plot_of(const std::vector<RunLog>& runs, const Together& shown) {
  Plot plot{.x_name = "step", .y_name = shown.name, .description = shown.name + " over the steps of the run"};
  for (std::size_t r = 0; r < runs.size(); ++r)
    for (std::size_t m = 0; m < shown.metrics.size(); ++m) {
      const auto& [metric, name] = shown.metrics[m];
      const Curve* curve = runs[r].find(metric);
      if (!drawn(curve)) continue;
      if (runs.size() == 1) {
        add_specks_and_line(plot, *curve, name, shown.colours[m % shown.colours.size()]);
      } else {
        plot.series.push_back({.name = runs[r].name,
                               .colour = kRunColours[r % kRunColours.size()],
                               .points = smoothed(curve->points, window(*curve)),
                               .markers = false,
                               .dashed = m > 0});
      }
    }
  if (runs.size() == 1) label_ends(plot);
  return plot;
}

// Which number plays a part, under whichever of its names the algorithm logs it.
const Curve* first_of(const RunLog& run, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const Curve* curve = run.find(name); drawn(curve)) return curve;
  return nullptr;
}

double extent(const Curve& curve) {
  const auto [low, high] = std::ranges::minmax_element(curve.points, {}, &Point::y);
  return high->y - low->y;
}

// Score and monitor on one axis where one suits both, else each on its own.
std::vector<Together> reward_and_monitor(const RunLog& run, const Curve& score) {
  std::vector<Together> plots{{"reward", {{score.name, "reward"}}, {"proxy"}}};
  for (const Curve& curve : run.curves) {
    if (!curve.name.starts_with("monitor/") || !drawn(&curve)) continue;
    const std::string name = "monitor " + curve.name.substr(std::string_view("monitor/").size());
    const double ratio = extent(curve) / extent(score);
    if (plots.size() == 1 && plots[0].metrics.size() == 1 && ratio > 1. / 6 && ratio < 6) {
      plots[0] = {"reward and " + name, {{score.name, "reward"}, {curve.name, name}}, {"proxy", "gold"}};
    } else {
      plots.push_back({name, {{curve.name, name}}, {"gold"}});
    }
  }
  return plots;
}

std::vector<Together> opening(const RunLog& run) {
  const Curve* kl = first_of(run, {"objective/kl", "kl"});
  if (const Curve* score = first_of(run, {"objective/scores", "reward"})) {
    std::vector<Together> plots = reward_and_monitor(run, *score);
    if (kl) plots.push_back({"KL from the reference, nats", {{kl->name, "KL"}}, {"k5"}});
    return plots;
  }
  std::vector<Together> plots;
  for (const Together& each : known_together())
    if (each.name.starts_with("log-prob") || each.name.starts_with("implicit"))
      if (drawn(run.find(each.metrics[0].first))) plots.push_back(each);
  if (const Curve* right = first_of(run, {"rewards/accuracies"}))
    plots.push_back({"pairs told apart", {{right->name, "accuracy"}}});
  if (!plots.empty()) return plots;
  for (const Together& each : known_together())
    if ((each.name == "loss" || each.name == "accuracy") && drawn(run.find(each.metrics[0].first)))
      plots.push_back(each);
  return plots;
}

std::set<std::string> names_in(const std::vector<Together>& plots) {
  std::set<std::string> names;
  for (const Together& plot : plots)
    for (const auto& [metric, _] : plot.metrics) names.insert(metric);
  return names;
}

// The reward that was bought with this much KL: where proxy and monitor part, it shows here first.
std::optional<Plot> against_kl(const RunLog& run, const std::vector<Together>& plots) {
  const Curve* kl = first_of(run, {"objective/kl", "kl"});
  if (!kl || plots.empty()) return std::nullopt;
  Plot plot{.x_name = "KL, nats",
            .y_name = plots[0].name + " by KL",
            .x_low = 0,
            .x_root = true,
            .description = "the same numbers by the distance from the reference"};
  for (std::size_t m = 0; m < plots[0].metrics.size(); ++m) {
    const Curve* curve = run.find(plots[0].metrics[m].first);
    if (!curve || curve->points.size() != kl->points.size()) return std::nullopt;
    constexpr std::size_t kFew = 60;  // points that can be told apart
    Series series{.name = plots[0].metrics[m].second,
                  .colour = plots[0].colours[m],
                  .line = false,
                  .specks = kl->points.size() > kFew};
    for (std::size_t i = 0; i < kl->points.size(); ++i)
      series.points.push_back({.x = std::max(0., kl->points[i].y), .y = curve->points[i].y});
    plot.series.push_back(std::move(series));
  }
  return plot;
}

// Metrics of all runs, those that are drawn together as one, in the order of the log.
std::vector<Together> further(const std::vector<RunLog>& runs, const std::set<std::string>& shown) {
  std::vector<Together> plots;
  std::set<std::string> taken = shown;
  for (const RunLog& run : runs)
    for (const Curve& curve : run.curves) {
      if (is_counter(curve.name) || !drawn(&curve) || taken.contains(curve.name)) continue;
      Together plot{curve.name, {{curve.name, curve.name}}};
      for (const Together& known : known_together())
        if (names_in({known}).contains(curve.name)) plot = known;
      for (const auto& [metric, _] : plot.metrics) taken.insert(metric);
      plots.push_back(std::move(plot));
    }
  return plots;
}

const Group& group_of(const Together& plot) {
  const std::string& name = plot.metrics.front().first;
  return *std::ranges::find_if(groups(), [&](const Group& group) {
    return std::ranges::any_of(group.beginnings, [&](std::string_view b) { return name.starts_with(b); });
  });
}

}  // namespace

Html opening_figure(const std::vector<RunLog>& runs) {
  const std::vector<Together> shown = opening(runs.front());
  std::vector<Plot> plots;
  for (const Together& each : shown) plots.push_back(plot_of(runs, each));
  if (runs.size() == 1)
    if (const auto plot = against_kl(runs[0], shown)) plots.push_back(*plot);
  if (plots.empty()) return {};
  return figure(panels_apart(plots),
                runs.size() == 1
                    ? "Small: each logged step. Lines: means of the steps around."
                    : "Means of the steps around, for each run; where two numbers share a plot, the "
                      "second is dashed.");
}

Html grouped_curves(const std::vector<RunLog>& runs) {
  const std::vector<Together> all = further(runs, names_in(opening(runs.front())));
  Html sections;
  for (const Group& group : groups()) {
    std::vector<Plot> plots;
    for (const Together& each : all)
      if (&group_of(each) == &group) plots.push_back(plot_of(runs, each));
    if (!plots.empty()) sections += element("h2", text(group.title)) + element("figure", panels_apart(plots));
  }
  return sections;
}

}  // namespace nudge::report
