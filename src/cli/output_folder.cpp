#include "cli/output_folder.h"

#include "base/error.h"

namespace nudge {

namespace fs = std::filesystem;

void require_replaceable(const fs::path& target, const fs::path& by) {
  if (!fs::exists(target)) return;
  require(fs::is_directory(target), "{} is a file, and --output_dir must be a directory; choose another.",
          target.string());
  for (const auto& entry : fs::directory_iterator(target)) {
    require(fs::exists(by / entry.path().filename()),
            "{} holds {}, which this command does not write; choose another --output_dir.", target.string(),
            entry.path().filename().string());
  }
}

}  // namespace nudge
