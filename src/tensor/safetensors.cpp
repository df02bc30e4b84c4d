#include "tensor/safetensors.h"

#include <c10/util/accumulate.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "tensor/aten.h"
#include "tensor/safetensors_header.h"

namespace nudge {

/// A file of known size, read in pieces.
class SafetensorsFile::Input {
 public:
  explicit Input(const std::filesystem::path& path) : where_(path.string()), stream_(path, std::ios::binary) {
    std::error_code none;
    size_ = std::filesystem::is_regular_file(path, none) ? std::filesystem::file_size(path, none) : 0;
    require(stream_.is_open() && !none, "Reading weights: the file {} cannot be opened.", where_);
  }

  std::uint64_t size() const { return size_; }
  const std::string& where() const { return where_; }

  void read(std::uint64_t offset, void* to, std::uint64_t bytes) {
    stream_.seekg(static_cast<std::streamoff>(offset));
    stream_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
    require(stream_.good(), "{}: reading {} bytes at {} failed.", where_, bytes, offset);
  }

 private:
  std::string where_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
};

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

/// The header's text, its length checked against the file before anything is allocated.
template <class Input>
std::string header_text(Input& file) {
  using safetensors::kLengthBytes, safetensors::kMaxHeaderBytes;
  require(file.size() >= kLengthBytes, "{}: {} bytes are too few for a safetensors file.", file.where(),
          file.size());
  std::uint64_t length = 0;
  file.read(0, &length, kLengthBytes);
  require(length <= kMaxHeaderBytes,
          "{}: a header of {} bytes exceeds the limit of {}; not a safetensors file?", file.where(), length,
          kMaxHeaderBytes);
  require(length <= file.size() - kLengthBytes,
          "{}: the header of {} bytes does not fit the file of {}; it was cut short.", file.where(), length,
          file.size());
  std::string text(length, '\0');
  file.read(kLengthBytes, text.data(), length);
  return text;
}

/// A bool that is neither 0 nor 1 would be undefined behaviour later.
void normalise(at::Tensor& tensor) {
  if (tensor.scalar_type() != at::kBool) return;
  auto* bytes = static_cast<std::uint8_t*>(tensor.mutable_data_ptr());
  std::transform(bytes, bytes + tensor.numel(), bytes, [](std::uint8_t b) { return b != 0; });
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : input_(std::make_unique<Input>(path)) {
  const auto text = header_text(*input_);
  start_ = safetensors::kLengthBytes + text.size();
  header_ = safetensors::parse_header(text, input_->size() - start_, input_->where());
}

SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;

at::Tensor SafetensorsFile::read(const Entry& entry, std::int64_t first, std::int64_t count) {
  auto tensor = at::empty({count}, entry.type);
  const std::uint64_t begin = start_ + entry.begin + first * tensor.element_size();
  if (count > 0) input_->read(begin, tensor.mutable_data_ptr(), tensor.nbytes());
  normalise(tensor);
  return tensor;
}

at::Tensor SafetensorsFile::read(const Entry& entry) {
  return read(entry, 0, c10::multiply_integers(entry.shape)).view(entry.shape);
}

void SafetensorsFile::read_into(const Entry& entry, const at::Tensor& numbers) {
  if (entry.type == at::kFloat) {
    if (numbers.numel() > 0)
      input_->read(start_ + entry.begin, numbers.mutable_data_ptr<float>(), numbers.nbytes());
    return;
  }
  constexpr std::int64_t kPiece = 1 << 20;
  const auto flat = numbers.view({-1});
  for (std::int64_t first = 0; first < flat.numel(); first += kPiece) {
    const std::int64_t count = std::min(kPiece, flat.numel() - first);
    flat.narrow(0, first, count).copy_(read(entry, first, count));
  }
}

NamedTensors read_safetensors(const std::filesystem::path& path,
                              std::map<std::string, std::string>* metadata) {
  SafetensorsFile file(path);
  NamedTensors tensors;
  for (const auto& entry : file.header().entries) tensors.emplace(entry.name, file.read(entry));
  if (metadata) *metadata = file.header().metadata;
  return tensors;
}

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<safetensors::Entry> entries;  // by name, as the map is
  for (const auto& [name, tensor] : tensors)
    entries.push_back({.name = name, .type = tensor.scalar_type(), .shape = tensor.sizes().vec()});
  std::ranges::stable_sort(entries, std::greater<>(),
                           [](const auto& entry) { return safetensors::type_rank(entry.type); });
  AtomicFile file(path);
  file.write(safetensors::opening(entries, metadata));
  for (const auto& entry : entries) {
    const at::Tensor tensor = tensors.at(entry.name).detach().contiguous();
    file.write({static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()});
  }
  file.commit();
}

}  // namespace nudge
