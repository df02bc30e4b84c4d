#include "cli/comparisons_input.h"

#include <fmt/format.h>

#include "base/progress.h"

namespace nudge {

Imported read_comparisons(const std::filesystem::path& path, const ImportOptions& options) {
  Imported imported = import_file(path, options);
  for (const auto& [what, count, first] : imported.left_out)
    warn(fmt::format("{}: {} records left out ({}); the first is record {}.", path.string(), count, what,
                     first));
  for (const auto& [what, count, first] : imported.noted)
    warn(fmt::format("{}: {} times: {}; first in record {}.", path.string(), count, what, first));
  return imported;
}

}  // namespace nudge
