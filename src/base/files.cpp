#include "base/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/packed_text.h"

namespace nudge {
std::string read_file(const std::filesystem::path& path) {
  const std::string name = path.string();
  Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  require(file.get() >= 0, "cannot read {}: {}.", name, std::strerror(errno));
  struct stat info{};
  require(::fstat(file.get(), &info) == 0, "cannot read {}: {}.", name, std::strerror(errno));
  require(!S_ISDIR(info.st_mode), "cannot read {}: it is a folder, expected a file.", name);
  std::string bytes(info.st_size + 1,
                    '\0');  // one more shows that the end is the end
  std::size_t size = 0;
  while (true) {
    if (size == bytes.size()) bytes.resize(bytes.size() * 2);
    const ssize_t n = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    require(n >= 0, "cannot read {}: {}.", name, std::strerror(errno));
    if (n == 0) break;
    size += n;
  }
  bytes.resize(size);
  return bytes;
}

std::string read_text(const std::filesystem::path& path) {
  std::string bytes = read_file(path);
  return names_packed(path) ? unpack(bytes, path) : bytes;
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, 32> digest;
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1,
          "libcrypto could not compute SHA-256.");
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace nudge
