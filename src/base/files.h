#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace nudge {

/// The whole file as bytes. Throws Error naming the path and the reason.
std::string read_file(const std::filesystem::path& path);

/// Text of a file, unpacked when its name ends in .gz or .zst (base/packed_text.h). Throws Error.
std::string read_text(const std::filesystem::path& path);

/// Replaces the file in one step: written aside, synced, renamed, folder synced. A crash leaves the old or
/// the new one. Creates missing parent folders. Throws Error ("disk full" included) and leaves nothing
/// behind.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// As write_file, for bytes that come piece by piece: the file takes its name on `commit()`; without it, or
/// after an Error, nothing stays behind. Streams, devices and folders are refused at once.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  void commit();

 private:
  struct Bytes;
  std::unique_ptr<Bytes> bytes_;
};

/// A folder that appears whole or not at all: fill `path()`, then `commit()`. Without commit it is removed
/// again. Each file in it is synced before the rename; an existing target is replaced.
class AtomicDirectory {
 public:
  explicit AtomicDirectory(std::filesystem::path target);
  ~AtomicDirectory();
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;

  const std::filesystem::path& path() const { return aside_; }
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path aside_;
  bool committed_ = false;
};

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

/// An append-only file. What is written at once, a line or some bytes, stands in it whole or not at all.
/// Throws Error with the reason.
class AppendFile {
 public:
  AppendFile() = default;
  explicit AppendFile(const std::filesystem::path& path);
  ~AppendFile();
  AppendFile(AppendFile&&) noexcept;
  AppendFile& operator=(AppendFile&&) noexcept;

  void write_line(std::string_view line);
  void write(std::string_view bytes);

 private:
  int descriptor_ = -1;
  std::string name_;
};

}  // namespace nudge
