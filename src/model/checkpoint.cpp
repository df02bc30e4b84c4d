#include "model/checkpoint.h"

#include <c10/util/accumulate.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/token_ids.h"
#include "model/peft.h"
#include "model/weight_names.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"

namespace nudge {

namespace {

namespace fs = std::filesystem;

/// A tensor of a checkpoint, not read yet.
struct StoredTensor {
  SafetensorsFile* file;
  SafetensorsFile::Entry entry;

  void read_into(const at::Tensor& numbers) const { file->read_into(entry, numbers); }
};
using StoredTensors = std::map<std::string, StoredTensor>;

/// The files of a checkpoint: model.safetensors, or every shard that the index names.
std::vector<SafetensorsFile> open_weights(const fs::path& folder) {
  const auto single = folder / "model.safetensors", index = folder / "model.safetensors.index.json";
  std::vector<SafetensorsFile> files;
  if (fs::exists(single)) {
    files.emplace_back(single);
    return files;
  }
  require(fs::exists(index),
          "Loading a model: {} has neither model.safetensors nor model.safetensors.index.json; other formats "
          "are not read.",
          folder.string());
  const auto map = get<Json>(read_json(index), "weight_map", index.string());
  std::set<std::string> shards;
  for (const auto& [name, shard] : map.items()) {
    require(shard.is_string() && fs::path(shard.get<std::string>()).filename() == shard.get<std::string>(),
            "{}: the shard of \"{}\" is not the name of a file beside it.", index.string(), name);
    shards.insert(shard.get<std::string>());
  }
  for (const auto& shard : shards) files.emplace_back(folder / shard);
  return files;
}

/// Of a multimodal model, what belongs to its text model, by the names that this has alone; the rest goes.
StoredTensors text_tensors(const StoredTensors& all) {
  StoredTensors text;
  for (const auto& [name, tensor] : all) {
    for (const std::string_view inside : {"language_model.", "model.language_model."})
      if (name.starts_with(inside))
        text.emplace((inside.starts_with("model.") ? "model." : "") + name.substr(inside.size()), tensor);
    if (name == "lm_head.weight") text.emplace(name, tensor);
  }
  return text;
}

/// Puts the trunk's prefix before names of a file that was saved without a head and so has none (GPT-2's).
StoredTensors with_trunk(StoredTensors all, const PartNames& names) {
  const auto on_trunk = [&](const auto& entry) { return entry.first.starts_with(names.trunk); };
  if (std::ranges::any_of(all, on_trunk)) return all;
  StoredTensors renamed;
  for (const auto& [name, tensor] : all) {
    const bool on_top = name.starts_with(names.head) || name.starts_with(names.score);
    renamed.emplace(on_top ? name : std::string(names.trunk) + name, tensor);
  }
  return renamed;
}

/// Buffers that older writers stored, and the second copy of tied embeddings.
bool expendable(const std::string& name, const ModelConfig& config) {
  const auto masks = {".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias", ".attention.bias",
                      ".attention.masked_bias"};
  return std::ranges::any_of(masks, [&](const char* ending) { return name.ends_with(ending); }) ||
         (config.tie_word_embeddings && name == fmt::format("{}.weight", config.family->names.head));
}

/// Compared a piece at a time.
bool same(const StoredTensor& a, const StoredTensor& b) {
  if (a.entry.shape != b.entry.shape || a.entry.type != b.entry.type) return false;
  constexpr std::int64_t kPiece = 1 << 20;
  const std::int64_t all = c10::multiply_integers(a.entry.shape);
  for (std::int64_t first = 0; first < all; first += kPiece) {
    const std::int64_t count = std::min(kPiece, all - first);
    if (!at::equal(a.file->read(a.entry, first, count), b.file->read(b.entry, first, count))) return false;
  }
  return true;
}

/// A head that is not the embeddings, whatever config.json says of the two.
bool has_own_head(const StoredTensors& tensors, const ModelConfig& config) {
  const PartNames& names = config.family->names;
  const auto head = tensors.find(fmt::format("{}.weight", names.head)),
             embeddings = tensors.find(fmt::format("{}{}.weight", names.trunk, names.embeddings));
  return config.head == Head::language && config.tie_word_embeddings && head != tensors.end() &&
         embeddings != tensors.end() && !same(head->second, embeddings->second);
}

void check_fit(const std::vector<CheckpointTensor>& expected, const StoredTensors& tensors,
               const ModelConfig& config, const std::string& where) {
  std::set<std::string> known;
  for (const auto& item : expected) {
    const auto found = tensors.find(item.name);
    require(found != tensors.end(),
            "Loading {}: the tensor \"{}\" is missing, though config.json asks for it.", where, item.name);
    const auto& entry = found->second.entry;
    require(entry.shape == item.shape,
            "Loading {}: the tensor \"{}\" has the shape {}, but config.json asks for {}.", where, item.name,
            c10::str(at::IntArrayRef(entry.shape)), c10::str(at::IntArrayRef(item.shape)));
    const auto type = entry.type;
    require(type == at::kFloat || type == at::kBFloat16 || type == at::kHalf || type == at::kDouble,
            "Loading {}: the tensor \"{}\" has the type {}; weights must be float32, bfloat16 or float16.",
            where, item.name, c10::toString(type));
    known.insert(item.name);
  }
  for (const auto& [name, tensor] : tensors) {
    require(known.contains(name) || expendable(name, config),
            "Loading {}: the tensor \"{}\" has no place in the model that config.json describes.", where,
            name);
  }
}

/// The rows of the decoder's weight that a checkpoint's tensor names: a view.
at::Tensor rows_of(const Decoder& model, const CheckpointTensor& item) {
  return model.weight(item.parameter).detach().narrow(0, item.row, item.rows);
}

void save_weights(const Decoder& model, const fs::path& file) {
  NamedTensors tensors;
  for (const auto& item : checkpoint_tensors(model.config()))
    tensors[item.name] = as_stored(rows_of(model, item), item);
  write_safetensors(file, tensors);
}

Json generation_config(const ModelConfig& config) {
  if (config.generation.is_object()) return config.generation;
  const auto full = config_json(config);
  Json json;
  json["_from_model_config"] = true;
  for (const auto* key : {"bos_token_id", "eos_token_id", "pad_token_id"}) {
    if (!full[key].is_null()) json[key] = full[key];
  }
  return json;
}

}  // namespace

ModelConfig read_model_config(const fs::path& file) {
  auto config = parse_config(read_json(file), file.string());
  if (const auto generation = file.parent_path() / "generation_config.json"; fs::exists(generation)) {
    config.generation = read_json(generation);
    token_ids(config.generation, "eos_token_id", generation.string());  // refuses what is none
  }
  return config;
}

std::unique_ptr<Decoder> load_model(const fs::path& folder, const fs::path& base) {
  require(fs::is_directory(folder), "Loading a model: {} is not a folder.", folder.string());
  if (holds_adapters(folder)) return load_adapted(folder, base);
  const auto file = folder / "config.json";
  auto config = read_model_config(file);
  config.source = fs::weakly_canonical(folder).string();
  auto files = open_weights(folder);
  StoredTensors tensors;
  for (auto& shard : files)
    for (const auto& entry : shard.header().entries) tensors.emplace(entry.name, StoredTensor{&shard, entry});
  if (has_text_config(read_json(file))) tensors = text_tensors(tensors);
  tensors = with_trunk(std::move(tensors), config.family->names);
  if (has_own_head(tensors, config)) {
    warn(
        fmt::format("{}: config.json ties lm_head to the embeddings, but the file holds another "
                    "lm_head.weight; it is used, "
                    "as transformers 5.24 does, and what is saved says tie_word_embeddings: false.",
                    folder.string()));
    config.tie_word_embeddings = false;
  }
  const auto expected = checkpoint_tensors(config);
  check_fit(expected, tensors, config, folder.string());
  auto model = std::make_unique<Decoder>(config);
  for (const auto& item : expected) {
    const auto& tensor = tensors.at(item.name);
    const auto rows = rows_of(*model, item);
    if (item.order == StoredOrder::rows) {
      tensor.read_into(rows);
    } else {
      const auto stored = at::empty(item.shape, at::kFloat);
      tensor.read_into(stored);
      rows.copy_(as_computed(stored, item));
    }
  }
  return model;
}

void save_model(const Decoder& model, const fs::path& folder) {
  const bool whole = model.adapters().empty();
  if (whole) {
    save_weights(model, folder / "model.safetensors");
  } else {
    save_adapters(model, folder);
  }
  write_file(folder / (whole ? "config.json" : kAdaptedConfig), to_pretty(config_json(model.config())));
  if (model.config().head == Head::language || model.config().generation.is_object()) {
    write_file(folder / "generation_config.json", to_pretty(generation_config(model.config())));
  }
}

}  // namespace nudge
