#pragma once

#include <filesystem>

#include "evaluation/report/html.h"

namespace nudge::report {

/// The latest records of each samples/*.jsonl: what was asked, what was answered, and the numbers beside it.
/// Token ids say nothing to a reader and are left out.
Html samples_section(const std::filesystem::path& samples);

/// "0.01234", "1.2e-07": as many digits as tell it.
std::string short_number(double value);

}  // namespace nudge::report
