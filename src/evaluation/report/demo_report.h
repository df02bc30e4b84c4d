#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json_names.h"
#include "evaluation/report/html.h"
#include "evaluation/report/rows_plot.h"
#include "evaluation/statistics.h"

namespace nudge::report {

/// {"value", "low", "high"}; null stands for a number that is not finite. Error naming `where` when it is
/// something else.
Interval read_interval(const Json& value, const std::string& where);

/// "59.9 % [57.5, 62.3]" and "0.44 [0.36, 0.52]".
std::string percent_text(const Interval& share);
std::string number_text(const Interval& value, int decimals = 2);

/// A KL coefficient as readers see it: "1.0", "0.05".
std::string leash_text(double kl_coef);

/// A number or an interval of an object, or nothing when it is absent or null.
std::optional<double> number_in(const Json& object, const std::string& key, const std::string& where);
std::optional<Interval> interval_in(const Json& object, const std::string& key, const std::string& where);

enum class ModelKind {
  sft,
  ppo,
  offline,  // from pairs
  online    // other methods with rollouts
};
constexpr auto names_table(ModelKind) {
  return std::to_array<Named<ModelKind>>({{ModelKind::sft, "sft"},
                                          {ModelKind::ppo, "ppo"},
                                          {ModelKind::offline, "offline"},
                                          {ModelKind::online, "online"}});
}

/// One evaluated model of report.json.
struct ModelView {
  std::string name;  // as in the file
  ModelKind kind;
  std::string label;   // for readers: "SFT", "PPO, leash 1.0", "PPO, no leash", else the file's "label"
  std::string colour;  // tight leashes cool, slack ones warm
  std::optional<double> kl_coef;
  const Json* json = nullptr;

  /// An interval of the model, or of its `world` part; nothing when it was not measured.
  std::optional<Interval> interval(const std::string& key) const;
  std::optional<Interval> world(const std::string& key) const;
  std::optional<double> number(const std::string& key) const;
};

/// A report.json with its models sorted: SFT first, PPO from the tightest leash to the slackest, then others.
/// Refers to the JSON it was made from.
struct DemoReport {
  explicit DemoReport(const Json& report);
  DemoReport(const DemoReport&) = delete;

  const Json& json;
  std::vector<ModelView> models;
  const ModelView* sft = nullptr;
  const ModelView* leash = nullptr;  // null when there is no PPO model
  const ModelView* slack = nullptr;  // the slackest leash of all, when that is another model

  const ModelView* model(const std::string& name) const;
  /// A top-level member, or null.
  const Json* find(const char* key) const;
};

/// One sentence on what the base and the fine-tuned model do with a question; empty when nobody asked.
std::string questions_lead(const DemoReport& report);
/// Whether a model answers the first questions less often than SFT does, by more than its interval.
bool answers_less(const DemoReport& report, const ModelView& model);
/// A sentence on what that cost; empty when it cost nothing, or nobody asked.
std::string questions_price(const DemoReport& report, const ModelView& model);

/// A chapter of the story; empty when there is nothing to tell.
struct Chapter {
  std::string title;
  Html body;
};

Chapter questions_chapter(const DemoReport& report);
Chapter base_chapter(const DemoReport& report);
Chapter few_shot_chapter(const DemoReport& report);
Chapter sft_chapter(const DemoReport& report);
Chapter raters_chapter(const DemoReport& report);
Chapter reward_model_chapter(const DemoReport& report);
Chapter reward_models_chapter(const DemoReport& report);
Chapter leash_chapter(const DemoReport& report);
Chapter slack_chapter(const DemoReport& report);
Chapter frontier_chapter(const DemoReport& report);
Chapter best_of_n_chapter(const DemoReport& report);
Chapter methods_chapter(const DemoReport& report);
Chapter failures_chapter(const DemoReport& report);
/// `made`: {"what": "said"}, of the machine and the time; none of it stands in the report, which is the same
/// everywhere.
Chapter making_chapter(const DemoReport& report, const Json& made);

}  // namespace nudge::report
