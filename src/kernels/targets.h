#pragma once

/// The instruction sets that each kernel is compiled for: AVX2, AVX-512, NEON and Highway's scalar emulation
/// as the fallback; the processor decides at run time. The rest of Highway's list would add build time for
/// machines that nobody trains on, or has vectors without a fixed size, which register tiles cannot use.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include <hwy/targets.h>  // reads the list above
