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

/// The first min(count, kLanes) elements at p; the other lanes hold `rest`.
HWY_INLINE Vec load(const float* p, std::int64_t count = kLanes, float rest = 0) {
  if (count >= kLanes) return hn::LoadU(Tag(), p);
  alignas(64) float lanes[kLanes];
  for (std::int64_t i = 0; i < kLanes; ++i) lanes[i] = i < count ? p[i] : rest;
  return hn::Load(Tag(), lanes);
}

HWY_INLINE void store(Vec x, float* p, std::int64_t count = kLanes) {
  if (count >= kLanes) return hn::StoreU(x, Tag(), p);
  alignas(64) float lanes[kLanes];
  hn::Store(x, Tag(), lanes);
  std::memcpy(p, lanes, static_cast<std::size_t>(count) * sizeof(float));
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

/// e^x to about 1e-7 relative, for x <= 88; 0 below -87.3 (so at -infinity too), NaN at NaN. Reduction by
/// multiples of ln 2 in two parts and the polynomial of Cephes' expf.
HWY_INLINE Vec exponential(Vec x) {
  const Tag d;
  const hn::RebindToSigned<Tag> di;
  const auto n = hn::Round(hn::Mul(x, broadcast(1.44269504088896341f)));
  auto r = hn::NegMulAdd(n, broadcast(0.693359375f), x);
  r = hn::NegMulAdd(n, broadcast(-2.12194440e-4f), r);
  auto p = broadcast(1.9875691500e-4f);
  p = hn::MulAdd(p, r, broadcast(1.3981999507e-3f));
  p = hn::MulAdd(p, r, broadcast(8.3334519073e-3f));
  p = hn::MulAdd(p, r, broadcast(4.1665795894e-2f));
  p = hn::MulAdd(p, r, broadcast(1.6666665459e-1f));
  p = hn::MulAdd(p, r, broadcast(5.0000001201e-1f));
  p = hn::MulAdd(p, hn::Mul(r, r), hn::Add(r, broadcast(1.0f)));
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127)));
  const auto y = hn::Mul(p, hn::BitCast(d, exponent));
  return hn::IfThenElse(hn::Lt(x, broadcast(-87.3f)), hn::Zero(d), y);
}

}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
