#include "cli/loaded_model.h"

#include "base/error.h"
#include "base/progress.h"
#include "model/checkpoint.h"

namespace nudge {
namespace {

LoadedModel load(const std::filesystem::path& given, Head head, const char* wanted) {
  const std::filesystem::path folder = model_folder(given);
  auto tokenizer = Tokenizer::load(folder);
  auto model = load_model(folder);
  require(model->config().head == head, "{}: expected {}, but config.json describes the other kind of head.",
          folder.string(), wanted);
  require(tokenizer->vocab_size() <= model->config().vocab_size,
          "{}: the tokenizer has {} tokens, the model only {}; they do not belong together.", folder.string(),
          tokenizer->vocab_size(), model->config().vocab_size);
  ChatFormat format(tokenizer);
  return {std::move(model), tokenizer, std::move(format)};
}

}  // namespace

std::filesystem::path model_folder(const std::filesystem::path& folder) {
  if (!exists(folder / "config.json") && exists(folder / "final" / "config.json")) return folder / "final";
  require(exists(folder), "{}: no such model directory.", folder.string());
  return folder;
}

LoadedModel load_language_model(const std::filesystem::path& folder) {
  return load(folder, Head::language, "a language model (*ForCausalLM)");
}

LoadedModel load_scalar_model(const std::filesystem::path& folder) {
  LoadedModel loaded = load(folder, Head::scalar, "a reward model (*ForSequenceClassification)");
  require(loaded.model->config().heads() == 1,
          "{}: expected a reward model with one score, and this one has {}; combine them where a --reward is "
          "taken, as in model,combine=mean:{}.",
          folder.string(), loaded.model->config().heads(), folder.string());
  return loaded;
}

void require_context(const LoadedModel& loaded, std::int64_t max_length) {
  const std::int64_t context = loaded.model->config().max_position_embeddings;
  require(max_length <= context,
          "--max_length {} exceeds the model's context of {} tokens; give that or less.", max_length,
          context);
}

void warn_without_template(const LoadedModel& loaded) {
  if (!loaded.tokenizer->chat_template().empty()) return;
  warn(
      "the model has no chat template, so turns are written as a Human/Assistant transcript; fine-tune it on "
      "conversations with `nudge sft` to give it one.");
}

void require_same_tokenizer(const LoadedModel& first, const std::string& first_name,
                            const LoadedModel& second, const std::string& second_name) {
  require(first.tokenizer->fingerprint() == second.tokenizer->fingerprint(),
          "{} and {} have different tokenizers, so they cannot score the same token ids; use models of one "
          "family.",
          first_name, second_name);
}

}  // namespace nudge
