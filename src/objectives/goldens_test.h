#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "base/json.h"
#include "tensor/aten.h"
#include "tensor/ragged.h"

namespace nudge {

/// tests/goldens/objectives.json: double precision from the formulas and from TRL 1.12
/// (tools/goldens/objectives.py).
inline const Json& goldens() {
  static const Json file = read_json(NUDGE_SOURCE_DIR "/tests/goldens/objectives.json");
  return file;
}

inline Ragged ragged(const Json& json) {
  return Ragged::of(json.get<std::vector<std::vector<float>>>());
}

/// float64 [N] that collects gradients; undefined for null.
inline at::Tensor leaf(const Json& json) {
  if (json.is_null()) return {};
  return at::tensor(json.get<std::vector<double>>(), at::kDouble).requires_grad_();
}
inline at::Tensor constant(const Json& json) {
  const auto tensor = leaf(json);
  return tensor.defined() ? tensor.detach() : tensor;
}

inline void expect_near(const Ragged& got, const Json& want, double tolerance) {
  ASSERT_EQ(got.rows(), std::ssize(want));
  for (std::int64_t i = 0; i < got.rows(); ++i) {
    const auto row = got.row(i);
    ASSERT_EQ(row.size(), want[i].size());
    for (std::size_t t = 0; t < row.size(); ++t)
      EXPECT_NEAR(row[t], want[i][t].get<double>(), tolerance) << "sequence " << i << ", token " << t;
  }
}

inline void expect_near(const at::Tensor& got, const Json& want, double tolerance) {
  EXPECT_TRUE(at::allclose(got, constant(want), tolerance, tolerance)) << got << constant(want);
}

}  // namespace nudge
