#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/parameters.h"
#include "model/weight_names.h"

namespace nudge {

/// What of a model a learner updates, where that is not all of it. Names are the checkpoint's tensors without
/// ".weight", as PEFT's are: "model.layers.0.self_attn.q_proj", "model.embed_tokens".
struct PartialTraining {
  std::int64_t rank = 16;            // of every adapter
  double scale = 1;                  // of what they add: alpha / rank, or alpha / sqrt(rank) (rsLoRA)
  std::vector<std::string> adapted;  // linear layers that get one
  std::vector<std::string> whole;    // tensors that are trained as they are

  /// An adapter of another rank or scale than most.
  struct Other {
    std::string name;
    std::int64_t rank;
    double scale;
  };
  std::vector<Other> others;
};

/// An adapter of one tensor of the checkpoint: two parameters of the model, `name`.lora_A.weight [rank, K]
/// and `name`.lora_B.weight [rows, rank].
struct Adapter {
  std::string name;
  std::string parameter;  // the decoder's fused weight, of which it has the rows [row, row + rows)
  std::int64_t row, rows, columns, rank;
  double scale;

  std::string a() const { return name + ".lora_A.weight"; }
  std::string b() const { return name + ".lora_B.weight"; }
};

/// Whether `target` names `module` as PEFT's lists do: by its name, or by the end of it behind a dot.
bool names_module(const std::string& target, const std::string& module);

/// The linear layers of attention and feed-forward layers that `targets` name as PEFT's target_modules do, in
/// the decoder's order: by their names, by ends of them ("q_proj", "self_attn.q_proj"), or "all-linear".
/// Error naming a target that fits none.
std::vector<std::string> linear_modules(const ModelConfig& config, std::span<const std::string> targets);
/// The modules of any kind that `ends` name, as PEFT's modules_to_save do ("embed_tokens", "score"). Error
/// naming an end that fits none.
std::vector<std::string> modules_ending(const ModelConfig& config, std::span<const std::string> ends);

/// The adapters that `training` asks for, in the decoder's order. Error naming what is no linear layer.
std::vector<Adapter> planned_adapters(const ModelConfig& config, const PartialTraining& training);

/// The names of the decoder's weights that `training` asks to train whole: a fused one if one of its parts
/// is. Error naming what the model has not.
std::vector<std::string> planned_whole(const ModelConfig& config, const PartialTraining& training);

}  // namespace nudge
