#pragma once

#include <string>
#include <vector>

namespace nudge {

/// The ways to multiply in bf16 that this processor has, the best first, by their names: "amx",
/// "avx512_bf16", "portable". They add in different orders, so a run keeps to one.
std::vector<std::string> bf16_kernels();
/// Multiplies by this one from now on, in the whole process; Error naming those that there are.
void use_bf16_kernels(const std::string& name);

}  // namespace nudge
