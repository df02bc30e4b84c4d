#include "text/tokenizer_config.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/token_ids.h"

namespace nudge {
namespace {

constexpr const char* kConfigFile = "tokenizer_config.json";
constexpr const char* kTemplateFile = "chat_template.jinja";
constexpr const char* kNamedTemplates = "additional_chat_templates";
constexpr const char* kKept[] = {
    "unk_token",     "additional_special_tokens", "extra_special_tokens", "add_bos_token",
    "add_eos_token", "model_max_length",          "padding_side",         "truncation_side"};

/// A token is written as a string or as an object with its content.
std::string token_name(const Json& config, const char* key, std::string_view where) {
  auto found = config.find(key);
  if (found == config.end() || found->is_null()) return "";
  if (found->is_object()) return get<std::string>(*found, "content", where);
  require(found->is_string(), "{}: {} must be a string or an object with \"content\".", where, key);
  return found->get<std::string>();
}

/// One template, which is "default", or a list of named ones.
std::string template_of(const Json& config, const std::string& name, std::string_view where) {
  auto found = config.find("chat_template");
  if (found == config.end() || found->is_null()) return "";
  if (found->is_string()) return name == "default" ? found->get<std::string>() : "";
  require(found->is_array(), "{}: chat_template must be a string or a list of named templates.", where);
  for (const Json& entry : *found)
    if (get<std::string>(entry, "name", where) == name) return get<std::string>(entry, "template", where);
  return "";
}

/// A template as a part of another, behind a tag and before one: Jinja drops the newline behind the tag and
/// one at a template's end; the empty text keeps blanks at the end from being dropped with the next tag.
std::string as_part(std::string source) {
  if (source.ends_with('\n')) source.pop_back();
  return "\n" + source + "{{ '' }}";
}

/// Where tools are given, the template named tool_use counts (transformers 5.24, get_chat_template): one
/// template that chooses.
std::string choosing_template(const std::string& usual, const std::string& with_tools) {
  if (usual.empty() || with_tools.empty() || with_tools == usual) return usual;
  return "{% if tools is defined and tools is not none %}" + as_part(with_tools) + "{% else %}" +
         as_part(usual) + "{% endif %}";
}

}  // namespace

TokenizerConfig TokenizerConfig::read(const std::filesystem::path& folder) {
  TokenizerConfig config;
  std::string with_tools;
  if (auto path = folder / kConfigFile; std::filesystem::exists(path)) {
    Json json = read_json(path);
    std::string where = path.string();
    require(json.is_object(), "{}: a JSON object was expected.", where);
    config.bos_token = token_name(json, "bos_token", where);
    config.eos_token = token_name(json, "eos_token", where);
    config.pad_token = token_name(json, "pad_token", where);
    config.chat_template = template_of(json, "default", where);
    with_tools = template_of(json, "tool_use", where);
    for (const char* key : kKept)
      if (auto value = json.find(key); value != json.end()) config.kept[key] = *value;
  }
  if (auto path = folder / kTemplateFile; std::filesystem::exists(path))
    config.chat_template = read_file(path);
  if (auto path = folder / kNamedTemplates / "tool_use.jinja"; std::filesystem::exists(path))
    with_tools = read_file(path);
  config.chat_template = choosing_template(config.chat_template, with_tools);
  for (const char* file : {"generation_config.json", "config.json"}) {
    const auto path = folder / file;
    if (!std::filesystem::exists(path)) continue;
    for (const std::int64_t id : token_ids(read_json(path), "eos_token_id", path.string()))
      if (std::ranges::find(config.listed_ends, id) == config.listed_ends.end())
        config.listed_ends.push_back(static_cast<TokenId>(id));
  }
  return config;
}

void TokenizerConfig::write(const std::filesystem::path& folder) const {
  auto name_or_null = [](const std::string& name) { return name.empty() ? Json(nullptr) : Json(name); };
  Json json = {{"tokenizer_class", "PreTrainedTokenizerFast"},
               {"bos_token", name_or_null(bos_token)},
               {"eos_token", name_or_null(eos_token)},
               {"pad_token", name_or_null(pad_token)},
               {"clean_up_tokenization_spaces", false}};
  json.update(kept);
  write_file(folder / kConfigFile, to_pretty(json));
  if (chat_template.empty())
    std::filesystem::remove(folder / kTemplateFile);
  else
    write_file(folder / kTemplateFile, chat_template);
}

}  // namespace nudge
