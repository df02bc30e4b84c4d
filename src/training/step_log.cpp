#include "training/step_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace nudge {
namespace {

/// The step of a complete line, or nothing when the line is damaged.
std::optional<std::int64_t> step_of(std::string_view line) {
  const auto record = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object() || !record.contains("step") || !record["step"].is_number_integer()) return {};
  return record["step"].get<std::int64_t>();
}

}  // namespace

void StepLog::write(std::int64_t step, const Json& record) {
  if (!open_) {
    std::filesystem::create_directories(path_.parent_path());
    file_ = AppendFile(path_);
    open_ = true;
  }
  Json line = {{"step", step}};
  line.update(record);
  file_.write_line(to_line(line));
}

void StepLog::cut_after(std::int64_t step) {
  file_ = AppendFile();
  open_ = false;
  if (!std::filesystem::exists(path_)) return;
  const std::string text = read_file(path_);
  std::string kept;
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const auto line = std::string_view(text).substr(begin, end - begin);
    const auto line_step = step_of(line);
    if (line_step && *line_step <= step) kept.append(line).push_back('\n');
  }
  if (kept.empty()) {
    std::filesystem::remove(path_);
  } else if (kept.size() != text.size()) {
    write_file(path_, kept);
  }
}

void StepLog::sync() {
  if (!open_) return;
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  require(synced, "cannot write {} to disk; free some space and go on with --resume.", path_.string());
}

}  // namespace nudge
