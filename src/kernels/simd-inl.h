// Vectors of float for the instruction set being compiled: whole and partial loads, the exponential.
#if defined(NUDGE_KERNELS_SIMD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NUDGE_KERNELS_SIMD_INL_H
#undef NUDGE_KERNELS_SIMD_INL_H
#else
#define NUDGE_KERNELS_SIMD_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;
using Vec = hn::Vec<Tag>;
constexpr std::int64_t kLanes = hn::MaxLanes(Tag());

HWY_INLINE Vec zero() {
  return hn::Zero(Tag());
}
HWY_INLINE Vec broadcast(float x) {
  return hn::Set(Tag(), x);
}

/// Whether a masked load or store leaves the memory of the lanes left out alone; elsewhere Highway may touch
/// it.
constexpr bool kMasksGuardMemory = HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3;

HWY_INLINE auto first_lanes(std::int64_t count) {
  return hn::FirstN(Tag(), std::max<std::int64_t>(0, count));
}

/// The first min(count, kLanes) elements at p; the other lanes hold `rest`.
HWY_INLINE Vec load(const float* p, std::int64_t count = kLanes, float rest = 0) {
  const Tag d;
  if (count >= kLanes) return hn::LoadU(d, p);
  if constexpr (kMasksGuardMemory) {
    const auto mask = first_lanes(count);
    return hn::IfThenElse(mask, hn::MaskedLoad(mask, d, p), broadcast(rest));
  }
  alignas(64) float lanes[kLanes];
  for (std::int64_t i = 0; i < kLanes; ++i) lanes[i] = i < count ? p[i] : rest;
  return hn::Load(d, lanes);
}

HWY_INLINE void store(Vec x, float* p, std::int64_t count = kLanes) {
  const Tag d;
  if (count >= kLanes) return hn::StoreU(x, d, p);
  if constexpr (kMasksGuardMemory) return hn::BlendedStore(x, first_lanes(count), d, p);
  alignas(64) float lanes[kLanes];
  hn::Store(x, d, lanes);
  std::copy_n(lanes, count, p);
}

HWY_INLINE float sum(Vec x) {
  return hn::GetLane(hn::SumOfLanes(Tag(), x));
}
HWY_INLINE float maximum(Vec x) {
  return hn::GetLane(hn::MaxOfLanes(Tag(), x));
}

/// Calls body(i, count) for each vector of [0, n): whole vectors first, where count is the constant kLanes,
/// then the rest.
template <class Body>
HWY_INLINE void for_each_vector(std::int64_t n, const Body& body) {
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) body(i, kLanes);
  if (i < n) body(i, n - i);
}

HWY_INLINE float dot(const float* a, const float* b, std::int64_t n) {
  Vec total = zero();
  for_each_vector(n, [&](std::int64_t i, std::int64_t count)
                         HWY_ATTR { total = hn::MulAdd(load(a + i, count), load(b + i, count), total); });
  return sum(total);
}

/// e^x to about 1e-7 relative, for x <= 88; 0 below -87.3 (so at -infinity too), NaN at NaN. Reduction by
/// multiples of ln 2 in two parts and the polynomial of Cephes' expf.
HWY_INLINE Vec exponential(Vec x) {
  const Tag d;
  const hn::RebindToSigned<Tag> di;
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits, from where it goes into the
  // exponent.
  const Vec magic = broadcast(12582912.0f);
  const Vec biased = hn::MulAdd(x, broadcast(1.44269504088896341f), magic);
  const Vec n = hn::Sub(biased, magic);
  Vec r = hn::NegMulAdd(n, broadcast(0.693359375f), x);
  r = hn::NegMulAdd(n, broadcast(-2.12194440e-4f), r);
  const Vec r2 = hn::Mul(r, r);
  const Vec p54 = hn::MulAdd(broadcast(1.9875691500e-4f), r, broadcast(1.3981999507e-3f));
  const Vec p32 = hn::MulAdd(broadcast(8.3334519073e-3f), r, broadcast(4.1665795894e-2f));
  const Vec p10 = hn::MulAdd(broadcast(1.6666665459e-1f), r, broadcast(5.0000001201e-1f));
  Vec p = hn::MulAdd(hn::MulAdd(p54, r2, p32), r2, p10);
  p = hn::MulAdd(p, r2, hn::Add(r, broadcast(1.0f)));
  const auto scaled = hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::BitCast(di, biased)));
  return hn::IfThenElse(hn::Lt(x, broadcast(-87.3f)), hn::Zero(d), hn::BitCast(d, scaled));
}

}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
