#include "model/weights.h"

#include <c10/util/StringUtil.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

std::string fingerprint_of(const std::vector<std::pair<std::string, at::Tensor>>& named) {
  constexpr std::int64_t kNumbers = 1000;
  std::string read;
  for (const auto& [name, numbers] : named) {
    read += name + " " + c10::str(numbers.sizes()) + "\n";
    const std::int64_t step = std::max<std::int64_t>(1, numbers.numel() / kNumbers);
    const auto* number = numbers.const_data_ptr<float>();
    for (std::int64_t i = 0; i < numbers.numel(); i += step)
      read.append(reinterpret_cast<const char*>(number + i), sizeof *number);
  }
  return sha256(read);
}

}  // namespace

Weights::Weights(const std::vector<std::pair<std::string, at::Tensor>>& named,
                 const std::function<Precision(const std::string& name)>& precision_of)
    : fingerprint_(fingerprint_of(named)) {
  for (const auto& [name, numbers] : named) {
    const bool fresh = index_.emplace(name, named_.size()).second;
    require(fresh, "Model weights: the name \"{}\" is there twice.", name);
    named_.emplace_back(name,
                        Weight::freeze(numbers, precision_of ? precision_of(name) : Precision::float32));
  }
}

const Weight& Weights::operator[](const std::string& name) const {
  const auto found = index_.find(name);
  require(found != index_.end(), "The model has no weight named \"{}\".", name);
  return named_[found->second].second;
}

}  // namespace nudge
