#include "training/plan.h"

#include <sys/resource.h>

#include <array>

namespace nudge {

std::string bytes_in_words(double count) {
  constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; count >= 1000 && unit + 1 < kUnits.size(); ++unit) count /= 1000;
  return fmt::format("{:.3g} {}", count, kUnits[unit]);
}

std::string duration_in_words(double seconds) {
  if (seconds < 120) return fmt::format("{:.3g} s", seconds);
  if (seconds < 7200) return fmt::format("{:.1f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string plan_text(const Measured& measured) {
  std::string text = fmt::format(
      "batches  each {}: {}; {} {}s in all\n"
      "time     {} a {} (measured, on {} threads): {} for all, beside loading, evaluations and checkpoints\n"
      "memory   {} at the peak so far; longer batches take more\n",
      measured.unit, measured.batch, measured.total, measured.unit, duration_in_words(measured.seconds),
      measured.unit, measured.threads,
      duration_in_words(measured.seconds * static_cast<double>(measured.total)),
      bytes_in_words(measured.peak_bytes));
  if (!measured.before.empty()) text += fmt::format("before   {}\n", measured.before);
  if (measured.save_steps > 0 && measured.save_steps < measured.total)
    text += fmt::format("disk     {} a checkpoint, every {} {}s; the newest two are kept\n",
                        bytes_in_words(measured.state_bytes), measured.save_steps, measured.unit);
  return text + "Nothing was written.";
}

double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

double bytes_of(const State& state) {
  double sum = 0;
  for (const auto& [_, tensor] : state.tensors) sum += static_cast<double>(tensor.nbytes());
  return sum;
}

}  // namespace nudge
