#pragma once

#include <cstdint>

namespace nudge::kernels {

/// silu(x) = x / (1 + e^-x); gelu(x) = x times the normal distribution up to x (Hendrycks and Gimpel 2016);
/// gelu_tanh is gelu with tanh(sqrt(2 / pi) (x + 0.044715 x^3)) for its error function.
enum class Activation { silu, gelu, gelu_tanh };

/// y = f(x), n numbers.
void activate(Activation f, const float* x, std::int64_t n, float* y);

/// dx [n] from dy [n].
void activate_backward(Activation f, const float* dy, const float* x, std::int64_t n, float* dx);

/// y [rows, width] = f(gate) * up, where each row of gate_up [rows, 2 width] holds gate, then up (SwiGLU and
/// GeGLU, Shazeer 2020).
void gate(Activation f, const float* gate_up, std::int64_t rows, std::int64_t width, float* y);

/// d_gate_up [rows, 2 width] from dy [rows, width].
void gate_backward(Activation f, const float* dy, const float* gate_up, std::int64_t rows, std::int64_t width,
                   float* d_gate_up);

}  // namespace nudge::kernels
