#include "kernels/bf16/path.h"

#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace nudge::kernels::bf16 {
namespace {

#if defined(__x86_64__)
struct Processor {
  bool avx512_bf16 = false, amx = false;
};

/// What the processor has and the system lets programs use.
Processor look() {
  unsigned a, b, c, d, sub_a, sub_b, sub_c, sub_d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !__get_cpuid_count(7, 1, &sub_a, &sub_b, &sub_c, &sub_d) ||
      !__builtin_cpu_supports("avx512f"))
    return {};
  const bool bw = b >> 30 & 1, vl = b >> 31 & 1;
  Processor processor{.avx512_bf16 = bw && vl && (sub_a >> 5 & 1)};
  // The system keeps tiles (8 KiB a thread) only for processes that ask for them.
  constexpr long kArchRequestPermission = 0x1023, kTileData = 18;
  const bool amx_bf16 = d >> 22 & 1, amx_tile = d >> 24 & 1;
  processor.amx = processor.avx512_bf16 && amx_bf16 && amx_tile &&
                  syscall(SYS_arch_prctl, kArchRequestPermission, kTileData) == 0;
  return processor;
}
#endif

std::vector<const Path*> find_paths() {
  std::vector<const Path*> found;
#if defined(__x86_64__)
  const Processor processor = look();
  if (processor.amx) found.push_back(&kAmx);
  if (processor.avx512_bf16) found.push_back(&kAvx512);
#endif
  found.push_back(&kPortable);
  return found;
}

const Path*& current() {
  static const Path* in_use = paths().front();
  return in_use;
}

}  // namespace

std::span<const Path* const> paths() {
  static const std::vector<const Path*> found = find_paths();
  return found;
}

const Path& path() {
  return *current();
}

void use(const Path& path) {
  current() = &path;
}

}  // namespace nudge::kernels::bf16
