#include "tensor/weight.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cstring>
#include <utility>

#include "base/mutex.h"
#include "tensor/aten.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

struct Kept : torch::CustomClassHolder {
  explicit Kept(const Weight& its_weight) : weight(its_weight) {}
  Weight weight;
};

}  // namespace

/// Packed anew when the numbers' version has changed: every operation of ATen that writes to them counts it,
/// and so does Parameters::changed.
struct Weight::Rounded {
  Mutex mutex;
  kernels::PackedMatrix panels NUDGE_LOCKING(guarded_by(mutex));
  std::int64_t version NUDGE_LOCKING(guarded_by(mutex)) = -1;

  const kernels::PackedMatrix& of(const at::Tensor& numbers) {
    const Lock lock(mutex);
    if (version != numbers._version()) {
      panels.pack(data(numbers), numbers.size(0), numbers.size(1), numbers.size(1), Precision::bfloat16);
      version = numbers._version();
    }
    return panels;
  }
  const kernels::PackedMatrix& last() {
    const Lock lock(mutex);
    return panels;
  }
};

Weight::Weight(const at::Tensor& numbers, Precision precision) {
  if (!numbers.defined()) return;
  numbers_ = numbers.contiguous();
  if (precision == Precision::float32 || numbers.dim() != 2) return;
  precision_ = precision;
  rounded_ = std::make_shared<Rounded>();
}

Weight Weight::freeze(const at::Tensor& numbers, Precision precision) {
  Weight weight(numbers.detach());
  if (numbers.dim() != 2) return weight;
  require(numbers.is_contiguous() && numbers.scalar_type() == at::kFloat,
          "Freezing a weight: expected contiguous float32 numbers, got {}.",
          c10::toString(numbers.scalar_type()));
  kernels::PackedMatrix panels;
  const std::int64_t n = numbers.size(0), k = numbers.size(1);
  if (precision == Precision::float32) {
    panels.pack_in_place(mutable_data(weight.numbers_), n, k);
  } else {
    panels.pack(data(numbers), n, k, k, precision);
    weight.numbers_ = at::Tensor();
  }
  weight.panels_ = std::make_shared<const kernels::PackedMatrix>(std::move(panels));
  weight.shape_ = {n, k};
  weight.precision_ = precision;
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
  if (rounded_) return rounded_->of(numbers_);
  memory.pack(data(numbers_), size(0), size(1), size(1));
  return memory;
}

const kernels::PackedMatrix& Weight::panels_or(const kernels::PackedMatrix& packed) const {
  if (in_panels()) return *panels_;
  return rounded_ ? rounded_->last() : packed;
}

at::Tensor Weight::save(torch::autograd::AutogradContext& context, const char* name) const {
  if (keeps_panels()) context.saved_data[name] = c10::IValue::make_capsule(c10::make_intrusive<Kept>(*this));
  return in_panels() ? at::Tensor() : numbers_;
}

Weight Weight::saved(const torch::autograd::AutogradContext& context, const char* name,
                     const at::Tensor& saved) {
  const auto kept = context.saved_data.find(name);
  if (kept == context.saved_data.end()) return saved;
  return dynamic_cast<const Kept&>(*kept->second.toCapsule()).weight;
}

}  // namespace nudge
