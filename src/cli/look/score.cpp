#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "assembly/loaded_model.h"
#include "assembly/named_rewards.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "data/dataset_options.h"
#include "data/record_keys.h"
#include "data/records_file.h"
#include "evaluation/statistics.h"
#include "model/bases.h"
#include "reward_models/token_labels.h"
#include "rewards/catalogue.h"

namespace nudge {
namespace {

struct ScoreConfig {
  std::string tokenizer, output, token_labels;
  std::vector<std::string> dataset;
  std::int64_t limit = 0;
  bool list = false;
  DatasetOptions datasets;
  ModelOptions models;
  RewardChoice rewards;
};

void declare(Options& options, ScoreConfig& config) {
  options
      .add("dataset", config.dataset,
           "Completions (JSON Lines): records with prompt and completion, or as `nudge sample` writes them.")
      .shown_as("FILE");
  declare(options, config.rewards);
  options
      .add("tokenizer", config.tokenizer,
           "A model directory whose tokenizer counts tokens where the records hold none.")
      .shown_as("DIR");
  options
      .add("token_labels", config.token_labels,
           "A token classifier (*ForTokenClassification): the output has the labels of the completions' "
           "tokens.")
      .shown_as("DIR");
  options
      .add("output", config.output, "JSON Lines with the score and its components; empty: only the summary.")
      .shown_as("FILE");
  options.add("limit", config.limit, "Use only the first records; 0: all.").within(at_least(0));
  declare(options, config.datasets);
  declare_bases(options, config.models);
  declare(options, config.models.compute);
  options.add("list", config.list, "Print every reward that has a name, and stop.");
}

void print_catalogue() {
  for (const CatalogueEntry& entry : reward_catalogue())
    fmt::print("{}\n    {}\n", entry.usage, entry.meaning);
  fmt::print(
      "world\n    The gold judge of the embedded world.\n"
      "DIR, model[,name=NAME][,head=NAME|,combine=mean|min|mean_minus_std[,k=1]|,weights=0.7/0.3]:DIR\n"
      "    A learned reward model; where it has several heads, how to combine them.\n"
      "ensemble,combine=mean|min|mean_minus_std[,k=1][,name=NAME]:DIR,DIR[,DIR ...]\n"
      "    Several learned reward models as one.\n"
      "steps[,combine=min|mean|last|product][,separator=TEXT][,label=NAME]:DIR\n"
      "    A process reward model: how likely its steps are right.\n");
}

// One trajectory for a completion; its tokens, where known, under "tokens" or "completion_ids".
Trajectory trajectory_of(const Prompt& prompt, const Json& record, const std::string& text,
                         const std::string& where) {
  Trajectory trajectory;
  trajectory.prompt = prompt;
  trajectory.completion = text;
  trajectory.ended = get_or<bool>(record, "ended", true, where);
  for (const char* tokens : {"completion_ids", "tokens"})
    trajectory.completion_tokens =
        get_or<std::vector<std::int32_t>>(record, tokens, trajectory.completion_tokens, where);
  return trajectory;
}

// The answers of one record: its completion, or the completions of `nudge sample`.
std::vector<Trajectory> answers_of(const Json& record, const std::string& where) {
  std::vector<Trajectory> answers;
  Prompt prompt = prompt_of(record, where);
  if (!record.contains("completions")) {
    const std::string column = column_in(record, completion_columns());
    if (column == "completion" || column == "response")
      prompt.extra.erase(column);  // the others may be references
    answers.push_back(trajectory_of(prompt, record, completion_of(prompt, record, where), where));
    return answers;
  }
  prompt.extra.erase("completions");
  for (const Json& completion : get<Json>(record, "completions", where))
    answers.push_back(trajectory_of(prompt, completion, get<std::string>(completion, "text", where), where));
  return answers;
}

std::vector<Trajectory> read_completions(const ScoreConfig& config) {
  std::vector<Trajectory> trajectories;
  std::int64_t read = 0;
  Dataset dataset = Dataset::read(config.dataset, config.datasets.split);
  dataset.each([&](const Json& record, const std::string& where) {
    if (config.limit > 0 && read == config.limit) return;
    std::ranges::move(answers_of(record, where), std::back_inserter(trajectories));
    ++read;
  });
  settle(dataset, "score", config.datasets);
  return trajectories;
}

void encode(std::vector<Trajectory>& trajectories, const ChatFormat& format) {
  for (Trajectory& trajectory : trajectories) {
    if (!trajectory.completion_tokens.empty()) {
      trajectory.prompt_tokens = format.encode_prompt(trajectory.prompt);
      continue;
    }
    auto [prompt, completion, behind] =
        format.encode_answer(trajectory.prompt, trajectory.completion, trajectory.ended);
    trajectory.prompt_tokens = std::move(prompt);
    trajectory.completion_tokens = std::move(completion);
  }
}

void print_row(const std::string& name, const std::vector<double>& scores) {
  std::vector<double> known;
  for (const double score : scores)
    if (!std::isnan(score)) known.push_back(score);
  fmt::print("{:<28} {:>6} scored {:>6} unscorable  ", name, known.size(), scores.size() - known.size());
  if (known.empty()) {
    fmt::print("no mean\n");
    return;
  }
  const Interval mean = mean_interval(known);
  fmt::print("mean {:.4f} [{:.4f}, {:.4f}]\n", mean.value, mean.low, mean.high);
}

void print_summary(const std::vector<Trajectory>& trajectories) {
  const std::size_t parts = trajectories.front().components.size();
  for (std::size_t part = 0; part < parts; ++part) {
    std::vector<double> scores;
    for (const Trajectory& trajectory : trajectories) scores.push_back(trajectory.components[part].second);
    print_row(trajectories.front().components[part].first, scores);
  }
  std::vector<double> totals;
  for (const Trajectory& trajectory : trajectories) totals.push_back(trajectory.score);
  print_row("score", totals);
}

void score(std::vector<Trajectory>& trajectories, Reward& reward, const std::string& dataset) {
  std::vector<Prompt> prompts;
  for (const Trajectory& trajectory : trajectories) prompts.push_back(trajectory.prompt);
  warn_of_unscorable(reward, prompts, dataset);
  reward.score(trajectories);
}

// A record for each completion; one that was not scored has no score.
std::vector<Json> records_of(const std::vector<Trajectory>& trajectories) {
  std::vector<Json> records;
  for (const Trajectory& trajectory : trajectories) {
    Json& record = records.emplace_back(
        Json{{"prompt", trajectory.prompt.question()}, {"completion", trajectory.completion}});
    if (trajectory.components.empty()) continue;
    record["score"] = trajectory.score;
    Json& components = record["components"] = Json::object();
    for (const auto& [name, score] : trajectory.components) components[name] = score;
  }
  return records;
}

// The labels of each completion's tokens, under the names that transformers' pipeline has.
void add_labels(const std::string& classifier, const ModelOptions& models,
                const std::vector<Trajectory>& trajectories, std::vector<Json>& records) {
  const auto folder = model_folder(classifier);
  const auto model = read_model(folder, models.reading_of(folder));
  const auto labelled = labelled_tokens(*model, ChatFormat(models.tokenizer_in(folder)), trajectories);
  for (std::size_t i = 0; i < records.size(); ++i) {
    Json& tokens = records[i]["token_labels"] = Json::array();
    for (const LabelledToken& token : labelled[i])
      tokens.push_back({{"word", token.text}, {"entity", token.label}, {"score", token.probability}});
  }
}

std::string lines_of(const std::vector<Json>& records) {
  std::string lines;
  for (const Json& record : records) lines += to_line(record) + "\n";
  return lines;
}

void require_task(const ScoreConfig& config) {
  const bool labels = !config.token_labels.empty();
  if (config.dataset.empty() || (config.rewards.reward.empty() && !labels))
    throw UsageError("score: give --dataset FILE and at least one --reward SPEC (--list shows them).");
  if (labels && config.output.empty())
    throw UsageError("score: --token_labels fills the records of --output FILE, so give that too.");
}

}  // namespace

int run_score(std::span<const std::string> arguments) {
  ScoreConfig config;
  Options options("score",
                  "Scores a file of completions by any rewards, to try a reward before training on it.");
  declare(options, config);
  options.start_with({"dataset", "reward", "output"},
                     "nudge score --reward number --dataset completions.jsonl");
  if (!options.parse(arguments)) return 0;
  if (config.list) {
    print_catalogue();
    return 0;
  }
  require_task(config);
  std::shared_ptr<const Tokenizer> tokenizer;
  if (!config.tokenizer.empty()) tokenizer = config.models.tokenizer_in(tokenizer_folder(config.tokenizer));
  std::unique_ptr<Reward> reward;
  if (!config.rewards.reward.empty())
    reward = make_rewards(config.rewards, config.datasets, config.models, tokenizer.get());
  std::vector<Trajectory> trajectories = read_completions(config);
  require(!trajectories.empty(), "score: {} holds no completion.", Dataset::name_of(config.dataset));
  if (tokenizer) encode(trajectories, ChatFormat(tokenizer));
  if (reward) score(trajectories, *reward, Dataset::name_of(config.dataset));
  std::vector<Json> records = records_of(trajectories);
  if (!config.token_labels.empty()) add_labels(config.token_labels, config.models, trajectories, records);
  if (!config.output.empty()) write_file(config.output, lines_of(records));
  if (reward) print_summary(trajectories);
  return 0;
}

}  // namespace nudge
