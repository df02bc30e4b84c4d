#include "model/stored_model.h"

#include <c10/util/accumulate.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "model/checkpoint.h"
#include "model/weight_names.h"
#include "tensor/aten.h"

namespace nudge {

namespace {

namespace fs = std::filesystem;
using Tensors = StoredModel::Tensors;

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
Tensors text_tensors(const Tensors& all) {
  Tensors text;
  for (const auto& [name, tensor] : all) {
    for (const std::string_view inside : {"language_model.", "model.language_model.", "model.text_model."})
      if (name.starts_with(inside))
        text.emplace((inside.starts_with("model.") ? "model." : "") + name.substr(inside.size()), tensor);
    if (name == "lm_head.weight") text.emplace(name, tensor);
  }
  return text;
}

/// Puts the trunk's prefix before names of a file that was saved without a head and so has none (GPT-2's).
Tensors with_trunk(Tensors all, const PartNames& names) {
  const auto on_trunk = [&](const auto& entry) { return entry.first.starts_with(names.trunk); };
  if (std::ranges::any_of(all, on_trunk)) return all;
  Tensors renamed;
  for (const auto& [name, tensor] : all) {
    const bool on_top =
        name.starts_with(names.head) || name.starts_with(names.score) || name.starts_with(names.token_score);
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
bool same(const StoredModel::Tensor& a, const StoredModel::Tensor& b) {
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
bool has_own_head(const Tensors& tensors, const ModelConfig& config) {
  const PartNames& names = config.family->names;
  const auto head = tensors.find(fmt::format("{}.weight", names.head)),
             embeddings = tensors.find(fmt::format("{}{}.weight", names.trunk, names.embeddings));
  return config.head == Head::language && config.tie_word_embeddings && head != tensors.end() &&
         embeddings != tensors.end() && !same(head->second, embeddings->second);
}

void check_fit(const std::vector<CheckpointTensor>& expected, const Tensors& tensors,
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

}  // namespace

StoredModel::StoredModel(const fs::path& folder)
    : config_(read_model_config(folder / "config.json")), files_(open_weights(folder)) {
  config_.source = fs::weakly_canonical(folder).string();
  for (auto& shard : files_)
    for (const auto& entry : shard.header().entries) tensors_.emplace(entry.name, Tensor{&shard, entry});
  if (has_text_config(read_json(folder / "config.json"))) tensors_ = text_tensors(tensors_);
  tensors_ = with_trunk(std::move(tensors_), config_.family->names);
  if (has_own_head(tensors_, config_)) {
    warn(
        fmt::format("{}: config.json ties lm_head to the embeddings, but the file holds another "
                    "lm_head.weight; it is used, as transformers 5.24 does, and what is saved says "
                    "tie_word_embeddings: false.",
                    folder.string()));
    config_.tie_word_embeddings = false;
  }
  check_fit(checkpoint_tensors(config_), tensors_, config_, folder.string());
}

void StoredModel::read_into(const std::string& name, const at::Tensor& numbers) const {
  const Tensor& tensor = tensors_.at(name);
  tensor.file->read_into(tensor.entry, numbers);
}

}  // namespace nudge
