#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace nudge {

/// B rows of numbers of different lengths, laid end to end: row b is
/// values_N[starts_B1[b] .. starts_B1[b + 1]). One number for each token of each completion of a rollout:
/// log-probs, values, rewards, advantages. Copies share their numbers, as tensors do.
class Ragged {
 public:
  Ragged() : Ragged(at::Tensor(), {}) {}
  /// `values_N`: fp32 on the CPU, laid end to end, not copied; undefined stands for none at all. Error when
  /// the lengths do not add up to N.
  Ragged(at::Tensor values_N, std::span<const std::int64_t> lengths_B);
  static Ragged zeros(std::span<const std::int64_t> lengths_B);
  static Ragged of(std::span<const std::vector<float>> rows);

  std::int64_t rows() const { return std::ssize(starts_B1_) - 1; }
  std::int64_t numbers() const { return starts_B1_.back(); }
  std::int64_t length(std::int64_t row) const { return starts_B1_[row + 1] - starts_B1_[row]; }
  std::vector<std::int64_t> lengths() const;
  /// Of these rows.
  std::vector<std::int64_t> lengths(std::span<const std::int64_t> rows) const;

  const at::Tensor& values_N() const { return values_N_; }
  std::span<float> flat();
  std::span<const float> flat() const;
  std::span<float> row(std::int64_t row);
  std::span<const float> row(std::int64_t row) const;

  /// The numbers of these rows, in their order, laid end to end: a new tensor [n].
  at::Tensor gather(std::span<const std::int64_t> rows) const;
  /// The first so many numbers of each row, a copy; 0 leaves an empty row. Error when a row has fewer.
  Ragged cut(std::span<const std::int64_t> lengths_B) const;
  /// The sum of each row, in double and in its order.
  std::vector<double> sums() const;

  /// As long rows, and the same numbers in them.
  friend bool operator==(const Ragged& left, const Ragged& right);

 private:
  at::Tensor values_N_;
  std::vector<std::int64_t> starts_B1_;
};

}  // namespace nudge
