#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace nudge::kernels {

/// Threads worth waking for `work` elementary steps (about a nanosecond each): one where a fork and join,
/// about a microsecond, would cost more than it saves, else all. Never a number between: libgomp ends and
/// starts threads when the size of a team changes.
inline int threads_for(std::int64_t work) {
  constexpr std::int64_t kWorthAFork = 8192;
  return work < kWorthAFork || omp_in_parallel() ? 1 : omp_get_max_threads();
}

/// Calls body(begin, end) on one contiguous share of [0, n) for each thread. `work` is for the whole range.
template <class Body>
void parallel_shares(std::int64_t n, std::int64_t work, const Body& body) {
  const int threads = threads_for(work);
  if (threads == 1) {
    if (n > 0) body(std::int64_t{0}, n);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t share = (n + omp_get_num_threads() - 1) / omp_get_num_threads();
    const std::int64_t begin = std::min(n, share * omp_get_thread_num());
    const std::int64_t end = std::min(n, begin + share);
    if (begin < end) body(begin, end);
  }
}

/// Calls body(i) for each i in [0, n), handed out one by one: for tasks of unequal size.
template <class Body>
void parallel_tasks(std::int64_t n, std::int64_t work, const Body& body) {
  const int threads = n > 1 ? threads_for(work) : 1;
  if (threads == 1) {
    for (std::int64_t i = 0; i < n; ++i) body(i);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
  for (std::int64_t i = 0; i < n; ++i) body(i);
}

}  // namespace nudge::kernels
