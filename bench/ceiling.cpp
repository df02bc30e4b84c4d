#include "ceiling.h"

#include <omp.h>

#include <cstdint>
#include <cstring>

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
  constexpr std::size_t kFloats = std::size_t{1} << 25;  // 128 MiB
  const std::vector<float> from(kFloats, 1.0f);
  std::vector<float> to(kFloats);
  const double copy = time_of([&] {
#pragma omp parallel
                        {
                          const auto threads = static_cast<std::size_t>(omp_get_num_threads());
                          const std::size_t share = kFloats / threads;
                          const std::size_t first = share * static_cast<std::size_t>(omp_get_thread_num());
                          std::memcpy(to.data() + first, from.data() + first, share * sizeof(float));
                        }
                      }).best;
  return {operations / burst * 1e-9, 2 * static_cast<double>(kFloats * sizeof(float)) / copy * 1e-9};
}

}  // namespace nudge::bench
#endif
