#include "rewards/verifiers/power.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace nudge {
namespace {

constexpr std::size_t kMostBits = 10'000;  // 3,000 digits: fractions of more cost milliseconds each

std::size_t bits(const Rational& value) {
  return std::max(mpz_sizeinbase(value.get_num_mpz_t(), 2), mpz_sizeinbase(value.get_den_mpz_t(), 2));
}

}  // namespace

std::optional<Rational> bounded(Rational value) {
  if (bits(value) >= kMostBits) return std::nullopt;
  return value;
}

std::optional<Rational> power(const Rational& base, long exponent) {
  const auto times = static_cast<unsigned long>(std::labs(exponent));
  if ((exponent < 0 && base == 0) || bits(base) * times >= kMostBits) return std::nullopt;
  Rational result;  // in lowest terms, as base is
  mpz_pow_ui(result.get_num_mpz_t(), base.get_num_mpz_t(), times);
  mpz_pow_ui(result.get_den_mpz_t(), base.get_den_mpz_t(), times);
  return exponent < 0 ? Rational(1 / result) : result;
}

}  // namespace nudge
