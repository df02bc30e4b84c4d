#include "tensor/weight.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cstring>
#include <utility>

#include "tensor/aten.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

struct Kept : torch::CustomClassHolder {
  explicit Kept(const Weight& its_weight) : weight(its_weight) {}
  Weight weight;
};

}  // namespace

Weight Weight::freeze(const at::Tensor& numbers) {
  Weight weight(numbers.detach());
  if (numbers.dim() != 2) return weight;
  require(numbers.is_contiguous() && numbers.scalar_type() == at::kFloat,
          "Freezing a weight: expected contiguous float32 numbers, got {}.",
          c10::toString(numbers.scalar_type()));
  kernels::PackedMatrix panels;
  panels.pack_in_place(mutable_data(weight.numbers_), numbers.size(0), numbers.size(1));
  weight.panels_ = std::make_shared<const kernels::PackedMatrix>(std::move(panels));
  return weight;
}

at::Tensor Weight::numbers() const {
  if (!in_panels()) return numbers_;
  const at::Tensor copy = at::empty(sizes(), at::kFloat);
  auto* to = copy.mutable_data_ptr<float>();
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < size(0); ++row) copy_row(row, to + row * size(1));
  return copy;
}

at::Tensor Weight::learnt() const {
  return in_panels() ? at::empty({0}, at::kFloat) : numbers_;
}

float Weight::number(std::int64_t index) const {
  if (!in_panels()) return data(numbers_)[index];
  float number;
  panels_->read(index / size(1), index % size(1), 1, &number);
  return number;
}

void Weight::copy_row(std::int64_t row, float* numbers) const {
  const std::int64_t width = size(1);
  if (in_panels())
    panels_->read(row, 0, width, numbers);
  else
    std::memcpy(numbers, data(numbers_) + row * width, width * sizeof(float));
}

const kernels::PackedMatrix& Weight::packed(kernels::PackedMatrix& memory) const {
  if (in_panels()) return *panels_;
  memory.pack(data(numbers_), size(0), size(1), size(1));
  return memory;
}

at::Tensor Weight::save(torch::autograd::AutogradContext& context, const char* name) const {
  if (!in_panels()) return numbers_;
  context.saved_data[name] = c10::IValue::make_capsule(c10::make_intrusive<Kept>(*this));
  return {};
}

Weight Weight::saved(const torch::autograd::AutogradContext& context, const char* name,
                     const at::Tensor& saved) {
  if (saved.defined()) return saved;
  return dynamic_cast<const Kept&>(*context.saved_data.at(name).toCapsule()).weight;
}

}  // namespace nudge
