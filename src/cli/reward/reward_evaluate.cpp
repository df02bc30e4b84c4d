// nudge reward evaluate: any reward against what raters said.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "assembly/loaded_model.h"
#include "assembly/named_rewards.h"
#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "data/chat_format.h"
#include "data/dataset_options.h"
#include "data/records_file.h"
#include "evaluation/report/reward_report.h"
#include "evaluation/reward_evaluation.h"

namespace nudge {
namespace {

struct EvaluateConfig {
  std::string dataset, tokenizer, output, report;
  std::int64_t max_length = 0;
  DatasetOptions datasets;
  ModelOptions models;
  RewardChoice rewards;
};

void declare(Options& options, EvaluateConfig& config) {
  options.require("dataset", config.dataset, "Comparisons, in any form that `nudge reward` reads.")
      .shown_as("FILE");
  declare(options, config.rewards);
  options.require("tokenizer", config.tokenizer, "A model directory whose tokenizer counts lengths.")
      .shown_as("DIR");
  options
      .add("max_length", config.max_length,
           "Answers that are longer, with their prompt, are left out; 0: none is.")
      .within(at_least(0));
  declare(options, config.datasets);
  declare_bases(options, config.models);
  declare(options, config.models.compute);
  options.add("output", config.output, "JSON file for all that was measured; empty: only the summary.")
      .shown_as("FILE");
  options.add("report", config.report, "HTML file with the same for people; empty: none.").shown_as("FILE");
}

// One trajectory for each answer, rankings one behind the other.
std::vector<Trajectory> answers_of(const std::vector<Ranking>& rankings, const ChatFormat& format) {
  std::vector<Trajectory> answers;
  for (const Ranking& ranking : rankings) {
    const auto ended = get_or<std::vector<bool>>(ranking.extra, "ended", {}, "comparison");
    for (std::size_t i = 0; i < ranking.completions.size(); ++i) {
      Trajectory& answer = answers.emplace_back(Trajectory{.prompt = ranking.prompt});
      answer.completion = ranking.completions[i];
      answer.ended = ended.empty() || ended[i];
      auto [prompt, completion, behind] =
          format.encode_answer(answer.prompt, answer.completion, answer.ended);
      answer.prompt_tokens = std::move(prompt);
      answer.completion_tokens = std::move(completion);
    }
  }
  return answers;
}

// Scores the answers that are not too long; the others get NaN.
void score_within(std::int64_t max_length, Reward& reward, std::vector<Trajectory>& answers) {
  const auto fits = [&](const Trajectory& answer) {
    const auto tokens = answer.prompt_tokens.size() + answer.completion_tokens.size();
    return max_length == 0 || static_cast<std::int64_t>(tokens) <= max_length;
  };
  std::vector<Trajectory> within;
  std::ranges::copy_if(answers, std::back_inserter(within), fits);
  reward.score(within);
  auto next = within.begin();
  for (Trajectory& answer : answers)
    answer.score = fits(answer) ? (next++)->score : std::numeric_limits<double>::quiet_NaN();
}

std::vector<ScoredPair> judged(const std::vector<Ranking>& rankings, const std::vector<Trajectory>& answers,
                               std::int64_t& unscorable) {
  std::vector<ScoredPair> pairs;
  auto next = answers.begin();
  for (const Ranking& ranking : rankings) {
    ScoredAnswers scored;
    for (std::size_t i = 0; i < ranking.completions.size(); ++i, ++next) {
      if (std::isnan(next->score)) {
        ++unscorable;
        continue;
      }
      scored.answers.push_back(static_cast<std::int64_t>(i));
      scored.scores.push_back(next->score);
      scored.lengths.push_back(static_cast<std::int64_t>(next->completion_tokens.size()));
    }
    const auto more = scored_pairs(ranking, scored);
    pairs.insert(pairs.end(), more.begin(), more.end());
  }
  return pairs;
}

void print_share(const char* name, const Json& evaluation, const std::string& key) {
  if (!evaluation.contains(key) || evaluation[key].is_null()) return;
  const Json& share = evaluation[key];
  fmt::print("{:<24} {:.1f} % [{:.1f}, {:.1f}]\n", name, 100 * share["value"].get<double>(),
             100 * share["low"].get<double>(), 100 * share["high"].get<double>());
}

void print_summary(const Json& evaluation) {
  fmt::print("{} pairs of {} prompts\n", evaluation["pairs"].dump(), evaluation["prompts"].dump());
  print_share("accuracy", evaluation, "accuracy");
  print_share("when the longer is chosen", evaluation, "when_longer_chosen");
  print_share("when the shorter is", evaluation, "when_shorter_chosen");
  print_share("longer preferred", evaluation, "longer_preferred");
  print_share("longer scored higher", evaluation, "longer_scored_higher");
}

}  // namespace

int run_reward_evaluate(std::span<const std::string> arguments) {
  EvaluateConfig config;
  Options options("reward evaluate", "Judges any reward by comparisons that raters made.");
  declare(options, config);
  options.start_with(
      {"reward"}, "nudge reward evaluate --reward runs/reward --tokenizer runs/reward --dataset test.jsonl");
  if (!options.parse(arguments)) return 0;
  if (config.rewards.reward.empty()) throw UsageError("reward evaluate: give at least one --reward SPEC.");
  const auto tokenizer = config.models.tokenizer_in(tokenizer_folder(config.tokenizer));
  const auto reward = make_rewards(config.rewards, config.datasets, config.models, tokenizer.get());
  Dataset comparisons = Dataset::read(config.dataset, config.datasets.split);
  const RankingsRead read = rankings(comparisons);
  settle(comparisons, "reward evaluate", config.datasets);
  say_left_out(read.dropped, "comparisons", comparisons, "reward evaluate");

  std::vector<Trajectory> answers = answers_of(read.rankings, ChatFormat(tokenizer));
  score_within(config.max_length, *reward, answers);
  std::int64_t unscorable = 0;
  const std::vector<ScoredPair> pairs = judged(read.rankings, answers, unscorable);
  require(!pairs.empty(), "reward evaluate: no pair of {} could be scored.", config.dataset);
  Json evaluation = reward_evaluation(pairs);
  evaluation["unscorable"] = unscorable;
  print_summary(evaluation);
  if (!config.output.empty()) write_file(config.output, to_pretty(evaluation));
  if (!config.report.empty()) write_file(config.report, report::reward_report(evaluation, reward->name()));
  return 0;
}

}  // namespace nudge
