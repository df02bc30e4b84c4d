#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/config.h"
#include "tensor/safetensors.h"

namespace nudge {

/// The Hugging Face directory of a whole model, opened: its config.json, and the tensors of its files checked
/// against it. No weight is read before it is asked for. Not thread-safe.
class StoredModel {
 public:
  /// Throws Error when files are missing or do not fit the configuration, naming the tensor and both shapes.
  explicit StoredModel(const std::filesystem::path& folder);
  StoredModel(const StoredModel&) = delete;
  StoredModel& operator=(const StoredModel&) = delete;

  /// With `tie_word_embeddings` false where the files hold a head that is not the embeddings.
  const ModelConfig& config() const { return config_; }
  /// A tensor of checkpoint_tensors(config()), all of it, into contiguous fp32 numbers of the caller's.
  void read_into(const std::string& name, const at::Tensor& numbers) const;

  struct Tensor {
    SafetensorsFile* file;
    SafetensorsFile::Entry entry;
  };
  using Tensors = std::map<std::string, Tensor>;

 private:
  ModelConfig config_;
  std::vector<SafetensorsFile> files_;
  Tensors tensors_;
};

}  // namespace nudge
