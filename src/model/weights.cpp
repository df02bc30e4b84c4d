#include "model/weights.h"

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {

Weights::Weights(NamedWeights named) : named_(std::move(named)) {
  for (std::size_t i = 0; i < named_.size(); ++i) {
    auto& [name, weight] = named_[i];
    weight = weight.detach();
    require(index_.emplace(name, i).second, "Model weights: the name \"{}\" is there twice.", name);
  }
}

const at::Tensor& Weights::operator[](const std::string& name) const {
  const auto found = index_.find(name);
  require(found != index_.end(), "The model has no weight named \"{}\".", name);
  return named_[found->second].second;
}

}  // namespace nudge
