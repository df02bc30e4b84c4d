#include "generation/packed_linear.h"

#include "kernels/layer_norm.h"
#include "kernels/norm.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

void pack(kernels::PackedMatrix& packed, const at::Tensor& weight) {
  packed.pack(weight.const_data_ptr<float>(), weight.size(0), weight.size(1), weight.stride(0));
}

}  // namespace

void PackedLinear::refresh() {
  linear_.weight_NK.packed(memory_);
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const LowRank& adapter = linear_.adapters[i];
    pack(terms_[i].a, adapter.a_RK);
    pack(terms_[i].b, adapter.b_NR * adapter.scale);
    terms_[i].row = adapter.row;
  }
}

void PackedLinear::operator()(const float* x, std::int64_t m, std::int64_t ldx, float* y, std::int64_t ldy,
                              kernels::Store store) const {
  kernels::gemm(x, m, ldx, panels(), y, ldy, store);
  if (linear_.bias_N.defined()) {
    const float* bias = linear_.bias_N.const_data_ptr<float>();
    const std::int64_t n = rows();
    for (std::int64_t row = 0; row < m; ++row)
      for (std::int64_t i = 0; i < n; ++i) y[row * ldy + i] += bias[i];
  }
  if (terms_.empty()) return;
  thread_local kernels::AlignedFloats low;  // [M, R]; threads may share one PackedLinear
  for (const Term& term : terms_) {
    const std::int64_t rank = term.a.rows();
    if (std::ssize(low) < m * rank) low.resize(static_cast<std::size_t>(m * rank));
    kernels::gemm(x, m, ldx, term.a, low.data(), rank);
    kernels::gemm(low.data(), m, rank, term.b, y + term.row, ldy, kernels::Store::add);
  }
}

void PackedNorm::refresh() {
  const at::NoGradGuard no_grad;
  if (!norm_.absent()) gain_D_ = norm_.gain_D().detach();
}

void PackedNorm::operator()(const float* x, std::int64_t rows, float* y) const {
  const float* gain = gain_D_.const_data_ptr<float>();
  const auto epsilon = static_cast<float>(norm_.epsilon);
  if (norm_.kind == NormKind::layer) {
    kernels::layer_norm(x, gain, norm_.bias_D.const_data_ptr<float>(), epsilon, rows, width(), y, nullptr,
                        nullptr);
  } else {
    kernels::rms_norm(x, gain, epsilon, rows, width(), y, nullptr);
  }
}

void PackedNorm::heads(float* x, std::int64_t rows, std::int64_t columns, std::int64_t ld) const {
  kernels::rms_norm_heads({rows, columns / width(), width(), ld}, x, gain_D_.const_data_ptr<float>(),
                          static_cast<float>(norm_.epsilon), x, nullptr);
}

}  // namespace nudge
