#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <string>
#include <vector>

#include "assembly/loaded_model.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "data/dataset_options.h"
#include "data/messages.h"
#include "data/record_keys.h"
#include "data/records_file.h"
#include "rollout/collector.h"

namespace nudge {
namespace {

struct SampleConfig {
  std::string model, output;
  std::vector<std::string> dataset;
  std::vector<std::string> prompt;
  bool apply_chat_template = false;
  std::int64_t limit = 0;
  std::int64_t batch_size = 64;
  DatasetOptions datasets;
  ModelOptions models;
  SamplingOptions sampling;
};

/// A prompt, and the record it came from: its columns go to the output.
struct Source {
  Prompt prompt;
  Json record = Json::object();
};

void declare(Options& options, SampleConfig& config) {
  options.require("model", config.model, "Model directory, or a run whose final model is used.")
      .shown_as("DIR");
  options.section("Prompts");
  options
      .add("dataset", config.dataset,
           "File of prompts: JSON Lines with prompt, messages, or preference pairs.")
      .shown_as("FILE");
  options.add("prompt", config.prompt, "Prompts given right here, instead of a dataset.");
  options.add(
      "apply_chat_template", config.apply_chat_template,
      "Put plain prompts into the model's chat template as one user message; off: the model continues "
      "the text.");
  options.add("limit", config.limit, "Use only the first so many prompts; 0: all.").within(at_least(0));
  declare_with_model(options, config.datasets);
  declare(options, config.models);
  options.section("Sampling");
  SamplingOptions& sampling = config.sampling;
  options.add("num_generations", sampling.num_generations, "Completions of each prompt.")
      .within(between(1, SamplingOptions::kMostGenerations));
  declare_drawing(options, sampling);
  options.add("max_new_tokens", sampling.max_new_tokens, "Longest completion, in tokens.")
      .within(at_least(1))
      .also("max_completion_length")
      .also("response_length");
  options.add("seed", sampling.seed, "Seed; the same seed gives the same completions at any batch_size.");
  options.add("batch_size", config.batch_size, "Sequences decoded at once.").within(between(1, 65536));
  options.section("Output");
  options.add("output", config.output, "JSON Lines file, one line a prompt; empty: stdout.").shown_as("FILE");
}

// A record's prompt, or that of its preference pair where it holds one inside both sides.
std::vector<Source> sources_of(const Json& record, const std::string& where) {
  const bool pair = record.contains("chosen") && column_in(record, prompt_columns()).empty() &&
                    column_in(record, conversation_columns()).empty();
  std::vector<Source> sources;
  if (!pair) {
    sources.push_back({prompt_of(record, where), record});
    return sources;
  }
  PairsRead read;
  read_pair(record, where, read);
  for (PreferencePair& each : read.pairs) {
    Json written = pair_record(each);
    sources.push_back({std::move(each.prompt), std::move(written)});
  }
  return sources;
}

std::vector<Source> read_sources(const SampleConfig& config, const ChatFormat& format) {
  std::vector<Source> sources;
  for (const std::string& text : config.prompt)
    if (config.limit == 0 || std::ssize(sources) < config.limit)
      sources.push_back({{.id = text, .text = text}, {}});
  if (config.dataset.empty()) return sources;
  Dataset dataset = Dataset::read(config.dataset, config.datasets.split);
  refuse_unwritable(dataset, format);
  dataset.each([&](const Json& record, const std::string& where) {
    if (config.limit > 0 && std::ssize(sources) >= config.limit) return;
    std::ranges::move(sources_of(record, where), std::back_inserter(sources));
  });
  settle(dataset, "sample", config.datasets);
  say_unused(dataset, DatasetUse::prompts, format, "sample");
  return sources;
}

/// The double that prints as briefly as the float does and reads back to it.
double shortest(float value) {
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, value);
  double result = value;
  std::from_chars(text, written.ptr, result);
  return result;
}

Json completion_json(const Trajectory& trajectory, const std::string& model) {
  Json logprobs = Json::array();
  for (const float logprob : trajectory.logprobs) logprobs.push_back(shortest(logprob));
  return {{"text", trajectory.completion},
          {"model", model},
          {"tokens", trajectory.completion_tokens},
          {"logprobs", std::move(logprobs)},
          {"ended", trajectory.ended}};
}

std::string output_line(const Source& source, std::span<const Trajectory> completions,
                        const std::string& model) {
  Json line = {{"prompt", prompt_json(source.prompt)}};
  const std::vector<std::string> used = prompt_columns_of(source.record);
  for (const auto& [column, value] : source.record.items()) {
    const bool made_of =
        used.size() > 1 && std::ranges::find(used, column) != used.end();  // instruction, system ...
    if (column != "prompt" && column != "completions" && !made_of) line[column] = value;
  }
  line["completions"] = Json::array();
  for (const Trajectory& trajectory : completions)
    line["completions"].push_back(completion_json(trajectory, model));
  return to_line(line) + "\n";
}

std::vector<Trajectory> sample(const SampleConfig& config, const LoadedModel& loaded,
                               const std::vector<Source>& sources) {
  Engine engine(*loaded.model, config.batch_size);
  std::vector<Prompt> prompts;
  bool conversational = false;
  for (const Source& source : sources) {
    prompts.push_back(source.prompt);
    conversational |= source.prompt.conversational();
  }
  if (conversational) warn_without_template(loaded);
  say_without_turns(loaded, prompts, "To ask it as a user would, say --apply_chat_template.");

  const auto total = static_cast<std::int64_t>(prompts.size()) * config.sampling.num_generations;
  Progress progress("sample", total, "completion");
  const double started = now_seconds();
  const auto on_done = [&](std::int64_t done) {
    if (interrupt_requested()) throw Interrupted("interrupted; nothing was written.");
    Metrics numbers;
    numbers.set("tokens/s",
                std::round(static_cast<double>(engine.sampled_tokens()) / (now_seconds() - started)));
    progress.update(done, numbers);
  };
  return collect(prompts, loaded.format, engine, config.sampling, nullptr, 0, on_done);
}

}  // namespace

int run_sample(std::span<const std::string> arguments) {
  SampleConfig config;
  Options options("sample", "Samples completions of prompts from a model, with their log-probabilities.");
  declare(options, config);
  options.start_with(
      {"dataset", "prompt", "num_generations", "output"},
      "nudge sample --model runs/sft --dataset prompts.jsonl --num_generations 4 --output candidates.jsonl");
  if (!options.parse(arguments)) return 0;
  watch_interrupts();

  if (config.dataset.empty() == config.prompt.empty()) {
    throw UsageError("give either --dataset FILE or --prompt TEXT, one of the two.");
  }
  const LoadedModel loaded = reading_as(config.datasets, read_language_model(config.model, config.models));
  std::vector<Source> sources = read_sources(config, loaded.format);
  for (Source& source : sources) {
    if (config.apply_chat_template && !source.prompt.conversational()) {
      source.prompt.messages = {{"user", std::exchange(source.prompt.text, "")}};
    }
  }

  const std::vector<Trajectory> trajectories = sample(config, loaded, sources);
  const auto generations = static_cast<std::size_t>(config.sampling.num_generations);
  std::string lines;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    lines +=
        output_line(sources[i], std::span(trajectories).subspan(i * generations, generations), config.model);
  }
  if (!config.output.empty()) {
    write_file(config.output, lines);
  } else {
    std::fwrite(lines.data(), 1, lines.size(), stdout);
  }
  return 0;
}

}  // namespace nudge
