#include "model/weights.h"

#include <c10/util/StringUtil.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "tensor/aten.h"

namespace nudge {

Weights::Weights(const std::vector<std::pair<std::string, at::Tensor>>& named) {
  for (const auto& [name, numbers] : named) {
    const bool fresh = index_.emplace(name, named_.size()).second;
    require(fresh, "Model weights: the name \"{}\" is there twice.", name);
    named_.emplace_back(name, Weight::freeze(numbers));
  }
}

const Weight& Weights::operator[](const std::string& name) const {
  const auto found = index_.find(name);
  require(found != index_.end(), "The model has no weight named \"{}\".", name);
  return named_[found->second].second;
}

std::string Weights::fingerprint() const {
  constexpr std::int64_t kNumbers = 1000;
  std::string read;
  for (const auto& [name, weight] : named_) {
    read += name + " " + c10::str(weight.sizes()) + "\n";
    const std::int64_t step = std::max<std::int64_t>(1, weight.numel() / kNumbers);
    for (std::int64_t i = 0; i < weight.numel(); i += step) {
      const float number = weight.number(i);
      read.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
  }
  return sha256(read);
}

}  // namespace nudge
