#include "model/peft.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "model/bases.h"
#include "model/checkpoint.h"
#include "model/peft_config.h"
#include "model/weight_names.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"

namespace nudge {

namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kWeights = "adapter_model.safetensors";
constexpr const char* kFingerprint = "nudge_base";  // in the metadata of the file
const std::string kPrefix = "base_model.model.";
const std::string kHead = "lm_head.weight";  // so called in every class of transformers
const std::string kA = ".lora_A.weight", kB = ".lora_B.weight";

std::string head_name(const ModelConfig& config) {
  return fmt::format("{}.weight", config.family->names.head);
}

/// The adapters' tensors by the names of the checkpoint's modules.
struct AdapterFile {
  std::string where;
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;

  AdapterFile(const fs::path& folder, const ModelConfig& config) : where((folder / kWeights).string()) {
    require(fs::exists(where), "Loading adapters: {} is missing; other formats are not read.", where);
    for (const auto& [name, tensor] : read_safetensors(where, &metadata)) {
      require(name.starts_with(kPrefix), "{}: the tensor \"{}\" does not begin with \"{}\", as PEFT's do.",
              where, name, kPrefix);
      const std::string module = name.substr(kPrefix.size());
      for (const char* kind : {"lora_embedding_", ".base_layer.", "lm_head.lora_"})
        require(module.find(kind) == std::string::npos,
                "{}: the tensor \"{}\" belongs to an adapter of embeddings or of a head, which is not read; "
                "merge it with peft.",
                where, name);
      tensors[module == kHead ? head_name(config) : module] = tensor;
    }
  }

  const at::Tensor& operator[](const std::string& name) const {
    const auto found = tensors.find(name);
    require(found != tensors.end(), "{}: the tensor \"{}{}\" is missing.", where, kPrefix, name);
    return found->second;
  }
};

/// Files of GPT-NeoX call the head embed_out, and transformers 5 calls the module lm_head.
std::string name_in_peft(const CheckpointTensor& item, const ModelConfig& config) {
  return item.name == head_name(config) ? kHead : item.name;
}

std::string embeddings_name(const ModelConfig& config) {
  return fmt::format("{}{}.weight", config.family->names.trunk, config.family->names.embeddings);
}

bool tied(const ModelConfig& config) {
  return config.head == Head::language && config.tie_word_embeddings;
}

/// What the file trains. The tensors tell; the configuration tells rank and scale.
PartialTraining training_of(const PeftConfig& peft, const AdapterFile& file, const ModelConfig& config) {
  PartialTraining training;
  for (const auto& [name, tensor] : file.tensors) {
    const bool second_copy = tied(config) && name == head_name(config);
    if (name.ends_with(kB) || second_copy) continue;
    if (!name.ends_with(kA)) {
      training.whole.push_back(name.substr(0, name.rfind('.')));
      continue;
    }
    const std::string module = name.substr(0, name.size() - kA.size());
    training.adapted.push_back(module);
    training.others.push_back({module, peft.rank_of(module), peft.scale_of(module)});
  }
  return training;
}

bool names(const std::vector<std::string>& ends, const std::string& module) {
  return std::ranges::any_of(ends, [&](const std::string& end) { return names_module(end, module); });
}

/// What the configuration names but the file leaves out would start anew, or stay the base's, unseen. A
/// target that names nothing here is no fault: lists of them are handed from family to family.
void require_all_named(const ModelConfig& config, const PeftConfig& peft, const PartialTraining& training,
                       const AdapterFile& file) {
  for (const CheckpointTensor& item : checkpoint_tensors(config)) {
    const std::string name = name_in_peft(item, config), module = name.substr(0, name.rfind('.'));
    const bool saved = names(peft.modules_to_save, module);
    const bool target = item.linear && (names(peft.targets, module) || names(peft.targets, "all-linear"));
    require(!saved || file.tensors.contains(item.name),
            "{}: the tensor \"{}{}\" is missing, though modules_to_save in adapter_config.json names it.",
            file.where, kPrefix, name);
    require(saved || !target || std::ranges::find(training.adapted, module) != training.adapted.end(),
            "{}: {} has no adapter, though adapter_config.json names it; this is not the base that the "
            "adapters were trained on, or the file is not whole.",
            file.where, module);
  }
  const PartNames& parts = config.family->names;
  const bool tokens = peft.task_type == "TOKEN_CLS";
  require((peft.task_type != "SEQ_CLS" && !tokens) || config.head == Head::scalar,
          "{}: adapter_config.json says {}, a model that scores, and there is no \"{}{}.weight\".",
          file.where, peft.task_type, kPrefix, tokens ? parts.token_score : parts.score);
}

/// Of the model with its adapters: the base's shape, and what the directory says of heads and ends.
ModelConfig config_on(const ModelConfig& base, const fs::path& folder, const PeftConfig& peft,
                      const AdapterFile& file) {
  ModelConfig config = base;
  const PartNames& names = base.family->names;
  const bool labels_tokens = peft.task_type == "TOKEN_CLS";
  const std::string head(labels_tokens ? names.token_score : names.score), score = head + ".weight";
  const auto scores = file.tensors.find(score);
  if (const auto own_file = folder / kAdaptedConfig; fs::exists(own_file)) {
    const ModelConfig own = read_model_config(own_file);
    config.head = own.head;
    config.reward_heads = own.reward_heads;
    config.labels_tokens = own.labels_tokens;
    config.score_bias = own.score_bias;
    config.bos_token_id = own.bos_token_id;
    config.pad_token_id = own.pad_token_id;
    config.eos_token_ids = own.eos_token_ids;
    config.generation = own.generation;
  } else if (scores != file.tensors.end() && config.head == Head::language) {
    config.head = Head::scalar;
    config.labels_tokens = labels_tokens;
    config.score_bias = file.tensors.contains(head + ".bias");
    config.reward_heads.clear();
    for (std::int64_t i = 0; i < scores->second.size(0); ++i)
      config.reward_heads.push_back({.name = fmt::format("LABEL_{}", i)});
  }
  require(config.head == Head::language || base.head == Head::scalar || scores != file.tensors.end(),
          "{}: the tensor \"{}{}\" is missing, the head of a model that scores.", file.where, kPrefix, score);
  const bool one_of_two =
      file.tensors.contains(embeddings_name(base)) || file.tensors.contains(head_name(base));
  if (config.head == Head::language && one_of_two && !peft.ties_weights)
    config.tie_word_embeddings = false;  // PEFT trains a copy, and the other stays what it was
  return config;
}

void copy_into(const at::Tensor& to, const at::Tensor& from, const std::string& name,
               const AdapterFile& file) {
  require(from.sizes() == to.sizes() && from.is_floating_point(),
          "{}: the tensor \"{}{}\" has the shape {} and the type {}, but on this base it would have {} and a "
          "floating-point one; is it another base, or another rank?",
          file.where, kPrefix, name, c10::str(from.sizes()), c10::toString(from.scalar_type()),
          c10::str(to.sizes()));
  to.detach().copy_(from);
}

CheckpointTensor stored_at(const Decoder& model, const Adapter& adapter) {
  for (const CheckpointTensor& item : checkpoint_tensors(model.config()))
    if (item.name == adapter.name + ".weight") return item;
  fail("The adapter \"{}\" has no place in the model.", adapter.name);
}

/// The tensors of a checkpoint that the model trains whole.
std::vector<CheckpointTensor> stored_whole(const Decoder& model) {
  std::vector<CheckpointTensor> all;
  for (const CheckpointTensor& item : checkpoint_tensors(model.config()))
    if (model.parameters().contains(item.parameter)) all.push_back(item);
  return all;
}

at::Tensor rows_of_own(const Decoder& model, const CheckpointTensor& item) {
  return model.parameters()[item.parameter].detach().narrow(0, item.row, item.rows);
}

/// The name of the head where it is the embeddings and the file holds these under both names, as PEFT writes
/// them.
std::string second_copy(const Decoder& model, const AdapterFile& file) {
  const auto head = file.tensors.find(head_name(model.config())),
             embeddings = file.tensors.find(embeddings_name(model.config()));
  const bool both = head != file.tensors.end() && embeddings != file.tensors.end();
  return tied(model.config()) && both && at::equal(head->second, embeddings->second) ? head->first : "";
}

void fill(Decoder& model, const AdapterFile& file) {
  std::set<std::string> read;
  for (const Adapter& adapter : model.adapters()) {
    const CheckpointTensor item = stored_at(model, adapter);
    copy_into(model.parameters()[adapter.a()], file[adapter.a()], adapter.a(), file);
    // B's rows lie as those of a fused weight do; a transposed weight has its B as it is.
    const at::Tensor& b = file[adapter.b()];
    const bool by_heads = item.order == StoredOrder::heads;
    copy_into(model.parameters()[adapter.b()], by_heads ? as_computed(b, item) : b, adapter.b(), file);
    read.insert({adapter.a(), adapter.b()});
  }
  for (const CheckpointTensor& item : stored_whole(model)) {
    if (!file.tensors.contains(item.name))
      continue;  // another part of a fused weight, or a head that is untied
    copy_into(rows_of_own(model, item), as_computed(file[item.name], item), item.name, file);
    read.insert(item.name);
  }
  if (const auto twin = second_copy(model, file); !twin.empty()) read.insert(twin);
  for (const auto& [name, tensor] : file.tensors)
    require(read.contains(name), "{}: the tensor \"{}{}\" has no place in the model.", file.where, kPrefix,
            name);
}

/// Where the weight of a tied head is one of the model's own, it starts as the base's embeddings.
void untie(Decoder& model, const ModelConfig& base) {
  if (model.config().tie_word_embeddings || !base.tie_word_embeddings ||
      model.config().head != Head::language)
    return;
  model.parameters()[part_name(&PartNames::head) + ".weight"].copy_(
      (*model.base())[part_name(&PartNames::embeddings) + ".weight"].numbers());
}

/// "OWNER/NAME" or "NAME", and no directory here.
bool is_hub_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.front() != '/' && std::ranges::count(name, '/') <= 1 &&
         !fs::exists(name);
}

/// The shortest ends that name these modules and no other; their names where there are none.
std::vector<std::string> targets_of(const Decoder& model) {
  std::set<std::string> ends, modules;
  for (const Adapter& adapter : model.adapters()) {
    ends.insert(adapter.name.substr(adapter.name.rfind('.') + 1));
    modules.insert(adapter.name);
  }
  const std::vector<std::string> shortest(ends.begin(), ends.end());
  if (linear_modules(model.config(), shortest).size() == modules.size()) return shortest;
  return {modules.begin(), modules.end()};
}

/// alpha of a scale: a whole number where there is one, by rsLoRA's rule if need be.
PeftConfig scaled(std::int64_t rank, double scale) {
  const auto r = static_cast<double>(rank);
  const auto whole = [](double value) {
    return std::abs(value - std::round(value)) < 1e-9 * std::abs(value);
  };
  const double plain = scale * r, stabilised = scale * std::sqrt(r);
  const bool rslora = !whole(plain) && whole(stabilised);
  const double alpha = rslora ? stabilised : plain;
  return {.rank = rank, .alpha = whole(alpha) ? std::round(alpha) : alpha, .rslora = rslora};
}

bool trains_tied_embeddings(const Decoder& model) {
  return tied(model.config()) && model.parameters().contains(part_name(&PartNames::embeddings) + ".weight");
}

PeftConfig peft_config_of(const Decoder& model) {
  const std::span<const Adapter> adapters = model.adapters();
  PeftConfig peft = scaled(adapters.front().rank, adapters.front().scale);
  peft.base = model.config().source;
  peft.revision = model.config().source_revision;
  peft.task_type = model.config().head == Head::language ? "CAUSAL_LM"
                   : model.config().labels_tokens        ? "TOKEN_CLS"
                                                         : "SEQ_CLS";
  peft.targets = targets_of(model);
  for (const Adapter& adapter : adapters) {
    const auto r = static_cast<double>(adapter.rank);
    if (adapter.rank != peft.rank) peft.rank_pattern.emplace_back(adapter.name, r, "rank_pattern");
    if (adapter.rank != peft.rank || adapter.scale != adapters.front().scale)
      peft.alpha_pattern.emplace_back(adapter.name, adapter.scale * (peft.rslora ? std::sqrt(r) : r),
                                      "alpha_pattern");
  }
  for (const CheckpointTensor& item : stored_whole(model)) {
    const std::string name = name_in_peft(item, model.config()), module = name.substr(0, name.rfind('.'));
    if (std::ranges::find(peft.modules_to_save, module) == peft.modules_to_save.end())
      peft.modules_to_save.push_back(module);
  }
  peft.ties_weights = trains_tied_embeddings(model);
  return peft;
}

}  // namespace

bool holds_adapters(const fs::path& folder) {
  return fs::exists(folder / kConfig);
}

bool holds_model(const fs::path& folder) {
  return fs::exists(folder / "config.json") || holds_adapters(folder);
}

fs::path base_folder(const fs::path& folder, const fs::path& base) {
  const auto found = base.empty() ? base_named(folder) : model_directory(base);
  if (found) return *found;
  fail(
      "Loading the adapters in {}: their base \"{}\" is no model directory here, and not in the hub's cache; "
      "name its directory with --base.",
      folder.string(), base.empty() ? base_name(folder) : base.string());
}

std::string base_name(const fs::path& folder) {
  return read_peft_config(folder / kConfig).base;
}

std::optional<fs::path> base_named(const fs::path& folder) {
  const PeftConfig peft = read_peft_config(folder / kConfig);
  return model_directory(peft.base, peft.revision.empty() ? "main" : peft.revision);
}

fs::path tokenizer_home(const fs::path& folder, const fs::path& base) {
  const auto has = [&](const char* file) { return fs::exists(folder / file); };
  const bool own = has("tokenizer.json") || has("tokenizer_config.json") || has("tokenizer.model");
  return own || !holds_adapters(folder) ? folder : base_folder(folder, base);
}

std::unique_ptr<Decoder> load_adapted(const fs::path& folder, const Reading& reading) {
  const PeftConfig peft = read_peft_config(folder / kConfig);
  const fs::path home = base_folder(folder, reading.base);
  const Base base = base_at(home, reading.precision);
  const AdapterFile file(folder, base.config);
  const auto trained_on = file.metadata.find(kFingerprint);
  require(
      trained_on == file.metadata.end() || trained_on->second == base.weights->fingerprint(),
      "Loading the adapters in {}: {} is not the base that they were trained on, for its weights are others; "
      "name that one with --base.",
      folder.string(), home.string());
  ModelConfig config = config_on(base.config, folder, peft, file);
  if (is_hub_name(peft.base)) {
    config.source = peft.base;
    config.source_revision = peft.revision;
  }
  const PartialTraining training = training_of(peft, file, config);
  require_all_named(config, peft, training, file);
  auto model = std::make_unique<Decoder>(config, base.weights, training);
  untie(*model, base.config);
  fill(*model, file);
  return model;
}

void save_adapters(const Decoder& model, const fs::path& folder) {
  NamedTensors tensors;
  for (const Adapter& adapter : model.adapters()) {
    const CheckpointTensor item = stored_at(model, adapter);
    const at::Tensor b = model.parameters()[adapter.b()].detach();
    tensors[kPrefix + adapter.a()] = model.parameters()[adapter.a()].detach();
    tensors[kPrefix + adapter.b()] = item.order == StoredOrder::heads ? as_stored(b, item) : b;
  }
  for (const CheckpointTensor& item : stored_whole(model))
    tensors[kPrefix + name_in_peft(item, model.config())] = as_stored(rows_of_own(model, item), item);
  if (trains_tied_embeddings(model))  // PEFT looks for both
    tensors[kPrefix + kHead] = tensors.at(kPrefix + embeddings_name(model.config()));
  write_safetensors(folder / kWeights, tensors,
                    {{"format", "pt"}, {kFingerprint, model.base()->fingerprint()}});
  write_file(folder / kConfig,
             to_pretty(peft_config_json(peft_config_of(model), model.config().family->transposed)));
}

}  // namespace nudge
