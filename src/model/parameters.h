#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace nudge {

/// What a learner updates of a model (all its weights, or adapters and heads above a frozen base) in one flat
/// fp32 buffer, the gradients in another: clip, AdamW, zeroing and checkpoints are single linear passes. Each
/// named parameter is a view that starts on a 64-byte boundary (the gaps between them stay 0); `.grad` of it
/// is a view of the gradient buffer at the same place.
class Parameters {
 public:
  struct Spec {
    std::string name;
    std::vector<std::int64_t> shape;
  };
  /// All zero.
  explicit Parameters(std::vector<Spec> specs);

  const at::Tensor& operator[](const std::string& name) const;  // Error when unknown
  bool contains(const std::string& name) const { return index_.contains(name); }
  /// In declaration order.
  const std::vector<std::pair<std::string, at::Tensor>>& named() const { return views_; }
  /// Of the flat buffer, its gaps included: the length of a linear pass.
  std::int64_t count() const { return flat_.numel(); }

  const at::Tensor& flat() const { return flat_; }
  /// To be called by who has written to the numbers otherwise than by ATen's operations.
  void changed() const { flat_.unsafeGetTensorImpl()->bump_version(); }
  /// Allocates the gradient buffer on first use and makes every parameter require gradients.
  at::Tensor& gradients();
  void zero_gradients();

 private:
  std::vector<std::pair<std::string, at::Tensor>> views_;
  std::unordered_map<std::string, std::size_t> index_;
  at::Tensor flat_, gradients_;
};

}  // namespace nudge
