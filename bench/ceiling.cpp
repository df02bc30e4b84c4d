#include "ceiling.h"

#include <malloc.h>

#include <cstdint>

#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ceiling.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace nudge::bench::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Independent chains of multiply-adds, enough to hide the latency; returns the operations done.
double multiply_add(std::int64_t rounds, float* result) {
  const hn::ScalableTag<float> d;
  constexpr int kChains = HWY_TARGET == HWY_NEON ? 24 : 12;
  hn::Vec<decltype(d)> sums[kChains];
  for (auto& s : sums) s = hn::Zero(d);
  const auto a = hn::Set(d, 0.5f), b = hn::Set(d, 1.0f);
  for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 24
    for (int c = 0; c < kChains; ++c) sums[c] = hn::MulAdd(sums[c], a, b);
  }
  auto total = sums[0];
  for (int c = 1; c < kChains; ++c) total = hn::Add(total, sums[c]);
  *result = hn::GetLane(total);
  return 2.0 * static_cast<double>(rounds) * kChains * static_cast<double>(hn::Lanes(d));
}

}  // namespace
}  // namespace nudge::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::bench {

HWY_EXPORT(multiply_add);

Ceiling measure_ceiling() {
  constexpr int kKeep = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kKeep);
  mallopt(M_TRIM_THRESHOLD, kKeep);
  double operations = 0;
  const double burst = time_of([&] {
                         operations = 0;
#pragma omp parallel reduction(+ : operations)
                         {
                           volatile float sink;
                           float result;
                           operations += HWY_DYNAMIC_DISPATCH(multiply_add)(200000, &result);
                           sink = result;
                           (void)sink;
                         }
                       }).best;
  constexpr std::size_t kFloats = std::size_t{1} << 24;  // 64 MiB each
  const std::vector<float> x(kFloats, 1.0f);
  std::vector<float> y(kFloats);
  const double stream = time_of([&] {
#pragma omp parallel for simd schedule(static)
                          for (std::size_t i = 0; i < kFloats; ++i) y[i] += x[i];
                        }).best;
  return {operations / burst * 1e-9, 3 * static_cast<double>(kFloats * sizeof(float)) / stream * 1e-9};
}

}  // namespace nudge::bench
#endif
