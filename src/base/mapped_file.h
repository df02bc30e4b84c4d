#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace nudge {

/// A file's bytes, mapped into memory and read only: pages come in when they are looked at and cost no memory
/// of the program's own. The file must not be cut short while it is open. Moves, does not copy; safe from
/// many threads.
class MappedFile {
 public:
  /// Throws Error naming the path and the reason; an empty file gives no bytes.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace nudge
