#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/weight.h"

namespace nudge {

/// The mean of the rows of w [V, D], fp32 on the CPU, in double and in the order of the rows: the same bits
/// on any number of threads. No gradient. -> [1, D]
at::Tensor mean_row(const Weight& w_VD);

}  // namespace nudge
