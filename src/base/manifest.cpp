#include "base/manifest.h"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/hex.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

}  // namespace

Json file_facts(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  require(stream.is_open(), "cannot read {}: {}.", file.string(), std::strerror(errno));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::vector<char> block(1 << 20);
  std::uint64_t bytes = 0;
  while (good && stream) {
    stream.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto count = static_cast<std::size_t>(stream.gcount());
    good = EVP_DigestUpdate(context.get(), block.data(), count) == 1;
    bytes += count;
  }
  require(!stream.bad(), "cannot read {}: {}.", file.string(), std::strerror(errno));
  std::array<unsigned char, 32> digest{};
  require(good && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1,
          "libcrypto could not compute SHA-256.");
  return {{"bytes", bytes},
          {"sha256", to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()})}};
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
