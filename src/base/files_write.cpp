// The writing half of base/files.h, and base/product_files.h. A name in the file system always shows the old
// bytes or the new ones: data goes aside, is synced, takes the name by rename, and the folder is synced. A
// failed fsync is never tried again: the kernel may have dropped the pages it could not write. A symlink
// stays, and what it stands for is replaced; a FIFO, a device or an open descriptor (/dev/stdout) is written
// to as it is.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/product_files.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

std::string reason(int code) {
  if (code == ENOSPC || code == EDQUOT) return "the disk is full; free some space or choose another folder";
  if (code == EFBIG) return "the file would be larger than this system allows (see ulimit -f)";
  if (code == EMFILE || code == ENFILE) return "too many files are open at once (see ulimit -n)";
  if (code == EIO) return "the device reports an input/output error; look at the disk";
  return std::strerror(code);
}

[[noreturn]] void cannot_write(const fs::path& path, int code) {
  fail("cannot write {}: {}.", path.string(), reason(code));
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A target without a trailing slash, so that its neighbours can be named.
fs::path plain(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

fs::path aside_of(const fs::path& target) {
  return target.string() + ".tmp-" + std::to_string(::getpid());
}

/// What a symlink, or a chain of them, stands for; it need not exist yet.
fs::path resolved(fs::path path) {
  constexpr int kMostLinks = 40;  // as Linux
  std::error_code ignored;
  for (int links = 0; fs::is_symlink(fs::symlink_status(path, ignored)); ++links) {
    if (links == kMostLinks) cannot_write(path, ELOOP);
    path = path.parent_path() / fs::read_symlink(path, ignored);
  }
  return path;
}

/// A FIFO, a terminal, /dev/null: nothing that could be replaced by a file.
bool is_stream(const fs::path& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

/// /dev/stdout, /dev/fd/1 and their like: a descriptor of this process, whatever it leads to.
std::optional<int> own_descriptor(fs::path path) {
  std::error_code error;
  for (int links = 0; links < 4 && fs::is_symlink(fs::symlink_status(path, error)); ++links) {
    if (fs::canonical(path.parent_path(), error) == fmt::format("/proc/{}/fd", ::getpid())) {
      const std::string name = path.filename().string();
      int number = 0;
      std::from_chars(name.data(), name.data() + name.size(), number);
      return number;
    }
    path = path.parent_path() / fs::read_symlink(path, error);
  }
  return {};
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail("cannot make the folder {}: {}.", folder.string(), reason(error.value()));
}

/// Removes what a process that died while writing `target` has left.
void remove_abandoned(const fs::path& target) {
  const std::string prefix = target.filename().string() + ".tmp-";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_of(target), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    int process = 0;
    auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), process);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    const bool alive = process != ::getpid() && (::kill(process, 0) == 0 || errno != ESRCH);
    if (!alive) fs::remove_all(entry.path(), ignored);
  }
}

/// 0, or the error code.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(n);
  }
  return 0;
}

int sync_path(const fs::path& path, int flags = 0) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (descriptor < 0) return errno;
  const int code = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // Some file systems cannot sync a folder; there the rename is as safe as it gets.
  return code == EINVAL && (flags & O_DIRECTORY) ? 0 : code;
}

void write_stream(const fs::path& path, std::string_view bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) cannot_write(path, errno);
  int code = write_all(descriptor, bytes);
  if (::close(descriptor) != 0 && code == 0) code = errno;
  if (code != 0) cannot_write(path, code);
}

void sync_folder(const fs::path& folder) {
  if (const int code = sync_path(folder, O_DIRECTORY)) cannot_write(folder, code);
}

void sync_tree(const fs::path& root) {
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_symlink()) continue;
    const int code = sync_path(entry.path(), entry.is_directory() ? O_DIRECTORY : 0);
    if (code) cannot_write(entry.path(), code);
  }
  sync_folder(root);
}

}  // namespace

namespace {

/// Bytes on the disk that wait for their name; without it they go again.
class Waiting {
 public:
  explicit Waiting(const fs::path& name) : path_(resolved(name)), aside_(aside_of(path_)) {
    make_folders(folder_of(path_));
    remove_abandoned(path_);
    descriptor_ = ::open(aside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) cannot_write(path_, errno);
  }
  Waiting(const fs::path& name, std::string_view bytes) : Waiting(name) {
    write(bytes);
    finish();
  }
  ~Waiting() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!named_) ::unlink(aside_.c_str());
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  void write(std::string_view bytes) {
    if (const int code = write_all(descriptor_, bytes)) cannot_write(path_, code);
  }
  /// Nothing is written behind it.
  void finish() {
    int code = ::fsync(descriptor_) == 0 ? 0 : errno;
    if (::close(std::exchange(descriptor_, -1)) != 0 && code == 0) code = errno;
    if (code != 0) cannot_write(path_, code);
  }
  void remove_old() const {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) cannot_write(path_, errno);
    sync_folder(folder_of(path_));
  }
  void take_name() {
    if (::rename(aside_.c_str(), path_.c_str()) != 0) cannot_write(path_, errno);
    named_ = true;
    sync_folder(folder_of(path_));
  }

 private:
  fs::path path_, aside_;
  int descriptor_ = -1;
  bool named_ = false;
};

/// True when the name is no file's but a stream's, to which the bytes went.
bool written_to_stream(const fs::path& name, std::string_view bytes) {
  if (const auto descriptor = own_descriptor(name)) {
    if (const int code = write_all(*descriptor, bytes)) cannot_write(name, code);
    return true;
  }
  const bool stream = is_stream(name);
  if (stream) write_stream(name, bytes);
  return stream;
}

}  // namespace

void write_file(const fs::path& name, std::string_view bytes) {
  if (!written_to_stream(name, bytes)) Waiting(name, bytes).take_name();
}

struct AtomicFile::Bytes : Waiting {
  using Waiting::Waiting;
};

AtomicFile::AtomicFile(const fs::path& target) {
  require(!own_descriptor(target) && !is_stream(target),
          "cannot write {}: a file was expected, not a stream or a device.", target.string());
  require(!fs::is_directory(target), "cannot write {}: it is a folder; name a file.", target.string());
  bytes_ = std::make_unique<Bytes>(target);
}

AtomicFile::~AtomicFile() = default;

void AtomicFile::write(std::string_view bytes) {
  bytes_->write(bytes);
}

void AtomicFile::commit() {
  bytes_->finish();
  bytes_->take_name();
}

bool write_with_companions(const NamedBytes& file, std::span<const NamedBytes> companions) {
  if (written_to_stream(file.path, file.bytes)) return false;
  Waiting first(file.path, file.bytes);
  std::deque<Waiting> others;
  for (const NamedBytes& companion : companions) others.emplace_back(companion.path, companion.bytes);
  for (const Waiting& other : others) other.remove_old();
  first.take_name();
  for (Waiting& other : others) other.take_name();
  return true;
}

AtomicDirectory::AtomicDirectory(fs::path target)
    : target_(resolved(plain(target))), aside_(aside_of(target_)) {
  make_folders(folder_of(target_));
  remove_abandoned(target_);
  make_folders(aside_);
}

AtomicDirectory::~AtomicDirectory() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(aside_, ignored);
}

void AtomicDirectory::commit() {
  require(!committed_, "{} is committed already.", target_.string());
  sync_tree(aside_);
  // With an old folder in place the two change names in one step, and the old one is removed under the name
  // aside.
  const bool replaces = fs::exists(target_);
  const unsigned flags = replaces ? RENAME_EXCHANGE : 0;
  int code = ::renameat2(AT_FDCWD, aside_.c_str(), AT_FDCWD, target_.c_str(), flags) == 0 ? 0 : errno;
  if (replaces && (code == EINVAL || code == ENOSYS)) {  // a file system without the exchange: two steps
    const fs::path old = aside_.string() + ".old";
    code = ::rename(target_.c_str(), old.c_str()) == 0 ? 0 : errno;
    if (code == 0) code = ::rename(aside_.c_str(), target_.c_str()) == 0 ? 0 : errno;
    if (code == 0) fs::rename(old, aside_);
  }
  if (code != 0) cannot_write(target_, code);
  committed_ = true;
  sync_folder(folder_of(target_));
  std::error_code ignored;
  if (replaces) fs::remove_all(aside_, ignored);
}

AppendFile::AppendFile(const fs::path& path) : name_(path.string()) {
  make_folders(folder_of(path));
  descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) cannot_write(name_, errno);
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), name_(std::move(other.name_)) {}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(name_, other.name_);
  return *this;
}

void AppendFile::write_line(std::string_view line) {
  write(std::string(line) + '\n');
}

void AppendFile::write(std::string_view bytes) {
  require(descriptor_ >= 0, "something was written to a file that is not open.");
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  const int code = write_all(descriptor_, bytes);
  if (code == 0) return;
  // Half a line is worse than none.
  if (end >= 0 && ::lseek(descriptor_, 0, SEEK_END) > end && ::ftruncate(descriptor_, end) != 0)
    cannot_write(name_, errno);
  cannot_write(name_, code);
}

}  // namespace nudge
