#include "base/manifest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/hex.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

// SHA-256 of what comes piece by piece.
class Digest {
 public:
  Digest() : good_(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1) {}
  void add(std::string_view bytes) {
    good_ = good_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  }
  std::string hex() {
    std::array<unsigned char, 32> digest{};
    require(good_ && EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1,
            "libcrypto could not compute SHA-256.");
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  bool good_;
};

std::ifstream opened(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  require(stream.is_open(), "cannot read {}: {}.", file.string(), std::strerror(errno));
  return stream;
}

}  // namespace

Json file_facts(const fs::path& file) {
  std::ifstream stream = opened(file);
  Digest digest;
  std::vector<char> block(1 << 20);
  std::uint64_t bytes = 0;
  while (stream) {
    stream.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto count = static_cast<std::size_t>(stream.gcount());
    digest.add({block.data(), count});
    bytes += count;
  }
  require(!stream.bad(), "cannot read {}: {}.", file.string(), std::strerror(errno));
  return {{"bytes", bytes}, {"sha256", digest.hex()}};
}

Json sampled_facts(const fs::path& file) {
  constexpr std::uint64_t kPieces = 256, kPiece = 1 << 16;
  std::ifstream stream = opened(file);
  const std::uint64_t bytes = fs::file_size(file), last = bytes - std::min(bytes, kPiece);
  Digest digest;
  std::vector<char> piece(kPiece);
  for (std::uint64_t i = 0; i < kPieces; ++i) {
    stream.clear();
    stream.seekg(static_cast<std::streamoff>(last / (kPieces - 1) * i +
                                             (i == kPieces - 1 ? last % (kPieces - 1) : 0)));
    stream.read(piece.data(), static_cast<std::streamsize>(kPiece));
    require(!stream.bad(), "cannot read {}: {}.", file.string(), std::strerror(errno));
    digest.add({piece.data(), static_cast<std::size_t>(stream.gcount())});
  }
  return {{"bytes", bytes}, {"sha256_of_samples", digest.hex()}};
}

void write_manifest(const fs::path& folder, const Json& further) {
  Json manifest = further;
  manifest["files"] = Json::object();
  std::map<std::string, fs::path> files;  // in order of their names
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = entry.path();
  for (const auto& [name, path] : files) manifest["files"][name] = file_facts(path);
  write_file(folder / manifest_file, to_pretty(manifest));
}

Json verified_manifest(const fs::path& folder) {
  Json manifest = read_json(folder / manifest_file);
  const Json files = get<Json>(manifest, "files", manifest_file);
  for (const auto& [name, facts] : files.items())
    require(fs::exists(folder / name) && file_facts(folder / name) == facts,
            "{} is not what its manifest says", name);
  return manifest;
}

}  // namespace nudge
