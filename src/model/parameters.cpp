#include "model/parameters.h"

#include <c10/util/accumulate.h>

#include "base/error.h"
#include "tensor/aten.h"
#include "tensor/zeros.h"

namespace nudge {

namespace {

constexpr std::int64_t kAlignment = 64 / sizeof(float);

std::int64_t padded(std::int64_t elements) {
  return (elements + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

Parameters::Parameters(std::vector<Spec> specs) {
  std::int64_t total = 0;
  for (const auto& spec : specs) total += padded(c10::multiply_integers(spec.shape));
  flat_ = streamed_zeros(total);

  std::int64_t offset = 0;
  for (auto& spec : specs) {
    const std::int64_t elements = c10::multiply_integers(spec.shape);
    const bool fresh = index_.emplace(spec.name, views_.size()).second;
    require(fresh, "Model parameters: the name \"{}\" is declared twice.", spec.name);
    views_.emplace_back(std::move(spec.name), flat_.narrow(0, offset, elements).view(spec.shape).detach());
    offset += padded(elements);
  }
}

const at::Tensor& Parameters::operator[](const std::string& name) const {
  const auto found = index_.find(name);
  require(found != index_.end(), "The model has no parameter named \"{}\".", name);
  return views_[found->second].second;
}

at::Tensor& Parameters::gradients() {
  if (gradients_.defined()) return gradients_;
  gradients_ = at::zeros_like(flat_);
  for (auto& [name, view] : views_) {
    view.set_requires_grad(true);
    view.mutable_grad() = gradients_.narrow(0, view.storage_offset(), view.numel()).view(view.sizes());
  }
  return gradients_;
}

void Parameters::zero_gradients() {
  if (gradients_.defined()) gradients_.zero_();
}

}  // namespace nudge
