#include "assembly/loaded_model.h"

#include <algorithm>

#include "assembly/gguf_import.h"
#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "data/hub_hint.h"
#include "model/bases.h"
#include "model/checkpoint.h"
#include "model/config.h"
#include "model/peft.h"

namespace nudge {
namespace {

/// Added tokens may lie beyond the embeddings (Gemma 3's <image_soft_token>, a [PAD] that nothing learned):
/// where one of them is to be embedded, the model says so.
void require_fit(const Tokenizer& tokenizer, std::int64_t model, const std::string& folder) {
  bool fits = true;
  for (std::int64_t id = model; id < tokenizer.vocab_size(); ++id)
    fits = fits && tokenizer.is_added(static_cast<TokenId>(id));
  require(fits, "{}: the tokenizer has {} tokens, the model only {}; they do not belong together.", folder,
          tokenizer.vocab_size(), model);
}

using Loader = std::unique_ptr<Decoder>(const std::filesystem::path&, const Reading&);

LoadedModel load(const std::filesystem::path& given, const ModelOptions& models, Loader& loader, Head head,
                 const char* wanted) {
  const std::filesystem::path folder = model_folder(given);
  auto tokenizer = models.tokenizer_in(folder);
  auto model = loader(folder, models.reading_of(folder));
  require(model->config().head == head, "{}: expected {}, but config.json describes the other kind of head.",
          folder.string(), wanted);
  require_fit(*tokenizer, model->config().vocab_size, folder.string());
  ChatFormat format(tokenizer);
  return {std::move(model), tokenizer, std::move(format)};
}

LoadedModel load_language(const std::filesystem::path& folder, const ModelOptions& models, Loader& loader) {
  LoadedModel loaded = load(folder, models, loader, Head::language, "a language model (*ForCausalLM)");
  if (models.chat_template != "auto") name_ends(loaded);
  return loaded;
}

LoadedModel load_scalar(const std::filesystem::path& folder, const ModelOptions& models, Loader& loader) {
  LoadedModel loaded = load(folder, {.base = models.base, .compute = models.compute}, loader, Head::scalar,
                            "a reward model (*ForSequenceClassification)");
  require(!loaded.model->config().labels_tokens,
          "{}: expected a reward model, got a token classifier (*ForTokenClassification).", folder.string());
  require(
      loaded.model->config().heads() == 1,
      "{}: expected a reward model with one score, and config.json names num_labels {} ({}); combine them "
      "where a --reward is taken, as in model,combine=mean:{}.",
      folder.string(), loaded.model->config().heads(), label_names(loaded.model->config()), folder.string());
  return loaded;
}

}  // namespace

std::filesystem::path tokenizer_folder(const std::filesystem::path& given) {
  require(exists(given), "{}: no such model directory.{}", given.string(), hub_hint(given, ""));
  refuse_gguf(given);
  const auto final = given / "final";
  return !holds_model(given) && holds_model(final) ? final : given;
}

std::filesystem::path model_folder(const std::filesystem::path& given) {
  const auto folder = tokenizer_folder(given), config = folder / "config.json";
  if (holds_adapters(folder)) return folder;
  require(exists(config),
          "{}: no model is here, for config.json is missing; name the directory of a model, or that of a run "
          "that has ended.",
          folder.string());
  parse_config(read_json(config), config.string());
  return folder;
}

LoadedModel load_language_model(const std::filesystem::path& folder, const ModelOptions& models) {
  return load_language(folder, models, load_model);
}

LoadedModel load_scalar_model(const std::filesystem::path& folder, const ModelOptions& models) {
  return load_scalar(folder, models, load_model);
}

LoadedModel read_language_model(const std::filesystem::path& folder, const ModelOptions& models) {
  return load_language(folder, models, read_model);
}

LoadedModel read_scalar_model(const std::filesystem::path& folder, const ModelOptions& models) {
  return load_scalar(folder, models, read_model);
}

LoadedModel reading_as(const DatasetOptions& datasets, LoadedModel loaded) {
  loaded.format = reading_as(datasets, loaded.format);
  return loaded;
}

void set_chat_template(LoadedModel& loaded, const std::string& source, const std::string& eos_token) {
  loaded.tokenizer = loaded.tokenizer->with_chat(source, eos_token);
  loaded.format = ChatFormat(loaded.tokenizer);
  name_ends(loaded);
}

void name_ends(LoadedModel& loaded) {
  for (const TokenId end : {loaded.format.stop_token(), loaded.format.turn_end()})
    loaded.model->config().end_with(end);
}

void settle_max_length(const LoadedModel& loaded, std::int64_t& max_length) {
  constexpr std::int64_t kUsual = 1024;  // TRL's
  const std::int64_t context = loaded.model->config().context();
  if (max_length == 0) max_length = std::min(kUsual, context);
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

void say_without_turns(const LoadedModel& loaded, std::span<const Prompt> prompts,
                       const std::string& remedy) {
  const bool plain =
      std::ranges::any_of(prompts, [](const Prompt& prompt) { return !prompt.conversational(); });
  if (plain && !loaded.tokenizer->chat_template().empty())
    say("The model has a chat template, and plain prompts are given to it without: it goes on with the "
        "text. " +
        remedy);
}

void require_same_tokenizer(const LoadedModel& first, const std::string& first_name,
                            const LoadedModel& second, const std::string& second_name) {
  require(first.tokenizer->fingerprint() == second.tokenizer->fingerprint(),
          "{} and {} have different tokenizers, so they cannot score the same token ids; use models of one "
          "family.",
          first_name, second_name);
}

}  // namespace nudge
