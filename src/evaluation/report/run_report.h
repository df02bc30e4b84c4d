#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nudge::report {

/// A run's directory and what there is to say about it: sentences, the first of which says what came of it.
struct ReportedRun {
  std::filesystem::path folder;
  std::vector<std::string> sentences = {};
};

/// The page of a run: what came of it in sentences, reward, monitor and KL in one figure, the other curves in
/// groups, its latest samples, its numbers and its configuration. Of several runs, the same figures with a
/// line for each and the options in which they differ. Throws Error when one is no run.
std::string run_report(const std::vector<ReportedRun>& runs);

}  // namespace nudge::report
