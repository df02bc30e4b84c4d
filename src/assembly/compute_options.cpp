#include "assembly/compute_options.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "tensor/bf16_kernels.h"

namespace nudge {
namespace {

/// Whether the weights, as float32, outgrow a core's second-level cache. Smaller models spend their time
/// otherwise than in products.
bool outgrow_cache(std::int64_t weights) {
  constexpr long kUsual = 2 << 20;
  const long cache = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return weights * static_cast<std::int64_t>(sizeof(float)) > (cache > 0 ? cache : kUsual);
}

}  // namespace

void declare(Options& options, ComputeOptions& compute) {
  options.choose(
      "dtype", compute.dtype,
      "Numbers that matrix products multiply; sums, losses, updates and what is saved are float32. auto: "
      "bfloat16 on a processor with AMX, if the model outgrows a core's cache.");
  options.choose(
      "bf16_kernels", compute.bf16_kernels,
      "Instructions of bfloat16. They add in different orders, so a run goes on with those that it "
      "was started with; auto: the processor's best.");
}

void settle(ComputeOptions& compute, const std::function<std::int64_t()>& weights) {
  const std::string best = bf16_kernels().front();
  if (compute.dtype == Dtype::automatic)
    compute.dtype = best == "amx" && outgrow_cache(weights()) ? Dtype::bfloat16 : Dtype::float32;
  if (compute.dtype == Dtype::float32) return;
  if (compute.bf16_kernels == Bf16Kernels::automatic)
    compute.bf16_kernels = value_of<Bf16Kernels>(best, "The instructions of bfloat16");
  use_bf16_kernels(name_of(compute.bf16_kernels));
}

std::string in_words(const ComputeOptions& compute) {
  const std::string type = name_of(compute.dtype);
  return compute.dtype == Dtype::bfloat16 ? fmt::format("{} ({})", type, name_of(compute.bf16_kernels))
                                          : type;
}

}  // namespace nudge
