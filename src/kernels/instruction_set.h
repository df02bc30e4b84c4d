#pragma once

namespace nudge::kernels {

/// The instruction set that the kernels run with on this machine: "AVX3", "AVX2", "NEON". Sums are taken in
/// another order under each, so results agree closely, not to the bit.
const char* instruction_set();

}  // namespace nudge::kernels
