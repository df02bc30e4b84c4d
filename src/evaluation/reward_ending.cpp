#include "evaluation/reward_ending.h"

#include <fmt/format.h>

#include "base/files.h"
#include "evaluation/report/reward_report.h"

namespace nudge {
namespace {

// What is too little to learn from, or to measure with.
constexpr std::int64_t kFewSteps = 20, kFewPairs = 30;

std::string in_percent(const Json& interval) {
  const auto percent = [&](const char* key) { return 100 * interval.at(key).get<double>(); };
  return fmt::format("{:.1f} % [{:.1f}, {:.1f}]", percent("value"), percent("low"), percent("high"));
}

std::string held_out_text(const Json& evaluation) {
  if (evaluation.contains("pairs")) {
    const auto pairs = evaluation["pairs"].get<std::int64_t>();
    return fmt::format("Held out: {} of {} pairs are told apart as the raters did{}.",
                       in_percent(evaluation["accuracy"]), pairs,
                       pairs < kFewPairs ? "; so few say little, raise --eval_share or gather more" : "");
  }
  if (evaluation.contains("labels"))
    return fmt::format("Held out: score and label of {} answers correlate by {:.3f}{}.",
                       evaluation["labels"].get<std::int64_t>(), evaluation["correlation"].get<double>(),
                       evaluation.contains("accuracy") ? fmt::format(", and {} are on the right side of 0",
                                                                     in_percent(evaluation["accuracy"]))
                                                       : "");
  return "Nothing was held out, so nothing says how good the scores are: give --eval_share, or ask nudge "
         "reward evaluate.";
}

}  // namespace

void write_reward_evaluation(const std::filesystem::path& folder, const Json& evaluation) {
  write_file(folder / "evaluation.json", to_pretty(evaluation));
  if (evaluation.contains("pairs"))
    write_file(folder / "report.html", report::reward_report(evaluation, folder.filename().string()));
}

std::vector<std::string> reward_remarks(const Json& evaluation, std::int64_t steps) {
  std::vector<std::string> remarks{held_out_text(evaluation)};
  if (steps < kFewSteps)
    remarks.push_back(fmt::format(
        "It took {} optimizer step{}, hardly enough to learn anything: lower --per_device_train_batch_size, "
        "raise --num_train_epochs, or gather more comparisons.",
        steps, steps == 1 ? "" : "s"));
  if (evaluation.contains("pairs"))
    remarks.emplace_back("Where it is right and where wrong stands in report.html beside it.");
  return remarks;
}

}  // namespace nudge
