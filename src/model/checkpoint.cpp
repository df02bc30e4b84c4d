#include "model/checkpoint.h"

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/token_ids.h"
#include "model/peft.h"
#include "model/stored_model.h"
#include "model/weight_names.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"

namespace nudge {

namespace {

namespace fs = std::filesystem;

/// The rows of the decoder's weight that a checkpoint's tensor names: a view, or a copy of a base's.
at::Tensor rows_of(const Decoder& model, const CheckpointTensor& item) {
  return model.weight(item.parameter).numbers().detach().narrow(0, item.row, item.rows);
}

void save_weights(const Decoder& model, const fs::path& file) {
  NamedTensors tensors;
  for (const auto& item : checkpoint_tensors(model.config()))
    tensors[item.name] = as_stored(rows_of(model, item), item);
  write_safetensors(file, tensors);
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

Json generation_config_of(const Json& config) {
  Json json = {{"_from_model_config", true}};
  for (const auto* key : {"bos_token_id", "eos_token_id", "pad_token_id"}) {
    const auto id = config.find(key);
    if (id != config.end() && !id->is_null()) json[key] = *id;
  }
  return json;
}

std::unique_ptr<Decoder> load_model(const fs::path& folder, const Reading& reading) {
  require(fs::is_directory(folder), "Loading a model: {} is not a folder.", folder.string());
  if (holds_adapters(folder)) return load_adapted(folder, reading);
  const StoredModel stored(folder);
  ModelConfig config = stored.config();
  config.precision = reading.precision;
  auto model = std::make_unique<Decoder>(config);
  for (const auto& item : checkpoint_tensors(stored.config())) {
    const auto rows = rows_of(*model, item);
    if (item.order == StoredOrder::rows) {
      stored.read_into(item.name, rows);
    } else {
      const auto tensor = at::empty(item.shape, at::kFloat);
      stored.read_into(item.name, tensor);
      rows.copy_(as_computed(tensor, item));
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
  const Json config = config_json(model.config());
  write_file(folder / (whole ? "config.json" : kAdaptedConfig), to_pretty(config));
  const Json& generation = model.config().generation;
  if (model.config().head == Head::language || generation.is_object())
    write_file(folder / "generation_config.json",
               to_pretty(generation.is_object() ? generation : generation_config_of(config)));
}

}  // namespace nudge
