#pragma once

#include <string>
#include <vector>

namespace nudge::report {

/// How numbers on an axis are written.
enum class Unit { number, percent };

/// A linear axis: its range and round ticks inside it.
struct Axis {
  double low = 0, high = 1;
  std::vector<double> ticks;
  int decimals = 0;  // that tell neighbouring ticks apart
  Unit unit = Unit::number;
  bool root = false;  // positions go by the square root

  /// Where `value` lies between 0 (low) and 1 (high).
  double position(double value) const;
  std::string tick_text(double value) const;
};

/// An axis with ticks at 1, 2 or 5 times a power of ten, about `count` of them, that covers the values. A
/// range without extent is widened around its value.
Axis nice_axis(double low, double high, int count, Unit unit = Unit::number);

/// As nice_axis, but the axis ends where the values end, with a little room on the sides that `pad_low` and
/// `pad_high` name; ticks stand inside.
Axis tight_axis(double low, double high, int count, Unit unit, bool pad_low, bool pad_high);

/// From 0 to `high` by square roots, as KL is usually drawn (Gao et al. 2022): small values get room.
Axis root_axis(double high, int count);

/// "0.44", with a true minus sign.
std::string number_text(double value, int decimals);
/// "59.9 %" from .599, with a narrow space that does not break.
std::string percent_text(double share, int decimals = 1);

}  // namespace nudge::report
