#pragma once

#include <cstdint>
#include <functional>

#include "base/names.h"
#include "base/options.h"
#include "tensor/weight.h"

namespace nudge {

/// What a command's products multiply; automatic: bfloat16 where that is faster by much, else float32.
enum class Dtype { automatic, float32, bfloat16 };
constexpr auto names_table(Dtype) {
  return std::to_array<Named<Dtype>>(
      {{Dtype::automatic, "auto"}, {Dtype::float32, "float32"}, {Dtype::bfloat16, "bfloat16"}});
}

/// The instructions that multiply in bfloat16 (tensor/bf16_kernels.h); automatic: the processor's best.
enum class Bf16Kernels { automatic, amx, avx512_bf16, portable };
constexpr auto names_table(Bf16Kernels) {
  return std::to_array<Named<Bf16Kernels>>({{Bf16Kernels::automatic, "auto"},
                                            {Bf16Kernels::amx, "amx"},
                                            {Bf16Kernels::avx512_bf16, "avx512_bf16"},
                                            {Bf16Kernels::portable, "portable"}});
}

/// What a run computes in. A training command settles it before its run begins, so that config.yaml tells it
/// and --resume keeps it.
struct ComputeOptions {
  Dtype dtype = Dtype::float32;
  Bf16Kernels bf16_kernels = Bf16Kernels::automatic;

  Precision precision() const { return dtype == Dtype::bfloat16 ? Precision::bfloat16 : Precision::float32; }
};
/// Declares `--dtype` and `--bf16_kernels`.
void declare(Options& options, ComputeOptions& compute);

/// Decides what is automatic, for a model of so many weights in matrices (asked for when it matters), and has
/// the whole process multiply that way. Error where the processor has not the instructions.
void settle(ComputeOptions& compute, const std::function<std::int64_t()>& weights);

/// "bfloat16 (amx)", "float32".
std::string in_words(const ComputeOptions& compute);

}  // namespace nudge
