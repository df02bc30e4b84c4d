#include "model/weights.h"

#include <c10/util/StringUtil.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
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

std::string Weights::fingerprint() const {
  constexpr std::int64_t kNumbers = 1000;
  std::string read;
  for (const auto& [name, weight] : named_) {
    read += name + " " + c10::str(weight.sizes()) + "\n";
    const at::Tensor flat = weight.flatten();
    const std::int64_t step = std::max<std::int64_t>(1, flat.numel() / kNumbers);
    const at::Tensor some = flat.slice(0, 0, flat.numel(), step).contiguous();
    read.append(reinterpret_cast<const char*>(some.const_data_ptr<float>()),
                static_cast<std::size_t>(some.numel()) * sizeof(float));
  }
  return sha256(read);
}

}  // namespace nudge
