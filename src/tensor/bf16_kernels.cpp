#include "tensor/bf16_kernels.h"

#include "base/error.h"
#include "kernels/bf16/path.h"

namespace nudge {

std::vector<std::string> bf16_kernels() {
  std::vector<std::string> names;
  for (const auto* path : kernels::bf16::paths()) names.emplace_back(path->name);
  return names;
}

void use_bf16_kernels(const std::string& name) {
  for (const auto* path : kernels::bf16::paths())
    if (path->name == name) return kernels::bf16::use(*path);
  fail(
      "bfloat16: this processor has not the instructions of {}, which the run asks for or was made with, and "
      "others add in another order; go on where it has them, or start anew with {}.",
      name, bf16_kernels().front());
}

}  // namespace nudge
