#pragma once

#include <filesystem>

namespace nudge {

/// Keeps a folder to one process, until that ends in whatever way. Where the file system knows no locks,
/// there is none.
class FolderLock {
 public:
  /// Throws Error when another process (or another lock of this one) has it.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace nudge
