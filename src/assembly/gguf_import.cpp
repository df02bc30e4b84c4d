#include "assembly/gguf_import.h"

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/token_ids.h"
#include "data/chat_format.h"
#include "gguf/config.h"
#include "gguf/file.h"
#include "gguf/tensors.h"
#include "gguf/tokenizer.h"
#include "model/checkpoint.h"
#include "tensor/safetensors_stream.h"

namespace nudge {

namespace {

namespace fs = std::filesystem;

std::int64_t write_weights(const gguf::File& file, const Json& config, const fs::path& path) {
  const std::string& where = file.metadata().where();
  const auto& architecture = gguf::Architecture::of(file.metadata());
  const auto tensors = gguf::tensors_of(architecture, config, where);
  gguf::check_tensors(file, tensors);
  const std::int64_t head = gguf::Sizes::of(config, where).head;
  std::vector<Fp32Source> sources;
  std::int64_t numbers = 0;
  for (const auto& tensor : tensors) {
    sources.push_back({tensor.hugging_face, tensor.shape,
                       [&, head](std::span<float> into) { gguf::read(file, tensor, head, into); }});
    numbers += file.find(tensor.gguf)->count();
  }
  write_safetensors_fp32(path, std::move(sources));
  return numbers;
}

/// The token with which the template closes a turn, in front of the ends that the file names.
void end_turns(const fs::path& folder, Json& config) {
  write_file(folder / "config.json", to_pretty(config));  // whose ends the chat format reads
  const ChatFormat format(Tokenizer::load(folder));
  auto ends = token_ids(config, "eos_token_id", "config.json");
  const std::int64_t turn_end = format.turn_end();
  if (std::ranges::find(ends, turn_end) == ends.end()) ends.insert(ends.begin(), turn_end);
  config["eos_token_id"] = token_ids_json(ends);
}

void warn_of_unread(const gguf::Metadata& metadata) {
  std::string names;
  for (const auto& key : gguf::unread_keys(metadata)) names += (names.empty() ? "" : ", ") + key;
  if (!names.empty()) warn(fmt::format("{}: these keys are not read: {}.", metadata.where(), names));
}

}  // namespace

bool is_gguf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  require(file.is_open() && !fs::is_directory(path), "Importing {}: the file cannot be opened.",
          path.string());
  std::string magic(4, '\0');
  file.read(magic.data(), 4);
  return magic == "GGUF";
}

void refuse_gguf(const fs::path& path) {
  require(!fs::is_regular_file(path) || !is_gguf(path),
          "{}: this is a GGUF file; make a model directory of it first: nudge import {} --output_dir DIR.",
          path.string(), path.string());
}

GgufImport import_gguf(const fs::path& path, const std::string& chat_template, const fs::path& folder) {
  const gguf::File file(path);
  Json config = gguf::config_of(file);
  auto tokenizer = gguf::tokenizer_of(file.metadata());
  warn_of_unread(file.metadata());
  if (!chat_template.empty()) tokenizer.config.chat_template = chat_template;
  const bool has_template = !tokenizer.config.chat_template.empty();
  tokenizer.write(folder);
  if (has_template) end_turns(folder, config);
  write_file(folder / "config.json", to_pretty(config));
  write_file(folder / "generation_config.json", to_pretty(generation_config_of(config)));
  const auto numbers = write_weights(file, config, folder / "model.safetensors");
  return {get<std::string>(config, "model_type", "config.json"), numbers, has_template};
}

}  // namespace nudge
