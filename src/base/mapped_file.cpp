#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace nudge {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const std::string name = path.string();
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  require(descriptor >= 0, "cannot read {}: {}.", name, std::strerror(errno));
  struct stat info{};
  void* memory = MAP_FAILED;
  int code = ::fstat(descriptor, &info) == 0 ? 0 : errno;
  const bool regular = code == 0 && S_ISREG(info.st_mode);
  const auto size = static_cast<std::size_t>(info.st_size);
  if (regular && size > 0) {
    memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (memory == MAP_FAILED) code = errno;
  }
  ::close(descriptor);
  require(code == 0, "cannot read {}: {}.", name, std::strerror(code));
  require(regular, "cannot read {}: it is not a file.", name);
  if (size > 0) bytes_ = {static_cast<const char*>(memory), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace nudge
