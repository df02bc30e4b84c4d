#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "assembly/loaded_model.h"
#include "base/options.h"

namespace nudge {

/// Low-rank adapters (Hu et al. 2021) instead of all weights, under TRL's and PEFT's names.
struct LoraOptions {
  bool use_peft = false;
  std::int64_t lora_r = 16;
  double lora_alpha = 32;
  double lora_dropout = 0;  // no other is trained with
  std::vector<std::string> lora_target_modules{"all-linear"};
  std::vector<std::string> lora_modules_to_save;
  bool use_rslora = false;

  bool operator==(const LoraOptions&) const = default;
};
/// Opens the section "LoRA".
void declare(Options& options, LoraOptions& lora);

/// The language model to train: on a frozen base with adapters where they are asked for, those that it has or
/// fresh ones drawn by `seed`; else one that owns all its weights, its adapters merged. Settles what the run
/// computes in.
LoadedModel load_policy(const std::string& folder, ModelOptions& models, const LoraOptions& lora,
                        std::uint64_t seed);

/// The same of a model that is loaded. The head of one that scores is trained as it is.
std::unique_ptr<Decoder> to_train(std::unique_ptr<Decoder> model, const LoraOptions& lora,
                                  std::uint64_t seed);

}  // namespace nudge
