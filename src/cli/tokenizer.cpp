#include "text/tokenizer.h"

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/output_folder.h"
#include "data/records_file.h"
#include "text/bpe_trainer.h"
#include "text/tokenizer_config.h"

namespace nudge {
namespace {

struct TokenizerTrainConfig {
  std::vector<std::string> input;
  std::string output_dir;
  BpeTrainerOptions trainer;
};

void declare(Options& options, TokenizerTrainConfig& config) {
  options.add("input", config.input, "Files to learn from: JSON Lines with a column text, or plain text.");
  options.require("output_dir", config.output_dir, "Directory to write.");
  options.add("vocab_size", config.trainer.vocab_size,
              "Tokens in all, special ones and the 256 bytes included.");
  options.add("min_frequency", config.trainer.min_frequency, "A merge must occur this often.");
  options.add("special_tokens", config.trainer.special_tokens,
              "Tokens that no text can spell, by id from 0; the first ends a text.");
}

std::vector<std::string> documents_of(const std::vector<std::string>& files) {
  std::vector<std::string> documents;
  for (const std::string& file : files)
    for (const Json& record : read_records(file)) documents.push_back(get<std::string>(record, "text", file));
  return documents;
}

struct TokenizerEncodeConfig {
  std::string tokenizer, input;
};

void declare(Options& options, TokenizerEncodeConfig& config) {
  options.require("tokenizer", config.tokenizer,
                  "Directory of a tokenizer or a model, or a tokenizer.json itself.");
  options.require("input", config.input, "UTF-8 text, encoded as one piece.");
}

}  // namespace

int run_tokenizer_encode(std::span<const std::string> arguments) {
  TokenizerEncodeConfig config;
  Options options("tokenizer encode",
                  "Prints the token ids of a text, one a line, as the tokenizers library gives them.");
  declare(options, config);
  if (!options.parse(arguments)) return 0;

  const auto tokenizer = Tokenizer::load(config.tokenizer);
  std::string lines;
  for (const TokenId id : tokenizer->encode_with_specials(read_text(config.input)))
    lines += fmt::format("{}\n", id);
  fmt::print("{}", lines);
  return 0;
}

int run_tokenizer_train(std::span<const std::string> arguments) {
  TokenizerTrainConfig config;
  Options options("tokenizer train", "Learns a byte-level BPE tokenizer from text.");
  declare(options, config);
  if (!options.parse(arguments)) return 0;
  if (config.input.empty()) throw UsageError("--input names no file.");
  if (config.trainer.special_tokens.empty())
    throw UsageError("--special_tokens needs at least one token, the one that ends a text.");

  std::vector<std::string> documents = documents_of(config.input);
  std::size_t bytes = 0;
  for (const std::string& document : documents) bytes += document.size();
  auto specials = static_cast<std::int64_t>(config.trainer.special_tokens.size());
  Progress progress("tokenizer", config.trainer.vocab_size - 256 - specials, "merge");
  std::string tokenizer =
      train_bpe(documents, config.trainer, [&](std::int64_t merges) { progress.update(merges); });
  progress.finish();

  AtomicDirectory directory(config.output_dir);
  write_file(directory.path() / "tokenizer.json", tokenizer);
  TokenizerConfig{.eos_token = config.trainer.special_tokens.front()}.write(directory.path());
  auto trained = Tokenizer::load(directory.path());
  require_replaceable(config.output_dir, directory.path());
  directory.commit();
  say(fmt::format("tokenizer: {} tokens learned from {} documents ({:.1f} MB), written to {}.",
                  trained->vocab_size(), documents.size(), static_cast<double>(bytes) / 1e6,
                  config.output_dir));
  return 0;
}

}  // namespace nudge
