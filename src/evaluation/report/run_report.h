#pragma once

#include <filesystem>
#include <string>

namespace nudge::report {

/// The report of any one run directory: its curves (metrics.jsonl), what it measured at the end
/// (evaluation.json), its latest samples (samples/*.jsonl) and its configuration (config.yaml), as one
/// self-contained HTML page. Parts that are missing are left out. Throws Error when there is no
/// metrics.jsonl, or when a line of it is not what a run writes; a last line cut short by a crash is left
/// out.
std::string run_report(const std::filesystem::path& run);

}  // namespace nudge::report
