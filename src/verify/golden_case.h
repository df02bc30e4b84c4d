#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "tensor/aten.h"
#include "tensor/ragged.h"

// Reading golden cases, and how far our numbers are from theirs.
namespace nudge::golden {

using Rows = std::vector<std::vector<float>>;

inline double number_or_nan(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

inline std::vector<double> numbers(const Json& golden, const char* name) {
  std::vector<double> result;
  for (const Json& value : get<Json>(golden, name, "golden")) result.push_back(number_or_nan(value));
  return result;
}

inline at::Tensor tensor(const Json& golden, const char* name) {
  return at::tensor(numbers(golden, name), at::kDouble);
}

inline std::optional<double> optional_number(const Json& golden, const char* name) {
  if (!golden.contains(name) || golden.at(name).is_null()) return {};
  return golden.at(name).get<double>();
}

inline double deviation(double got, double want) {
  if (std::isnan(got) || std::isnan(want)) return std::isnan(got) == std::isnan(want) ? 0 : INFINITY;
  const double difference = std::abs(got - want);
  return std::min(difference, difference / std::abs(want));
}

template <class Numbers>
double worst(const Numbers& got, const std::vector<double>& want) {
  if (got.size() != want.size()) return INFINITY;
  double result = 0;
  for (std::size_t i = 0; i < want.size(); ++i) result = std::max(result, deviation(got[i], want[i]));
  return result;
}

inline double worst(const at::Tensor& got, const std::vector<double>& want) {
  const auto flat = got.to(at::kDouble).contiguous();
  return worst(
      std::vector<double>(flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()), want);
}

inline Ragged ragged(const Json& golden, const char* name) {
  return Ragged::of(get<Rows>(golden, name, "golden"));
}

inline double worst(const Ragged& got, const Ragged& want) {
  if (got.lengths() != want.lengths()) return INFINITY;
  const auto flat = want.flat();
  return worst(got.flat(), std::vector<double>(flat.begin(), flat.end()));
}

}  // namespace nudge::golden
