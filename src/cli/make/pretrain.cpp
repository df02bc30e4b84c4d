#include <utility>

#include "algorithms/sft.h"
#include "assembly/compute_options.h"
#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"
#include "data/dataset_files.h"
#include "data/dataset_options.h"
#include "model/config.h"

namespace nudge {
namespace {

struct PretrainConfig {
  std::string tokenizer;
  std::vector<std::string> dataset, eval_dataset;
  std::int64_t max_length = 256;
  ModelConfig model;
  SftOptions training = pretraining();
  DatasetOptions datasets;
  RunOptions run;
  ComputeOptions compute;
};

void declare(Options& options, PretrainConfig& config) {
  options
      .require("tokenizer", config.tokenizer,
               "Directory of a tokenizer (from `nudge tokenizer train`) or a model.")
      .shown_as("DIR");
  options.require("dataset", config.dataset, "Documents: JSON Lines with a column text, or plain text.")
      .shown_as("FILE");
  options.add("eval_dataset", config.eval_dataset, "Held-out documents.").shown_as("FILE");
  options.add("max_length", config.max_length, "Tokens in each training sequence.").within(at_least(2));
  declare(options, config.datasets);
  declare(options, config.run);
  declare(options, config.compute);
  options.section("Model (Llama family)");
  options.add("hidden_size", config.model.hidden_size, "Width of the residual stream.")
      .within(between(1, 65536));
  options.add("intermediate_size", config.model.intermediate_size, "Width of the gated feed-forward layers.")
      .within(between(1, 1e7));
  options.add("num_hidden_layers", config.model.num_hidden_layers, "Layers.").within(between(1, 1000));
  options.add("num_attention_heads", config.model.num_attention_heads, "Query heads.")
      .within(between(1, 65536));
  options.add("num_key_value_heads", config.model.num_key_value_heads, "Key and value heads.")
      .within(between(1, 65536));
  options.add("max_position_embeddings", config.model.max_position_embeddings, "Longest context in tokens.")
      .within(between(1, 1e7));
  options.add("rope_theta", config.model.rotary.full.theta, "Base of the rotary frequencies.")
      .within(above(0));
  options.add("tie_word_embeddings", config.model.tie_word_embeddings,
              "Share the embedding with the output layer.");
  options.add("initializer_range", config.model.initializer_range, "Standard deviation of fresh weights.")
      .within(above(0));
  declare(options, config.training);
}

}  // namespace

int run_pretrain(std::span<const std::string> arguments) {
  PretrainConfig config;
  Options options("pretrain", "Trains a language model from scratch on documents.");
  declare(options, config);
  options.start_with(
      {"learning_rate", "num_train_epochs"},
      "nudge pretrain --tokenizer runs/tokenizer --dataset corpus.jsonl --output_dir runs/base");
  if (!options.parse(arguments)) return 0;

  const auto tokenizer = Tokenizer::load(config.tokenizer);
  const ChatFormat format(tokenizer);
  ModelConfig& shape = config.model;
  require(shape.hidden_size % shape.num_attention_heads == 0,
          "pretrain: --hidden_size {} is not a multiple of --num_attention_heads {}.", shape.hidden_size,
          shape.num_attention_heads);
  require(config.max_length <= shape.max_position_embeddings,
          "pretrain: --max_length {} exceeds --max_position_embeddings {}.", config.max_length,
          shape.max_position_embeddings);
  shape.vocab_size = tokenizer->vocab_size();
  shape.head_dim = shape.hidden_size / shape.num_attention_heads;
  shape.eos_token_ids = {format.stop_token()};
  shape.bos_token_id = tokenizer->bos();
  shape.pad_token_id = tokenizer->pad();
  settle(config.compute, [&] { return shape.matmul_weights(); });
  shape.precision = config.compute.precision();
  parse_config(config_json(shape), "pretrain");  // what no reader of the model would take is not trained

  SftData data;
  const auto pieces_of = [&](const std::vector<std::string>& files, const std::string& split) {
    Dataset documents = Dataset::read(files, split);
    std::vector<Example> pieces = wrapped_examples(documents, format, config.max_length);
    settle(documents, "pretrain", config.datasets);
    return pieces;
  };
  data.train = pieces_of(config.dataset, config.datasets.split);
  if (!config.eval_dataset.empty()) data.eval = pieces_of(config.eval_dataset, kHeldOut);

  return train_in_run(
      config.run, options,
      [&](Run& run) {
        Decoder model(shape, config.run.seed);
        say(fmt::format("pretrain: {} sequences of {} tokens, {} parameters.", data.train.size(),
                        config.max_length, model.parameters().count()));
        return train_sft(model, format, std::move(data), config.training, config.run, run);
      },
      after_pretraining(config.run.output_dir));
}

}  // namespace nudge
