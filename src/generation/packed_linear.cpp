#include "generation/packed_linear.h"

#include "kernels/layer_norm.h"
#include "kernels/norm.h"
#include "tensor/aten.h"

namespace nudge {
void PackedLinear::refresh() {
  linear_.weight_NK.packed(memory_);
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    linear_.adapters[i].a_RK.packed(terms_[i].a);
    linear_.adapters[i].b_NR.packed(terms_[i].b);
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
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const LowRank& adapter = linear_.adapters[i];
    const std::int64_t rank = adapter.a_RK.size(0);
    if (std::ssize(low) < m * rank) low.resize(static_cast<std::size_t>(m * rank));
    kernels::gemm(x, m, ldx, adapter.a_RK.panels_or(terms_[i].a), low.data(), rank);
    const auto scale = static_cast<float>(adapter.scale);
    for (std::int64_t j = 0; j < m * rank; ++j) low[j] *= scale;
    kernels::gemm(low.data(), m, rank, adapter.b_NR.panels_or(terms_[i].b), y + adapter.row, ldy,
                  kernels::Store::add);
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
