#include "gguf/pre_tokenizer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/excerpt.h"
#include "text/pattern.h"

namespace nudge::gguf {

namespace {

/// The first of several that mean the same is the one written.
const std::array kNames = {
    PreTokenizerName{"gpt-2", Pattern::kGpt2},
    PreTokenizerName{"phi-2", Pattern::kGpt2},
    PreTokenizerName{"exaone4", Pattern::kGpt2},
    PreTokenizerName{.name = "olmo", .pattern = Pattern::kGpt2, .composed = true},
    PreTokenizerName{.name = "smollm", .pattern = Pattern::kGpt2, .digits_apart = true},
    PreTokenizerName{.name = "starcoder", .pattern = Pattern::kGpt2, .digits_apart = true},
    PreTokenizerName{.name = "refact", .pattern = Pattern::kGpt2, .digits_apart = true},
    PreTokenizerName{
        .name = "llama-bpe", .pattern = Pattern::kLlama3, .ignore_merges = true, .begins_with_bos = true},
    PreTokenizerName{
        .name = "llama3", .pattern = Pattern::kLlama3, .ignore_merges = true, .begins_with_bos = true},
    PreTokenizerName{
        .name = "llama-v3", .pattern = Pattern::kLlama3, .ignore_merges = true, .begins_with_bos = true},
    PreTokenizerName{"dbrx", Pattern::kLlama3},
    PreTokenizerName{"smaug-bpe", Pattern::kLlama3},
    PreTokenizerName{.name = "qwen2", .pattern = Pattern::kQwen2, .composed = true},
    PreTokenizerName{"stablelm2", Pattern::kQwen2},
    PreTokenizerName{"deepseek-r1-qwen", Pattern::kQwen2},
    PreTokenizerName{"gpt-4o", Pattern::kGpt4o},
    PreTokenizerName{"llama4", Pattern::kGpt4o},
};

std::string known_names() {
  std::string names;
  for (const auto& one : kNames) names += fmt::format("{}{}", names.empty() ? "" : ", ", one.name);
  return names;
}

Json byte_level(bool use_regex) {
  return {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", use_regex}};
}

/// A pre-tokenizer as the list of its steps, whichever way it is written.
void flatten(const Json& part, const std::string& where, std::vector<std::string>& steps) {
  const auto type = part.is_null() ? "none" : nudge::get<std::string>(part, "type", where);
  if (type == "Sequence") {
    for (const Json& one : nudge::get<Json>(part, "pretokenizers", where)) flatten(one, where, steps);
  } else if (type == "Split") {
    const bool inverted = nudge::get_or<bool>(part, "invert", false, where);
    const bool plain =
        nudge::get<std::string>(part, "behavior", where) == (inverted ? "Removed" : "Isolated");
    const auto pattern = nudge::get_or<Json>(part, "pattern", Json::object(), where);
    steps.push_back(plain ? nudge::get_or<std::string>(pattern, "Regex", "", where) : "");
  } else if (type == "Digits") {
    steps.emplace_back(nudge::get_or<bool>(part, "individual_digits", false, where) ? "digits" : "");
  } else if (type == "ByteLevel") {
    if (nudge::get_or<bool>(part, "add_prefix_space", true, where)) steps.emplace_back("space");
    if (nudge::get_or<bool>(part, "use_regex", true, where)) steps.emplace_back(Pattern::kGpt2);
    steps.emplace_back("bytes");
  } else {
    steps.push_back(type);
  }
}

std::vector<std::string> steps_of(const Json& pre_tokenizer, const std::string& where) {
  std::vector<std::string> steps;
  flatten(pre_tokenizer, where, steps);
  return steps;
}

}  // namespace

const PreTokenizerName& PreTokenizerName::named(std::string_view name, const std::string& where) {
  require(!name.empty() && name != "default",
          "{}: \"tokenizer.ggml.pre\" is {}, so that nobody knows how the model's text is cut into words "
          "(llama.cpp "
          "guesses, and warns); take a file that was converted anew.",
          where, name.empty() ? "missing" : "\"default\"");
  const auto* found = std::ranges::find_if(kNames, [&](const auto& one) { return one.name == name; });
  require(found != kNames.end(),
          "{}: \"tokenizer.ggml.pre\" is \"{}\", which nudge does not know; it knows {}.", where,
          excerpt(name), known_names());
  return *found;
}

const PreTokenizerName& PreTokenizerName::of(const Json& tokenizer, const std::string& where) {
  const auto normalizer = nudge::get_or<Json>(tokenizer, "normalizer", Json(), where);
  const auto composed = !normalizer.is_null() && nudge::get<std::string>(normalizer, "type", where) == "NFC";
  require(normalizer.is_null() || composed, "{}: GGUF has no name for this normalizer: {}.", where,
          excerpt(to_line(normalizer)));
  const auto steps = steps_of(nudge::get_or<Json>(tokenizer, "pre_tokenizer", Json(), where), where);
  const bool ignore_merges = nudge::get_or<bool>(tokenizer.at("model"), "ignore_merges", false, where);
  const auto* found = std::ranges::find_if(kNames, [&](const auto& one) {
    return one.composed == composed && one.ignore_merges == ignore_merges &&
           steps == steps_of(one.pre_tokenizer(), where);
  });
  require(found != kNames.end(),
          "{}: GGUF has no name that nudge knows for this way of cutting text into words: {}.", where,
          excerpt(to_line(nudge::get_or<Json>(tokenizer, "pre_tokenizer", Json(), where))));
  return *found;
}

Json PreTokenizerName::normalizer() const {
  return composed ? Json{{"type", "NFC"}} : Json();
}

Json PreTokenizerName::pre_tokenizer() const {
  const bool gpt2 = std::string_view(pattern) == Pattern::kGpt2;
  Json parts = Json::array();
  if (digits_apart) parts.push_back({{"type", "Digits"}, {"individual_digits", true}});
  if (!gpt2)
    parts.push_back(
        {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}});
  parts.push_back(byte_level(gpt2));
  if (parts.size() == 1) return parts[0];
  return {{"type", "Sequence"}, {"pretokenizers", std::move(parts)}};
}

}  // namespace nudge::gguf
