#include "rewards/verifiers/length.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace nudge {
namespace {

double words(const std::string& text) {
  std::istringstream stream(text);
  double count = 0;
  for (std::string word; stream >> word;) ++count;
  return count;
}

double characters(const std::string& text) {
  return static_cast<double>(
      std::count_if(text.begin(), text.end(), [](unsigned char byte) { return (byte & 0xC0) != 0x80; }));
}

}  // namespace

double token_count(const Trajectory& trajectory) {
  if (trajectory.completion_tokens.empty() && !trajectory.completion.empty())
    return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(trajectory.completion_tokens.size());
}

double LengthRange::operator()(const Trajectory& trajectory) const {
  const double length = unit == LengthUnit::words        ? words(trajectory.completion)
                        : unit == LengthUnit::characters ? characters(trajectory.completion)
                                                         : token_count(trajectory);
  if (std::isnan(length)) return length;
  return length >= static_cast<double>(min) && (max == 0 || length <= static_cast<double>(max));
}

void declare(SpecReader& spec, LengthRange& length) {
  spec.read("unit", length.unit);
  spec.read("min", length.min);
  spec.read("max", length.max);
  if (length.min <= 0 && length.max <= 0) spec.refuse("min or max must be given, as in length,max=100");
}

double SoftOverlongPunishment::operator()(const Trajectory& trajectory) const {
  const double length = token_count(trajectory);
  const auto longest = static_cast<double>(max_completion_len),
             cache = static_cast<double>(soft_punish_cache);
  if (length <= longest - cache) return 0;
  if (length <= longest) return (longest - cache - length) / cache;
  return std::isnan(length) ? length : -1;
}

void declare(SpecReader& spec, SoftOverlongPunishment& punishment) {
  spec.read("max_completion_len", punishment.max_completion_len);
  spec.read("soft_punish_cache", punishment.soft_punish_cache);
  if (punishment.max_completion_len <= 0) spec.refuse("max_completion_len must be given");
  if (punishment.soft_punish_cache < 0 || punishment.soft_punish_cache > punishment.max_completion_len)
    spec.refuse("soft_punish_cache must lie between 0 and max_completion_len");
}

}  // namespace nudge
