#include "assembly/lora.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/progress.h"
#include "model/adapters.h"
#include "model/bases.h"
#include "model/weight_names.h"

namespace nudge {
namespace {

// The decoder multiplies by q, k and v, or gate and up, as one matrix, which is trained as a whole or not at
// all.
void require_whole_matrices(const ModelConfig& config, const std::vector<std::string>& modules) {
  const auto saved = [&](const CheckpointTensor& item) {
    return std::ranges::any_of(modules,
                               [&](const std::string& each) { return item.name.starts_with(each + "."); });
  };
  const auto all = checkpoint_tensors(config);
  std::map<std::string, std::string> trained;  // of the decoder's matrices, by one of their parts
  for (const CheckpointTensor& item : all)
    if (saved(item)) trained.emplace(item.parameter, item.name);
  for (const CheckpointTensor& item : all)
    if (const auto found = trained.find(item.parameter); found != trained.end() && !saved(item))
      throw UsageError(
          fmt::format("--lora_modules_to_save names {} without {}, and the two are one matrix here; name all "
                      "of its parts, or none.",
                      found->second, item.name));
}

PartialTraining partial_training(const ModelConfig& config, const LoraOptions& lora) {
  const auto rank = static_cast<double>(lora.lora_r);
  PartialTraining training{.rank = lora.lora_r,
                           .scale = lora.lora_alpha / (lora.use_rslora ? std::sqrt(rank) : rank),
                           .adapted = linear_modules(config, lora.lora_target_modules)};
  // TRL's users name the head of a model that scores; here it is trained in any case.
  std::vector<std::string> ends = lora.lora_modules_to_save;
  std::erase(ends, "score");
  if (config.head == Head::scalar) ends.emplace_back(config.family->names.score);
  training.whole = modules_ending(config, ends);
  require_whole_matrices(config, training.whole);
  // As PEFT does: what is trained as it is gets no adapter.
  std::erase_if(training.adapted, [&](const std::string& module) {
    return std::ranges::find(training.whole, module) != training.whole.end();
  });
  if (training.adapted.empty())
    throw UsageError(
        "--lora_target_modules names only what --lora_modules_to_save trains as it is; name another layer.");
  return training;
}

// PEFT would compute other numbers with what is written: it puts no adapter on what is saved whole.
void require_apart(const Decoder& model) {
  for (const Adapter& adapter : model.adapters())
    require(!model.parameters().contains(adapter.parameter),
            "Training adapters on: {} has an adapter, and its matrix is one here with another that "
            "modules_to_save holds whole; merge them first (nudge merge).",
            adapter.name);
}

void say_what_is_trained(const Decoder& model, const char* which) {
  std::int64_t frozen = 0;
  for (const auto& [name, weight] : model.base()->named()) frozen += weight.numel();
  say(fmt::format("LoRA: {} adapters of {} layers, {} parameters to train over {} frozen ones.", which,
                  model.adapters().size(), model.parameters().count(), frozen));
}

}  // namespace

void declare(Options& options, LoraOptions& lora) {
  options.rule([&lora] {
    if (!lora.use_peft && lora != LoraOptions{})
      throw UsageError(
          "Options of LoRA without --use_peft would change nothing; give it as well, or leave them out.");
    if (lora.lora_dropout != 0)
      throw UsageError(fmt::format(
          "--lora_dropout is {}, and adapters are trained without dropout here, so that rollouts and "
          "training agree; give 0.",
          lora.lora_dropout));
    if (lora.lora_target_modules.empty())
      throw UsageError("--lora_target_modules is empty; name layers, or all-linear.");
  });
  const std::string open = options.section();
  options.section("LoRA");
  options.add("use_peft", lora.use_peft,
              "Train low-rank adapters on the frozen model instead of all weights.");
  options.add("lora_r", lora.lora_r, "Rank of the adapters.").within(at_least(1));
  options.add("lora_alpha", lora.lora_alpha, "What they add is scaled by alpha / r.").within(above(0));
  options.add("lora_dropout", lora.lora_dropout, "Taken for TRL's sake: 0.").within(between(0, 1));
  options
      .add("lora_target_modules", lora.lora_target_modules,
           "Linear layers that get adapters: names, ends of names (q_proj), or all-linear.")
      .shown_as("NAME");
  options
      .add("lora_modules_to_save", lora.lora_modules_to_save,
           "Modules that are trained as they are (embed_tokens); a head that scores always is.")
      .shown_as("NAME");
  options.add("use_rslora", lora.use_rslora, "Scale by alpha / sqrt(r) (rsLoRA).");
  options.section(open);
}

LoadedModel load_policy(const std::string& folder, ModelOptions& models, const LoraOptions& lora,
                        std::uint64_t seed) {
  models.settle_for(model_folder(folder));
  ModelOptions whole = models;
  if (!lora.use_peft) whole.compute = {};  // adapters are merged into numbers that nobody has rounded
  LoadedModel policy = load_language_model(folder, whole);
  policy.model = to_train(std::move(policy.model), lora, seed);
  if (!lora.use_peft) policy.model->compute_in(models.compute.precision());
  return policy;
}

std::unique_ptr<Decoder> to_train(std::unique_ptr<Decoder> model, const LoraOptions& lora,
                                  std::uint64_t seed) {
  if (!lora.use_peft) return model->base() ? model->merged() : std::move(model);
  if (model->base()) {
    require_apart(*model);
    if (lora != LoraOptions{.use_peft = true})
      warn("LoRA: the model's own adapters are trained on; the options of fresh ones change nothing.");
    say_what_is_trained(*model, "the model's own");
    return model;
  }
  model->freeze(partial_training(model->config(), lora), seed);
  share_base(*model);
  say_what_is_trained(*model, "fresh");
  return model;
}

}  // namespace nudge
