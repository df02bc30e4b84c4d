#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor/weight.h"

namespace nudge {

using NamedWeights = std::vector<std::pair<std::string, Weight>>;

/// Weights by name that never change: what models on one base share, by std::shared_ptr<const Weights>. None
/// requires a gradient. Matrices lie in panels, once, which training, scoring and decoding read. Safe to read
/// from many threads.
class Weights {
 public:
  /// Freezes weights where they lie, each for products in its precision: nobody else may read or change the
  /// tensors from now on.
  explicit Weights(const std::vector<std::pair<std::string, at::Tensor>>& named,
                   const std::function<Precision(const std::string& name)>& precision_of = {});

  bool contains(const std::string& name) const { return index_.contains(name); }
  const Weight& operator[](const std::string& name) const;  // Error when unknown
  const NamedWeights& named() const { return named_; }

  /// Tells bases apart, in no time: SHA-256 of the names, the shapes and a thousand numbers of each weight,
  /// as they were before they were rounded.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  NamedWeights named_;
  std::unordered_map<std::string, std::size_t> index_;
  std::string fingerprint_;
};

}  // namespace nudge
