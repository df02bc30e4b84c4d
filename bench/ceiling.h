#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace nudge::bench {

/// What the machine can do at most, with all OpenMP threads: the floor under every time that a bench prints.
struct Ceiling {
  double gflops;                // fused multiply-adds on registers alone, two operations each, 1e9/s
  double gigabytes_per_second;  // y += x in memory far larger than the caches: bytes read and bytes written
};

/// Measures both, with memory kept as the program keeps it (cli/process.cpp); takes about half a second. The
/// best of many bursts, since other tenants take time away.
Ceiling measure_ceiling();

struct Times {
  double best, median;  // seconds for one call
};

/// Calls body() again and again for about `seconds`, at least five times, after one call to warm up.
template <class Body>
Times time_of(const Body& body, double seconds = 0.2) {
  using Clock = std::chrono::steady_clock;
  body();
  std::vector<double> times;
  const auto start = Clock::now();
  for (auto now = start; times.size() < 5 || now - start < std::chrono::duration<double>(seconds);) {
    body();
    const auto end = Clock::now();
    times.push_back(std::chrono::duration<double>(end - now).count());
    now = end;
  }
  std::sort(times.begin(), times.end());
  return {times.front(), times[times.size() / 2]};
}

}  // namespace nudge::bench
