#include "base/random.h"

#include <cmath>
#include <numbers>

namespace nudge {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014, variant 13 of Stafford): a bijection in which
/// every input bit changes every output bit with probability near one half.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// FNV-1a.
std::uint64_t hash(std::string_view text) {
  std::uint64_t state = 0xcbf29ce484222325;
  for (unsigned char c : text) state = (state ^ c) * 0x100000001b3;
  return state;
}

}  // namespace

Stream::Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t index)
    : key_(mix(mix(mix(seed + kGolden) ^ hash(purpose)) + (index + 1) * kGolden)) {}

Stream::result_type Stream::operator()() {
  // Two rounds with the key in each: with one, all streams would be windows of one sequence and could
  // overlap.
  return mix(mix(key_ + ++counter_ * kGolden) ^ key_);
}

double Stream::uniform() {
  return static_cast<double>((*this)() >> 11) * 0x1p-53;
}

std::uint64_t Stream::below(std::uint64_t n) {
  // Lemire 2019, "Fast random integer generation in an interval".
  using Wide = unsigned __int128;
  Wide product = static_cast<Wide>((*this)()) * n;
  const std::uint64_t rejected = -n % n;
  while (static_cast<std::uint64_t>(product) < rejected) product = static_cast<Wide>((*this)()) * n;
  return static_cast<std::uint64_t>(product >> 64);
}

double Stream::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

}  // namespace nudge
