#include "assembly/model_options.h"

#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "model/checkpoint.h"
#include "model/peft.h"
#include "text/chat_template.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

/// DIR, or NAME=DIR: of the adapters that call their base NAME.
struct GivenBase {
  std::string name, folder;

  explicit GivenBase(const std::string& given) : folder(given) {
    const std::size_t equals = given.find('=');
    if (equals == std::string::npos || fs::exists(given)) return;
    name = given.substr(0, equals);
    folder = given.substr(equals + 1);
  }
};

void check_bases(const std::vector<std::string>& given) {
  for (auto one = given.begin(); one != given.end(); ++one)
    for (auto other = given.begin(); other != one; ++other)
      if (GivenBase(*one).name == GivenBase(*other).name)
        throw UsageError(fmt::format(
            "--base gives {} and {} for the same adapters; write NAME=DIR, with the name by which each of "
            "them call their base (base_model_name_or_path of adapter_config.json).",
            *other, *one));
}

/// A template that comes from a file ends turns as it does; the tokenizer's own end stays that of texts.
std::shared_ptr<const Tokenizer> with_template(const Tokenizer& tokenizer, const std::string& asked) {
  if (asked == "chatml") return tokenizer.with_chat(kChatMlTemplate, "<|im_end|>");
  return tokenizer.with_chat(read_text(asked), tokenizer.eos() ? tokenizer.token(*tokenizer.eos()) : "");
}

/// In matrices that every token passes.
std::int64_t weights_in(const fs::path& folder, const fs::path& base) {
  const fs::path home = holds_adapters(folder) ? base_folder(folder, base) : folder;
  return read_model_config(home / "config.json").matmul_weights();
}

}  // namespace

fs::path ModelOptions::base_of(const fs::path& folder) const {
  if (base.empty() || !holds_adapters(folder)) return {};
  const std::string named = base_name(folder);
  fs::path for_all;
  for (const std::string& given : base) {
    const GivenBase one(given);
    if (one.name == named) return one.folder;
    if (one.name.empty()) for_all = one.folder;
  }
  return for_all;
}

Reading ModelOptions::reading_of(const fs::path& folder) const {
  ComputeOptions settled = compute;
  settle(settled, [&] { return weights_in(folder, base_of(folder)); });
  return {base_of(folder), settled.precision()};
}

void ModelOptions::settle_for(const fs::path& folder) {
  settle(compute, [&] { return weights_in(folder, base_of(folder)); });
  if (compute.precision() != Precision::float32) say(fmt::format("Products are in {}.", in_words(compute)));
}

std::shared_ptr<const Tokenizer> ModelOptions::tokenizer_in(const fs::path& folder) const {
  auto tokenizer = Tokenizer::load(tokenizer_home(folder, base_of(folder)));
  return chat_template == "auto" ? tokenizer : with_template(*tokenizer, chat_template);
}

void declare(Options& options, ModelOptions& models) {
  options
      .add("chat_template", models.chat_template,
           "auto (the model's own), chatml, or a .jinja file: the end of its turns becomes an end token.")
      .shown_as("TEMPLATE");
  declare_bases(options, models);
  declare(options, models.compute);
}

void declare_bases(Options& options, ModelOptions& models) {
  options
      .add("base", models.base,
           "Where the base of adapters lies when not where they say; NAME=DIR: of those only that call it "
           "NAME.")
      .shown_as("[NAME=]DIR");
  options.rule([&models] { check_bases(models.base); });
}

}  // namespace nudge
