#include "text/tokenizer.h"

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/output_folder.h"
#include "data/dataset.h"
#include "data/dataset_options.h"
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
  options.add("input", config.input, "Files to learn from: JSON Lines with a column text, or plain text.")
      .shown_as("FILE");
  options.require("output_dir", config.output_dir, "Directory to write.").shown_as("DIR");
  options
      .add("vocab_size", config.trainer.vocab_size, "Tokens in all, special ones and the 256 bytes included.")
      .within(between(257, 1e7));
  options.add("min_frequency", config.trainer.min_frequency, "A merge must occur this often.")
      .within(at_least(1));
  options
      .add("special_tokens", config.trainer.special_tokens,
           "Tokens that no text can spell, by id from 0; the first ends a text.")
      .shown_as("TOKEN");
}

std::vector<std::string> documents_of(const std::vector<std::string>& files) {
  std::vector<std::string> documents;
  for (const std::string& file : files) {
    Dataset dataset = Dataset::read(file);
    dataset.each([&](const Json& record, const std::string& where) {
      documents.push_back(get<std::string>(record, "text", where));
    });
    settle(dataset, "tokenizer train");
  }
  return documents;
}

struct TokenizerEncodeConfig {
  std::string tokenizer, text, input;
  bool add_special_tokens = false;
};

void declare(Options& options, TokenizerEncodeConfig& config) {
  options
      .require("tokenizer", config.tokenizer,
               "Directory of a tokenizer or a model, or a tokenizer.json itself.")
      .shown_as("DIR");
  options.add("text", config.text, "The text, encoded as one piece.").shown_as("TEXT");
  options.add("input", config.input, "Instead of it: a file of UTF-8 text, encoded as one piece.")
      .shown_as("FILE");
  options.add(
      "add_special_tokens", config.add_special_tokens,
      "With what the tokenizer's post-processor puts around a plain text, such as BOS; off: the ids of "
      "the text alone, as of a rendered chat template.");
}

// What is shown, where the tokenizer would show two things.
void say_which(const Tokenizer& tokenizer, bool with_frame) {
  const auto& [before, behind] = tokenizer.frame();
  if (before.empty() && behind.empty()) return;
  const auto names = [&](const std::vector<TokenId>& ids) {
    std::string all = ids.empty() ? "nothing" : "";
    for (const TokenId id : ids) all += tokenizer.token(id);
    return all;
  };
  say(
      fmt::format("tokenizer: the ids of the text {}: its post-processor puts {} before a plain text and {} "
                  "behind it{}.",
                  with_frame ? "and what stands around it" : "alone", names(before), names(behind),
                  with_frame ? "" : " (--add_special_tokens shows them)"));
}

}  // namespace

int run_tokenizer_encode(std::span<const std::string> arguments) {
  TokenizerEncodeConfig config;
  Options options(
      "tokenizer encode",
      "Prints the token ids of a text, one a line, as the tokenizers library gives them; names of "
      "special tokens in it are those tokens.");
  declare(options, config);
  options.start_with({"text", "input"}, "nudge tokenizer encode --tokenizer runs/sft --text \"Hello!\"");
  if (!options.parse(arguments)) return 0;

  if (config.text.empty() == config.input.empty())
    throw UsageError("tokenizer encode: give the text (--text) or its file (--input), one of them.");
  const auto tokenizer = Tokenizer::load(config.tokenizer);
  std::vector<TokenId> ids =
      tokenizer->encode_with_specials(config.input.empty() ? config.text : read_text(config.input));
  say_which(*tokenizer, config.add_special_tokens);
  if (config.add_special_tokens) {
    const auto& [before, behind] = tokenizer->frame();
    ids.insert(ids.begin(), before.begin(), before.end());
    ids.insert(ids.end(), behind.begin(), behind.end());
  }
  std::string lines;
  for (const TokenId id : ids) lines += fmt::format("{}\n", id);
  fmt::print("{}", lines);
  return 0;
}

int run_tokenizer_train(std::span<const std::string> arguments) {
  TokenizerTrainConfig config;
  Options options("tokenizer train", "Learns a byte-level BPE tokenizer from text.");
  declare(options, config);
  options.start_with({"input", "vocab_size"},
                     "nudge tokenizer train --input corpus.jsonl --output_dir runs/tokenizer");
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
