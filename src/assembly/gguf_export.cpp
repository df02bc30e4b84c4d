#include "assembly/gguf_export.h"

#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "gguf/config.h"
#include "gguf/file.h"
#include "gguf/quantize.h"
#include "gguf/tensors.h"
#include "gguf/tokenizer.h"
#include "gguf/writer.h"
#include "model/checkpoint.h"
#include "model/config.h"
#include "model/peft.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"

namespace nudge {

namespace {

namespace fs = std::filesystem;
using gguf::TensorType;

NamedTensors read_shards(const fs::path& folder) {
  const auto single = folder / "model.safetensors", index = folder / "model.safetensors.index.json";
  if (fs::exists(single)) return read_safetensors(single);
  require(fs::exists(index),
          "Exporting {}: it has neither model.safetensors nor model.safetensors.index.json.",
          folder.string());
  std::set<fs::path> shards;
  const Json map = get<Json>(read_json(index), "weight_map", index.string());
  for (const auto& [name, shard] : map.items()) shards.insert(fs::path(shard.get<std::string>()).filename());
  NamedTensors tensors;
  for (const auto& shard : shards) tensors.merge(read_safetensors(folder / shard));
  return tensors;
}

/// config.json as the model is computed: with what its family supplies where the file does not say.
Json whole_config(const ModelConfig& config) {
  Json json = config_json(config);
  const Family& family = *config.family;
  for (const Number& number :
       {family.query_pre_attn_scalar, family.windows.size, family.windows.full_every}) {
    const std::string key(number.key);
    if (!key.empty() && !json.contains(key)) json[key] = number.otherwise;
  }
  return json;
}

/// A head that is the embeddings is written once, whatever config.json says.
void settle_head(Json& config, NamedTensors& tensors) {
  const auto head = tensors.find("lm_head.weight"), embeddings = tensors.find("model.embed_tokens.weight");
  if (head == tensors.end() || embeddings == tensors.end()) return;
  const bool same = at::equal(head->second, embeddings->second);
  if (same && get_or<bool>(config, "tie_word_embeddings", false, "config.json")) tensors.erase(head);
  if (!same) config["tie_word_embeddings"] = false;
}

/// llama.cpp's number for what most of a file is written in.
std::uint32_t file_type(GgufType type) {
  switch (type) {
    case GgufType::f32:
      return 0;
    case GgufType::f16:
      return 1;
    case GgufType::q8_0:
      return 7;
    case GgufType::bf16:
      return 32;
  }
  return 0;
}

TensorType written_type(GgufType type, const std::vector<std::int64_t>& shape) {
  if (shape.size() == 1) return TensorType::f32;
  switch (type) {
    case GgufType::f32:
      return TensorType::f32;
    case GgufType::f16:
      return TensorType::f16;
    case GgufType::bf16:
      return TensorType::bf16;
    case GgufType::q8_0:
      break;
  }
  return shape.back() % gguf::block_shape(TensorType::q8_0).numbers == 0 ? TensorType::q8_0 : TensorType::f16;
}

std::vector<gguf::TensorSource> sources_of(const std::vector<gguf::NamedTensor>& named,
                                           const NamedTensors& tensors, std::int64_t head, GgufType type,
                                           const std::string& where) {
  std::vector<gguf::TensorSource> sources;
  for (const auto& tensor : named) {
    const auto found = tensors.find(tensor.hugging_face);
    require(found != tensors.end(), "Exporting {}: the tensor \"{}\" is missing.", where,
            tensor.hugging_face);
    require(found->second.sizes() == at::IntArrayRef(tensor.shape),
            "Exporting {}: the tensor \"{}\" has the shape {}, but config.json asks for {}.", where,
            tensor.hugging_face, c10::str(found->second.sizes()), c10::str(at::IntArrayRef(tensor.shape)));
    const auto written = written_type(type, tensor.shape);
    sources.push_back(
        {tensor.gguf, tensor.shape, written, [&, written, head] {
           at::Tensor numbers =
               tensors.at(tensor.hugging_face).to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
           const std::span<float> span(numbers.mutable_data_ptr<float>(), numbers.numel());
           gguf::apply(tensor.change, span, tensor.shape, head);
           return gguf::quantize(span, written, tensor.hugging_face);
         }});
  }
  return sources;
}

/// Whatever has no place in the file would be lost.
void check_surplus(const std::vector<gguf::NamedTensor>& named, const NamedTensors& tensors,
                   const std::string& where) {
  std::set<std::string> known;
  for (const auto& tensor : named) known.insert(tensor.hugging_face);
  for (const auto& [name, tensor] : tensors)
    require(known.contains(name) || name.ends_with("rotary_emb.inv_freq"),
            "Exporting {}: the tensor \"{}\" has no place in a GGUF file of this architecture.", where, name);
}

}  // namespace

void export_gguf(const fs::path& folder, GgufType type, const fs::path& file) {
  require(!holds_adapters(folder),
          "Exporting {}: it holds adapters; make a whole model of them first (nudge merge).",
          folder.string());
  const std::string where = (folder / "config.json").string();
  Json config = whole_config(read_model_config(folder / "config.json"));
  const auto& architecture = gguf::Architecture::of(config, where);
  const auto tokenizer = Tokenizer::load(folder);
  NamedTensors tensors = read_shards(folder);
  settle_head(config, tensors);
  const auto named = gguf::tensors_of(architecture, config, where);
  check_surplus(named, tensors, folder.string());
  const auto sizes = gguf::Sizes::of(config, where);

  const auto name = fs::weakly_canonical(folder).filename().string();
  gguf::Metadata metadata = gguf::metadata_of(config, name, where);
  metadata.add("general.file_type", file_type(type));
  const auto document = folder / "tokenizer.json";
  gguf::add_tokenizer(metadata, read_json(document), *tokenizer, sizes.vocabulary, document.string());
  metadata.add("general.quantization_version", std::uint32_t{2});

  auto sources = sources_of(named, tensors, sizes.head, type, folder.string());
  const auto factors = gguf::rope_factors_of(config, where);
  if (!factors.empty())
    sources.insert(sources.begin(), {"rope_freqs.weight", {std::ssize(factors)}, TensorType::f32, [&] {
                                       return gguf::quantize(factors, TensorType::f32, "rope_freqs.weight");
                                     }});
  gguf::write_file(file, metadata, sources);
}

}  // namespace nudge
