#include "algorithms/sft.h"

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/loaded_model.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"
#include "data/records_file.h"

namespace nudge {
namespace {

struct SftCommand {
  std::string model, dataset, eval_dataset;
  double eval_share = 0;
  std::string chat_template = "auto";
  std::string eos_token = "<|im_end|>";
  ExampleOptions examples{.max_length = 0};  // what the model takes
  SftConfig training;
  RunOptions run;
};

void declare(Options& options, SftCommand& config) {
  options.require("model", config.model, "Model directory to start from.").shown_as("DIR");
  options
      .require("dataset", config.dataset,
               "Records with text, with prompt and completion, or with messages (JSON Lines).")
      .shown_as("FILE");
  options.add("eval_dataset", config.eval_dataset, "Held-out records.").shown_as("FILE");
  options
      .add("eval_share", config.eval_share,
           "Without --eval_dataset: the share of the dataset, at its end, that is held out.")
      .within(from_below(0, 1));
  options
      .add("chat_template", config.chat_template,
           "auto (the model's own, or ChatML when it has none), chatml, or a .jinja file.")
      .shown_as("TEMPLATE");
  options
      .add("eos_token", config.eos_token,
           "Token that ends a turn when a template is added; must be in the vocabulary.")
      .shown_as("TOKEN");
  options
      .add("max_length", config.examples.max_length,
           "Longer examples are cut at the end; 0: as many as the model takes, at most 1024.")
      .within(or_else(at_least(2), 0));
  options.add("completion_only_loss", config.examples.completion_only_loss,
              "Prompt-completion records: loss on the completion only.");
  options.add("assistant_only_loss", config.examples.assistant_only_loss,
              "Conversations: loss on the assistant's turns only.");
  declare(options, config.run);
  declare(options, config.training);
}

// The model's own template unless another is asked for or a conversation needs one.
std::shared_ptr<const Tokenizer> with_template(std::shared_ptr<const Tokenizer> tokenizer,
                                               const SftCommand& config, bool conversational) {
  std::string source;
  if (config.chat_template == "auto") {
    if (!tokenizer->chat_template().empty() || !conversational) return tokenizer;
    source = kChatMlTemplate;
  } else {
    source =
        config.chat_template == "chatml" ? std::string(kChatMlTemplate) : read_text(config.chat_template);
  }
  return tokenizer->with_chat(source, config.eos_token);
}

bool conversational(const Json& record) {
  return record.contains("messages") || record.contains("conversations") ||
         (record.contains("prompt") && record["prompt"].is_array());
}

// The examples of one file, and aloud what --max_length took from them.
std::vector<Example> examples_of(const std::vector<Json>& records, const std::string& file,
                                 const ChatFormat& format, const ExampleOptions& options) {
  TooLong too_long;
  std::vector<Example> examples = training_examples(records, format, options, &too_long);
  require(!examples.empty(),
          "sft: none of the {} records of {} has a target token within --max_length {}; raise it.",
          records.size(), file, options.max_length);
  if (too_long.left_out > 0)
    warn(fmt::format("sft: {} of {} records of {} have no target token within --max_length and are left out.",
                     too_long.left_out, records.size(), file));
  if (too_long.cut > 0)
    warn(fmt::format("sft: {} of {} records of {} are cut at --max_length, so they do not teach to stop.",
                     too_long.cut, records.size(), file));
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
  check(config.training);

  LoadedModel start = load_language_model(config.model);
  const std::vector<Json> records = read_records(config.dataset);
  settle_max_length(start, config.examples.max_length);
  const ChatFormat format(with_template(start.tokenizer, config, conversational(records.front())));
  start.model->config().eos_token_id = format.stop_token();

  SftData data;
  data.train = examples_of(records, config.dataset, format, config.examples);
  if (!config.eval_dataset.empty()) {
    data.eval = examples_of(read_records(config.eval_dataset), config.eval_dataset, format, config.examples);
  } else if (config.eval_share > 0) {
    const auto kept =
        static_cast<std::ptrdiff_t>(static_cast<double>(data.train.size()) * (1 - config.eval_share));
    require(kept > 0, "sft: --eval_share {} leaves nothing to train on.", config.eval_share);
    data.eval.assign(data.train.begin() + kept, data.train.end());
    data.train.resize(static_cast<std::size_t>(kept));
  }

  return train_in_run(
      config.run, options,
      [&](Run& run) {
        say(fmt::format("sft: {} examples, {} held out.", data.train.size(), data.eval.size()));
        return train_sft(*start.model, format, data, config.training, config.run, run);
      },
      after_sft(config.run.output_dir));
}

}  // namespace nudge
