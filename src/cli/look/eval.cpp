#include <fmt/format.h>

#include <cmath>
#include <map>
#include <memory>
#include <sstream>

#include "assembly/loaded_model.h"
#include "assembly/named_rewards.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interval_json.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/evaluations_text.h"
#include "data/dataset_options.h"
#include "data/examples.h"
#include "data/read_prompts.h"
#include "data/records_file.h"
#include "evaluation/answers.h"
#include "evaluation/diversity.h"
#include "evaluation/likelihood.h"
#include "evaluation/statistics.h"
#include "evaluation/win_rate.h"
#include "world/breakdown.h"

namespace nudge {
namespace {

struct EvalConfig {
  std::vector<std::string> model;
  std::string baseline, reference, judge, proxy, perplexity_dataset, output;
  std::vector<std::string> dataset;
  std::int64_t limit = 0, texts = 24;
  DatasetOptions datasets;
  ModelOptions models;
  AnswerOptions answers;
};

void declare(Options& options, EvalConfig& config) {
  options
      .add("model", config.model,
           "The model to evaluate; or several, which answer the same prompts and stand in one table.")
      .shown_as("DIR");
  options.require("dataset", config.dataset, "Prompts (JSON Lines).").shown_as("FILE");
  options.add("baseline", config.baseline, "Another model, for the win rate.").shown_as("DIR");
  options
      .add("judge", config.judge,
           "Who scores: world (the gold judge), the directory of a reward model, or any other reward "
           "(docs/rewards.md).")
      .shown_as("REWARD");
  options.add("proxy", config.proxy, "The reward model that was optimised, shown beside the judge.")
      .shown_as("REWARD");
  options.add("reference", config.reference, "The model from which KL is measured; usually the SFT model.")
      .shown_as("DIR");
  options.add("perplexity_dataset", config.perplexity_dataset, "Documents on which forgetting shows.")
      .shown_as("FILE");
  options
      .add("output", config.output,
           "JSON file for the results: an object, or of several models a list of them.")
      .shown_as("FILE");
  options.add("limit", config.limit, "Use only the first prompts; 0: all.").within(at_least(0));
  declare_with_model(options, config.datasets);
  declare(options, config.models);
  options.add("texts", config.texts, "Answers kept word by word in the result.").within(at_least(0));
  options.add("temperature", config.answers.temperature, "Sampling temperature.").within(at_least(0));
  options.add("max_new_tokens", config.answers.max_new_tokens, "Longest answer in tokens.")
      .within(at_least(1))
      .also("max_completion_length")
      .also("response_length");
  options.add("seed", config.answers.seed, "Seed of the samples.");
}

// What was measured by what, as given: a result outlives the memory of its command line.
Json settings_json(const EvalConfig& config, const std::string& model) {
  Json settings = {
      {"model", model},
      {"dataset", config.dataset.size() == 1 ? Json(config.dataset.front()) : Json(config.dataset)}};
  const std::pair<const char*, const std::string&> named[] = {
      {"baseline", config.baseline},
      {"reference", config.reference},
      {"judge", config.judge},
      {"proxy", config.proxy},
      {"perplexity_dataset", config.perplexity_dataset}};
  for (const auto& [name, value] : named) {
    if (!value.empty()) settings[name] = value;
  }
  settings["limit"] = config.limit;
  settings["max_new_tokens"] = config.answers.max_new_tokens;
  settings["seed"] = config.answers.seed;
  return settings;
}

double words(const std::string& text) {
  std::istringstream stream(text);
  double count = 0;
  for (std::string word; stream >> word;) ++count;
  return count;
}

// The scores of what could be scored.
std::vector<double> known(std::vector<double> scores) {
  std::erase_if(scores, [](double score) { return std::isnan(score); });
  return scores;
}

// The mean of what the judge, or the proxy, could score; some it must.
Json mean_score(const std::vector<double>& scores, const char* scorer) {
  const std::vector<double> scored = known(scores);
  require(!scored.empty(), "eval: the {} could score none of the {} answers.", scorer, scores.size());
  return interval_json(mean_interval(scored));
}

// What can be said of answers without any judge.
void describe_form(const std::vector<Trajectory>& answers, Json& result) {
  std::vector<std::string> texts;
  std::vector<double> lengths;
  double ended = 0;
  for (const Trajectory& answer : answers) {
    texts.push_back(answer.completion);
    lengths.push_back(words(answer.completion));
    ended += answer.ended;
  }
  const auto n = static_cast<std::int64_t>(answers.size());
  result["prompts"] = n;
  result["length_words"] = interval_json(mean_interval(lengths));
  result["ended"] = interval_json(wilson_interval(ended, n));
  result["distinct"] = distinct_share(texts);
}

// The answers word by word, each with what was measured of it.
Json texts_json(const std::vector<Trajectory>& answers,
                const std::map<std::string, std::vector<double>>& measured, std::int64_t count) {
  Json texts = Json::array();
  for (std::size_t i = 0; i < answers.size() && static_cast<std::int64_t>(i) < count; ++i) {
    Json text = {{"prompt", answers[i].prompt.question()},
                 {"answer", answers[i].completion},
                 {"ended", answers[i].ended},
                 {"words", words(answers[i].completion)}};
    for (const auto& [name, values] : measured) text[name] = values[i];
    texts.push_back(std::move(text));
  }
  return texts;
}

// What every model is compared with, answered and scored once.
class BaselineModel {
 public:
  BaselineModel(const EvalConfig& config, const std::vector<Prompt>& prompts) {
    const LoadedModel model =
        reading_as(config.datasets, read_language_model(config.baseline, config.models));
    const auto judge = reward_named(config.judge, config.datasets, config.models, model.tokenizer.get());
    scores_ = scores_of(answer(*model.model, model.format, prompts, config.answers), *judge);
  }

  // The judge's view of both; where it has none of either, they are left out.
  void compare(const std::vector<double>& scores, Json& result) const {
    std::vector<double> ours, others, gains;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double gain = scores[i] - scores_[i];
      if (std::isnan(gain)) continue;
      ours.push_back(scores[i]), others.push_back(scores_[i]), gains.push_back(gain);
    }
    require(!gains.empty(),
            "eval: there is no prompt of {} of which the judge could score both models' answers.",
            scores.size());
    result["win_rate"] = interval_json(win_rate(ours, others));
    result["judge_gain"] = interval_json(mean_interval(gains));
  }

 private:
  std::vector<double> scores_;
};

// Documents are parted as in pretraining: by <|endoftext|> where the vocabulary has it, since a chat model's
// own end token is another.
ChatFormat document_format(const LoadedModel& loaded) {
  constexpr const char* kDocumentEnd = "<|endoftext|>";
  if (!loaded.tokenizer->id_of(kDocumentEnd)) return loaded.format;
  return ChatFormat(loaded.tokenizer->with_chat(loaded.tokenizer->chat_template(), kDocumentEnd));
}

// What one model's answers show.
Json evaluated(const EvalConfig& config, const std::string& model, const std::vector<Prompt>& prompts,
               const BaselineModel* baseline) {
  const LoadedModel loaded = reading_as(config.datasets, read_language_model(model, config.models));
  const std::vector<Trajectory> answers = answer(*loaded.model, loaded.format, prompts, config.answers);
  Json result = Json::object();
  result["settings"] = settings_json(config, model);
  result["temperature"] = config.answers.temperature;
  describe_form(answers, result);

  std::map<std::string, std::vector<double>> measured;
  std::vector<double>& scores = measured["score"];
  if (!config.judge.empty()) {
    const auto judge = reward_named(config.judge, config.datasets, config.models, loaded.tokenizer.get());
    scores = scores_of(answers, *judge);
    result["judge"] = mean_score(scores, "judge");
    result["unscorable"] = scores.size() - known(scores).size();
    if (config.judge == "world") result["world"] = world::breakdown(answers);
  }
  if (baseline != nullptr) baseline->compare(scores, result);
  if (!config.proxy.empty()) {
    const auto proxy = reward_named(config.proxy, config.datasets, config.models, loaded.tokenizer.get());
    const std::vector<double>& proxies = measured["proxy"] = scores_of(answers, *proxy);
    result["proxy"] = mean_score(proxies, "proxy");
    std::vector<double> lengths;
    for (const Trajectory& answer : answers) lengths.push_back(words(answer.completion));
    result["proxy_length_correlation"] = pearson(lengths, proxies);
  }
  if (!config.reference.empty()) {
    const LoadedModel reference = read_language_model(config.reference, config.models);
    require_same_tokenizer(loaded, "--model", reference, "--reference");
    result["kl"] =
        interval_json(mean_interval(sequence_kl(answers, *reference.model, config.answers.temperature)));
  }
  if (!config.perplexity_dataset.empty()) {
    const std::int64_t length = std::min<std::int64_t>(256, loaded.model->config().context());
    Dataset documents = Dataset::read(config.perplexity_dataset);
    const auto pieces = wrapped_examples(documents, document_format(loaded), length);
    settle(documents, "eval", config.datasets);
    result["perplexity"] = std::exp(mean_nll(*loaded.model, pieces, 4096));
  }
  if (scores.empty()) measured.erase("score");
  result["texts"] = texts_json(answers, measured, config.texts);
  return result;
}

}  // namespace

int run_eval(std::span<const std::string> arguments) {
  EvalConfig config;
  Options options("eval", "Measures models: judge, win rate, KL, length, diversity, forgetting.");
  declare(options, config);
  options.start_with(
      {"model", "baseline", "judge"},
      "nudge eval --model runs/dpo runs/ppo --baseline runs/sft --judge runs/reward --dataset prompts.jsonl");
  if (!options.parse(arguments)) return 0;
  if (config.model.empty()) throw UsageError("--model is missing; see nudge eval --help.");
  require(config.baseline.empty() || !config.judge.empty(),
          "eval: --baseline needs a --judge to compare by.");

  require(!config.model.empty(), "eval: give at least one --model.");
  const ChatFormat first =
      reading_as(config.datasets, ChatFormat(config.models.tokenizer_in(model_folder(config.model.front()))));
  const std::vector<Prompt> prompts = read_prompts(Dataset::read(config.dataset, config.datasets.split),
                                                   config.limit, config.datasets, &first);
  std::unique_ptr<const BaselineModel> baseline;
  if (!config.baseline.empty()) baseline = std::make_unique<BaselineModel>(config, prompts);
  std::vector<Json> results;
  for (const std::string& model : config.model)
    results.push_back(evaluated(config, model, prompts, baseline.get()));

  const Json written = results.size() == 1 ? results.front() : Json(results);
  if (!config.output.empty()) write_file(config.output, to_pretty(written));
  fmt::print("{}\n", evaluations_text(written));
  return 0;
}

}  // namespace nudge
