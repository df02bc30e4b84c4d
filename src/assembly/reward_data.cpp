#include "assembly/reward_data.h"

#include <algorithm>

#include "base/error.h"
#include "data/records_file.h"

namespace nudge {
namespace {

std::string strength_name(std::int64_t strength) {
  return fmt::format("a strength of 1 (negligibly) to 4 (significantly better), but came {}", strength);
}

double strength_margin(const Ranking& ranking, const std::vector<double>& margins) {
  const auto strength = get_or<std::int64_t>(ranking.extra, "strength", 0, "comparison");
  if (strength == 0) return 0;
  require(strength >= 1 && strength <= 4, "reward: expected {}.", strength_name(strength));
  return margins[static_cast<std::size_t>(strength - 1)];
}

// The head that a comparison is for, by the value of its record's column.
std::string value_in(const Ranking& ranking, const std::string& column) {
  const Json& columns = ranking.prompt.extra.contains(column) ? ranking.prompt.extra : ranking.extra;
  return get<std::string>(columns, column, "reward, --head_column " + column);
}

std::vector<std::string> heads_in(const std::vector<Ranking>& rankings, const std::string& column) {
  std::vector<std::string> heads;
  for (const Ranking& ranking : rankings) heads.push_back(value_in(ranking, column));
  std::ranges::sort(heads);
  heads.erase(std::unique(heads.begin(), heads.end()), heads.end());
  return heads;
}

std::vector<std::string> numbered_heads(std::int64_t count) {
  std::vector<std::string> heads;
  for (std::int64_t i = 0; i < count; ++i)
    heads.push_back(count == 1 ? "LABEL_0" : fmt::format("head_{}", i));
  return heads;
}

ComparisonReading reading(const RewardDataOptions& options, const RewardTask& task, std::int64_t max_length) {
  ComparisonReading reading{.max_length = max_length};
  if (options.margin == Margin::column)
    reading.margin = [](const Ranking& ranking) {
      return get_or<double>(ranking.extra, "margin", 0, "comparison");
    };
  if (options.margin == Margin::strength)
    reading.margin = [margins = options.strength_margins](const Ranking& ranking) {
      return strength_margin(ranking, margins);
    };
  if (!options.head_column.empty())
    reading.head = [column = options.head_column, heads = task.heads](const Ranking& ranking) {
      return std::ranges::find(heads, value_in(ranking, column)) - heads.begin();
    };
  return reading;
}

void check(const RewardDataOptions& options) {
  const bool comparisons = of_comparisons(options.loss_type);
  if (options.strength_margins.size() != 4)
    throw UsageError("--strength_margins needs four numbers, for strengths 1 to 4.");
  if (options.margin != Margin::none && options.loss_type != RewardLoss::bradley_terry)
    throw UsageError(
        fmt::format("--margin belongs to the loss bradley_terry, not to {}.", name_of(options.loss_type)));
  if (!options.head_column.empty() && !comparisons)
    throw UsageError(fmt::format("--head_column goes with comparisons, not with the loss {}.",
                                 name_of(options.loss_type)));
  const auto& [smoothing, noise, centering] = options.likelihood;
  if (!comparisons && (smoothing > 0 || noise > 0 || centering > 0))
    throw UsageError(
        fmt::format("--label_smoothing, --rater_noise and --center_rewards_coefficient go with "
                    "comparisons, not with the loss {}.",
                    name_of(options.loss_type)));
}

// What became of the records that give nothing, and of what they say besides.
void say_what_is_left(const RewardDataOptions& options, const Dataset& dataset, DatasetUse use,
                      const ChatFormat& format) {
  settle(dataset, "reward", options.datasets);
  std::vector<std::string> also;
  if (!options.head_column.empty()) also.push_back(options.head_column);
  say_unused(dataset, use, format, "reward", also);
}

RewardExamples read_comparisons(const RewardDataOptions& options, const std::vector<std::string>& files,
                                const ChatFormat& format, std::int64_t max_length, RewardTask& task) {
  Dataset dataset = Dataset::read(files, options.datasets.split);
  refuse_unwritable(dataset, format);
  RankingsRead read = rankings(dataset);
  say_what_is_left(options, dataset, DatasetUse::comparisons, format);
  say_left_out(read.dropped, "comparisons", dataset, "reward");
  task.data.rankings = std::move(read.rankings);
  if (!options.head_column.empty()) task.heads = heads_in(task.data.rankings, options.head_column);
  ComparisonObjective objective = comparison_objective(options.loss_type, options.likelihood);
  ComparisonReading how = reading(options, task, max_length);
  how.ties = objective.ties;
  task.objective = {std::move(objective.loss), {}, std::move(objective.free)};
  RewardExamples examples = compared_examples(task.data.rankings, format, how);
  require_examples(examples, max_length);
  return examples;
}

RewardExamples read_labels(const RewardDataOptions& options, const std::vector<std::string>& files,
                           const ChatFormat& format, std::int64_t max_length, RewardTask& task) {
  Dataset dataset = Dataset::read(files, options.datasets.split);
  refuse_unwritable(dataset, format);
  RewardExamples examples = options.loss_type == RewardLoss::process
                                ? stepwise_examples(dataset, format, max_length, options.step_separator)
                                : labelled_examples(dataset, format, max_length,
                                                    options.loss_type == RewardLoss::outcome_every_token);
  say_what_is_left(options, dataset, DatasetUse::labels, format);
  require_examples(examples, max_length);
  std::vector<double> labels;
  for (const RewardExample& each : examples.prompts)
    labels.insert(labels.end(), each.labels.begin(), each.labels.end());
  LabelObjective objective = label_objective(options.loss_type, labels);
  task.objective = {{}, std::move(objective.loss), std::move(objective.free)};
  return examples;
}

}  // namespace

void declare(Options& options, RewardDataOptions& data) {
  options.rule([&data] { check(data); });
  options.section("What raters said");
  declare_with_model(options, data.datasets);
  options.choose(
      "loss_type", data.loss_type,
      "Of pairs and rankings: bradley_terry; rao_kupper and davidson, which learn from ties too; "
      "plackett_luce, whole rankings. Of prompt, completion, label: regression, ordinal (grades 0, 1 "
      "...), outcome (true or false), outcome_every_token. Of steps: process.");
  options
      .add("label_smoothing", data.likelihood.label_smoothing,
           "The share of labels known to be turned round (bradley_terry).")
      .within(from_below(0, 0.5));
  options
      .add("rater_noise", data.likelihood.rater_noise,
           "The share of answers that raters give at random, in the likelihood; 0.1 is Christiano's.")
      .within(from_below(0, 1));
  options.choose(
      "margin", data.margin,
      "The least difference of scores that a pair (of a ranking: its best over its next best) asks for: its "
      "column margin, or by its strength.");
  options.add("strength_margins", data.strength_margins, "Margins of strengths 1 (negligibly) to 4.")
      .within(at_least(0));
  options
      .add("center_rewards_coefficient", data.likelihood.centering,
           "Weight of (chosen + rejected)^2, which keeps scores near 0; 0.01 is usual.")
      .within(at_least(0));
  options.add("step_separator", data.step_separator,
              "Written behind each step (process); carries its label.");
  options
      .add("head_column", data.head_column,
           "A column whose values (helpful, harmless ...) name the head that a comparison trains.")
      .shown_as("COLUMN");
}

RewardTask reward_task(const RewardDataOptions& options, const std::vector<std::string>& files,
                       std::int64_t num_heads, const ChatFormat& format, const RewardModelOptions& config,
                       std::uint64_t seed) {
  check_options(options);
  if (!options.head_column.empty() && num_heads != 1)
    throw UsageError("--head_column names the heads; leave --num_heads out.");
  RewardTask task{.heads = numbered_heads(num_heads)};
  const auto read = of_comparisons(options.loss_type) ? read_comparisons : read_labels;
  RewardExamples examples = read(options, files, format, config.max_length, task);
  if (examples.too_long > 0) task.left_out = fmt::format(", {} answers too long", examples.too_long);
  if (examples.ties > 0) task.left_out += fmt::format(", {} pairs without a difference", examples.ties);
  task.data.too_long = examples.too_long;
  task.data.ties = examples.ties;
  RewardModelData split = split_by_prompt(std::move(examples.prompts), config.eval_share, seed);
  task.data.train = std::move(split.train);
  task.data.eval = std::move(split.eval);
  return task;
}

}  // namespace nudge
