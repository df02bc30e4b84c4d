#include "tensor/ragged.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {

Ragged::Ragged(at::Tensor values_N, std::span<const std::int64_t> lengths_B)
    : values_N_(values_N.defined() ? values_N.contiguous() : at::empty({0}, at::kFloat)), starts_B1_{0} {
  for (const std::int64_t length : lengths_B) starts_B1_.push_back(starts_B1_.back() + length);
  require(values_N_.scalar_type() == at::kFloat && values_N_.numel() == numbers(),
          "Rows of together {} numbers were expected, in single precision, but {} came, as {}.", numbers(),
          values_N_.numel(), toString(values_N_.scalar_type()));
}

Ragged Ragged::zeros(std::span<const std::int64_t> lengths_B) {
  return {at::zeros({std::accumulate(lengths_B.begin(), lengths_B.end(), std::int64_t{0})}, at::kFloat),
          lengths_B};
}

Ragged Ragged::of(std::span<const std::vector<float>> rows) {
  std::vector<float> flat;
  std::vector<std::int64_t> lengths;
  for (const auto& row : rows) {
    flat.insert(flat.end(), row.begin(), row.end());
    lengths.push_back(std::ssize(row));
  }
  return {at::tensor(flat, at::kFloat), lengths};
}

std::vector<std::int64_t> Ragged::lengths() const {
  std::vector<std::int64_t> result(rows());
  for (std::int64_t b = 0; b < rows(); ++b) result[b] = length(b);
  return result;
}

std::vector<std::int64_t> Ragged::lengths(std::span<const std::int64_t> rows) const {
  std::vector<std::int64_t> result;
  for (const std::int64_t row : rows) result.push_back(length(row));
  return result;
}

std::span<float> Ragged::flat() {
  return {values_N_.data_ptr<float>(), static_cast<std::size_t>(numbers())};
}

std::span<const float> Ragged::flat() const {
  return {values_N_.const_data_ptr<float>(), static_cast<std::size_t>(numbers())};
}

std::span<float> Ragged::row(std::int64_t row) {
  return flat().subspan(starts_B1_[row], length(row));
}

std::span<const float> Ragged::row(std::int64_t row) const {
  return flat().subspan(starts_B1_[row], length(row));
}

at::Tensor Ragged::gather(std::span<const std::int64_t> rows) const {
  const auto lengths_of = lengths(rows);
  const at::Tensor gathered =
      at::empty({std::accumulate(lengths_of.begin(), lengths_of.end(), std::int64_t{0})}, at::kFloat);
  float* next = gathered.data_ptr<float>();
  for (const std::int64_t each : rows) next = std::ranges::copy(row(each), next).out;
  return gathered;
}

Ragged Ragged::cut(std::span<const std::int64_t> lengths_B) const {
  require(std::ssize(lengths_B) == rows(), "{} rows cannot be cut to {} lengths.", rows(), lengths_B.size());
  Ragged result = zeros(lengths_B);
  for (std::int64_t b = 0; b < rows(); ++b) {
    require(lengths_B[b] <= length(b), "A row of {} numbers has no first {}.", length(b), lengths_B[b]);
    std::ranges::copy(row(b).first(lengths_B[b]), result.row(b).begin());
  }
  return result;
}

std::vector<double> Ragged::sums() const {
  std::vector<double> result;
  for (std::int64_t b = 0; b < rows(); ++b) {
    const auto numbers = row(b);
    result.push_back(std::accumulate(numbers.begin(), numbers.end(), 0.0));
  }
  return result;
}

bool operator==(const Ragged& left, const Ragged& right) {
  return left.starts_B1_ == right.starts_B1_ && left.values_N_.equal(right.values_N_);
}

}  // namespace nudge
