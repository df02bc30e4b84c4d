#include "base/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/hex.h"

namespace nudge {
namespace {

/// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

std::string inflate_gzip(std::string_view packed, const std::string& name) {
  z_stream stream{};
  require(inflateInit2(&stream, 15 + 16) == Z_OK, "{}: zlib could not start.", name);
  std::string text;
  std::array<char, 1 << 16> block;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  std::size_t left = packed.size();
  int status = Z_OK;
  while (status == Z_OK || (status == Z_STREAM_END && (left > 0 || stream.avail_in > 0))) {
    if (status == Z_STREAM_END) inflateReset(&stream);  // gzip files may be concatenated
    if (stream.avail_in == 0) {
      stream.avail_in = static_cast<uInt>(std::min<std::size_t>(left, 1u << 30));
      left -= stream.avail_in;
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = block.size();
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(block.data(), block.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  require(status == Z_STREAM_END, "{}: the gzip data is {}.", name,
          status == Z_BUF_ERROR ? "cut off; copy the file again" : "damaged");
  return text;
}

}  // namespace

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
  return path.extension() == ".gz" ? inflate_gzip(bytes, path.string()) : bytes;
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, 32> digest;
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1,
          "libcrypto could not compute SHA-256.");
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace nudge
