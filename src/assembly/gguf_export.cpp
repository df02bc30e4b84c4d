#include "assembly/gguf_export.h"

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "gguf/config.h"
#include "gguf/file.h"
#include "gguf/quantize.h"
#include "gguf/tensors.h"
#include "gguf/tokenizer.h"
#include "gguf/writer.h"
#include "model/config.h"
#include "model/peft.h"
#include "model/stored_model.h"
#include "model/weight_names.h"
#include "tensor/aten.h"
#include "text/tokenizer.h"

namespace nudge {

namespace {

namespace fs = std::filesystem;
using gguf::TensorType;

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
                                           const StoredModel& model, std::int64_t head, GgufType type) {
  std::vector<gguf::TensorSource> sources;
  for (const auto& tensor : named) {
    const auto written = written_type(type, tensor.shape);
    sources.push_back({tensor.gguf, tensor.shape, written, [&model, tensor, written, head] {
                         const at::Tensor numbers = at::empty(tensor.shape, at::kFloat);
                         model.read_into(tensor.hugging_face, numbers);
                         const std::span<float> span(numbers.mutable_data_ptr<float>(), numbers.numel());
                         gguf::apply(tensor.change, span, tensor.shape, head);
                         return gguf::quantize(span, written, tensor.hugging_face);
                       }});
  }
  return sources;
}

/// The model's tensors are those that the file has a place for, no fewer and no more.
void check_names(const std::vector<gguf::NamedTensor>& named, const ModelConfig& config,
                 const std::string& where) {
  std::map<std::string, std::vector<std::int64_t>> places;
  for (const auto& tensor : named) places[tensor.hugging_face] = tensor.shape;
  for (const auto& tensor : checkpoint_tensors(config)) {
    const auto place = places.find(tensor.name);
    require(place != places.end() && place->second == tensor.shape,
            "Exporting {}: the tensor \"{}\" has no place in a GGUF file of this architecture.", where,
            tensor.name);
    places.erase(place);
  }
  require(places.empty(),
          "Exporting {}: a GGUF file of this architecture needs the tensor \"{}\", which the model lacks.",
          where, places.empty() ? "" : places.begin()->first);
}

}  // namespace

void export_gguf(const fs::path& folder, GgufType type, const fs::path& file) {
  require(!holds_adapters(folder),
          "Exporting {}: it holds adapters; make a whole model of them first (nudge merge).",
          folder.string());
  const std::string where = (folder / "config.json").string();
  const StoredModel model(folder);
  const Json config = whole_config(model.config());
  const auto& architecture = gguf::Architecture::of(config, where);
  const auto tokenizer = Tokenizer::load(folder);
  const auto named = gguf::tensors_of(architecture, config, where);
  check_names(named, model.config(), folder.string());
  const auto sizes = gguf::Sizes::of(config, where);

  const auto name = fs::weakly_canonical(folder).filename().string();
  gguf::Metadata metadata = gguf::metadata_of(config, name, where);
  metadata.add("general.file_type", file_type(type));
  const auto document = folder / "tokenizer.json";
  gguf::add_tokenizer(metadata, read_json(document), *tokenizer, sizes.vocabulary, document.string());
  metadata.add("general.quantization_version", std::uint32_t{2});

  auto sources = sources_of(named, model, sizes.head, type);
  const auto factors = gguf::rope_factors_of(config, where);
  if (!factors.empty())
    sources.insert(sources.begin(), {"rope_freqs.weight", {std::ssize(factors)}, TensorType::f32, [&] {
                                       return gguf::quantize(factors, TensorType::f32, "rope_freqs.weight");
                                     }});
  gguf::write_file(file, metadata, sources);
}

}  // namespace nudge
