#include "algorithms/sft.h"

#include <utility>

#include "assembly/loaded_model.h"
#include "assembly/lora.h"
#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"
#include "data/dataset_files.h"
#include "data/dataset_options.h"
#include "data/examples.h"
#include "data/record_keys.h"
#include "data/records_file.h"
#include "data/streaming.h"
#include "objectives/program.h"

namespace nudge {
namespace {

struct SftCommand {
  std::string model;
  std::vector<std::string> dataset, eval_dataset;
  double eval_share = 0;
  std::string eos_token;
  Program compat = Program::none;
  ExampleOptions examples{.max_length = 0};  // what the model takes
  DatasetOptions datasets;
  ModelOptions models;
  StreamingOptions streaming;
  SftOptions training;
  RunOptions run;
  LoraOptions lora;
};

std::vector<Preset<SftCommand>> sft_defaults_of(Program program) {
  if (program == Program::none) return {};
  return {{"compat trl (its defaults)", [](SftCommand& config) {
             config.examples.assistant_only_loss = false;
             config.examples.learn_behind_answer = true;
           }}};
}

void declare(Options& options, SftCommand& config) {
  options.require("model", config.model, "Model directory to start from.").shown_as("DIR");
  options
      .require("dataset", config.dataset,
               "Records with text, with prompt and completion, or with messages (JSON Lines, CSV ...: "
               "docs/datasets.md).")
      .shown_as("FILE");
  options.add("eval_dataset", config.eval_dataset, "Held-out records.").shown_as("FILE");
  options
      .add("eval_share", config.eval_share,
           "Without --eval_dataset: the share of the dataset, at its end, that is held out.")
      .within(from_below(0, 1));
  options
      .add("eos_token", config.eos_token,
           "Token that ends a turn when a template is added; must be in the vocabulary. Empty: <|im_end|> of "
           "ChatML, the tokenizer's own with a .jinja file.")
      .shown_as("TOKEN");
  options
      .add("max_length", config.examples.max_length,
           "Longer examples are cut at the end; 0: as many as the model takes, at most 1024.")
      .within(or_else(at_least(2), 0));
  options.add("completion_only_loss", config.examples.completion_only_loss,
              "Prompt-completion records: loss on the completion only.");
  options.add("assistant_only_loss", config.examples.assistant_only_loss,
              "Conversations: loss on the assistant's turns only.");
  options.add(
      "split_turns", config.examples.split_turns,
      "Conversations: an example for each turn of the assistant, as the last of its own conversation, for "
      "templates that render earlier turns otherwise.");
  declare_learn_behind_answer(options, config.examples.learn_behind_answer);
  options.choose(
      "compat", config.compat, {Program::none, Program::trl},
      "Whose defaults; trl: every token of a conversation is learned, and what stands behind its end.");
  options.presets<SftCommand>({"compat"}, config, [&config] { return sft_defaults_of(config.compat); });
  declare_with_model(options, config.datasets);
  declare(options, config.models);
  declare(options, config.run);
  options.nest(config.lora);
  options.nest(config.streaming);
  declare(options, config.training);
}

// What conversations are written by, where the model was given no template: ChatML, if its vocabulary has the
// token.
void give_template(LoadedModel& start, const SftCommand& config, bool conversational) {
  const std::string own = start.tokenizer->chat_template();
  const bool given = config.models.chat_template != "auto";
  if (given && !config.eos_token.empty()) return set_chat_template(start, own, config.eos_token);
  if (!own.empty() || given || !conversational) return name_ends(start);
  const std::string end = config.eos_token.empty() ? "<|im_end|>" : config.eos_token;
  if (start.tokenizer->id_of(end)) return set_chat_template(start, kChatMlTemplate, end);
  warn(fmt::format(
      "sft: the model has no chat template, and its vocabulary no {} for ChatML, so conversations "
      "are written as Human/Assistant transcripts.",
      end));
  name_ends(start);
}

// Whether any record is a conversation, by whatever name.
bool conversational(const Dataset& dataset) {
  bool any = false;
  dataset.each([&](const Json& record) {
    const std::string asked = column_in(record, prompt_columns());
    any = any || !column_in(record, conversation_columns()).empty() || asked == "instruction" ||
          (!asked.empty() && (record.at(asked).is_array() || !system_column(record).empty()));
  });
  return any;
}

// The examples of one file, and aloud what became of the rest.
std::vector<Example> examples_of(Dataset& dataset, const ChatFormat& format, const SftCommand& config) {
  auto [examples, left_out, cut] = training_examples(dataset, format, config.examples);
  settle(dataset, "sft", config.datasets);
  require(!examples.empty(), "sft: none of the {} records of {} can be learned from (--max_length {}): {}.",
          dataset.size(), dataset.name(), config.examples.max_length, reasons_text(left_out));
  for (const auto& [reason, count, first] : left_out)
    warn(fmt::format("sft: {} of {} records of {} {} and are left out; the first is {}.", count,
                     dataset.size(), dataset.name(), reason, first));
  if (cut > 0)
    warn(fmt::format("sft: {} of {} records of {} are cut at --max_length, so they do not teach to stop.",
                     cut, dataset.size(), dataset.name()));
  say_unused(dataset, DatasetUse::demonstrations, format, "sft");
  return examples;
}

}  // namespace

int run_sft(std::span<const std::string> arguments) {
  SftCommand config;
  Options options("sft", "Fine-tunes a language model on demonstrations.");
  declare(options, config);
  options.start_with({"learning_rate", "num_train_epochs"},
                     "nudge sft --model base --dataset demonstrations.jsonl --output_dir runs/sft");
  if (!options.parse(arguments)) return 0;

  LoadedModel start = load_policy(config.model, config.models, config.lora, config.run.seed);
  auto stream = streamed_records(config.streaming, config.dataset, config.datasets.split);
  require(!stream || !config.examples.split_turns,
          "sft: --split_turns makes several examples of a record, and a streamed dataset is read one by one; "
          "give "
          "--no_split_turns, or --stream_above 0 if it fits into memory.");
  Dataset demonstrations = stream ? stream->head() : Dataset::read(config.dataset, config.datasets.split);
  settle_max_length(start, config.examples.max_length);
  give_template(start, config, conversational(demonstrations));
  const ChatFormat format = reading_as(config.datasets, start.format);

  const BatchOptions& batch = config.training.batch;
  SftData data;
  if (!stream) data.train = examples_of(demonstrations, format, config);
  if (!config.eval_dataset.empty()) {
    Dataset held_out = Dataset::read(config.eval_dataset, kHeldOut);
    data.eval = examples_of(held_out, format, config);
  } else if (config.eval_share > 0) {
    require(!stream,
            "sft: --eval_share needs all examples before the first step, and {} is streamed; give "
            "--eval_dataset.",
            Dataset::name_of(config.dataset));
    const auto kept =
        static_cast<std::ptrdiff_t>(static_cast<double>(data.train.size()) * (1 - config.eval_share));
    require(kept > 0, "sft: --eval_share {} leaves nothing to train on.", config.eval_share);
    data.eval.assign(data.train.begin() + kept, data.train.end());
    data.train.resize(static_cast<std::size_t>(kept));
  }

  return train_in_run(
      config.run, options,
      [&](Run& run) {
        if (!stream) {
          say(fmt::format("sft: {} examples, {} held out.", data.train.size(), data.eval.size()));
          return train_sft(*start.model, format, std::move(data), config.training, config.run, run);
        }
        say_unused(demonstrations, DatasetUse::demonstrations, format, "sft");
        const auto train =
            streamed_examples(config.streaming, std::move(stream), {format, config.examples, config.datasets},
                              batch.max_steps, batch.per_step(), config.run.seed);
        return train_sft(*start.model, format, *train, data.eval, config.training, config.run, run);
      },
      after_sft(config.run.output_dir));
}

}  // namespace nudge
