#pragma once

#include <cstdint>

namespace nudge::kernels {

/// y [rows, f] = silu(gate) * up, where each row of gate_up [rows, 2f] holds gate, then up.
void swiglu(const float* gate_up, std::int64_t rows, std::int64_t f, float* y);

/// d_gate_up [rows, 2f] from dy [rows, f].
void swiglu_backward(const float* dy, const float* gate_up, std::int64_t rows, std::int64_t f,
                     float* d_gate_up);

}  // namespace nudge::kernels
