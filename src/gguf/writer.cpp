#include "gguf/writer.h"

#include <set>
#include <type_traits>

#include "base/error.h"
#include "base/files.h"
#include "gguf/file.h"

namespace nudge::gguf {

namespace {

template <class Number>
  requires std::is_arithmetic_v<Number>
void put(std::string& to, Number number) {
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void put(std::string& to, const std::string& text) {
  put(to, std::uint64_t{text.size()});
  to += text;
}

void put(std::string& to, const List& list) {
  put(to, static_cast<std::uint32_t>(list.index()));
  std::visit(
      [&](const auto& items) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(items)>, std::monostate>) {
          using Item = typename std::decay_t<decltype(items)>::value_type;
          require(!items.empty(), "Writing a GGUF file: a list in the metadata is empty; leave it out.");
          put(to, std::uint64_t{items.size()});
          for (const Item& item : items) put(to, item);
        }
      },
      list);
}

void put(std::string& to, const Metadata& metadata) {
  for (const auto& [key, value] : metadata.entries()) {
    put(to, key);
    put(to, static_cast<std::uint32_t>(value.index()));
    std::visit([&](const auto& held) { put(to, held); }, value);
  }
}

std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + kDefaultAlignment - 1) / kDefaultAlignment * kDefaultAlignment;
}

std::uint64_t size_of(const TensorSource& tensor) {
  const BlockShape block = block_shape(tensor.type);
  require(!tensor.shape.empty() && tensor.shape.back() % block.numbers == 0,
          "Writing a GGUF file: the rows of \"{}\" are no whole blocks of {} ({}).", tensor.name,
          block.numbers, block.name);
  std::uint64_t bytes = block.bytes * (tensor.shape.back() / block.numbers);
  for (std::size_t i = 0; i + 1 < tensor.shape.size(); ++i) bytes *= tensor.shape[i];
  return bytes;
}

std::string header_of(const Metadata& metadata, const std::vector<TensorSource>& tensors) {
  std::string header;
  put(header, kMagic);
  put(header, kVersion);
  put(header, std::uint64_t{tensors.size()});
  put(header, std::uint64_t{metadata.entries().size()});
  put(header, metadata);
  std::set<std::string> names;
  std::uint64_t offset = 0;
  for (const TensorSource& tensor : tensors) {
    require(tensor.name.size() <= kMaxTensorName && names.insert(tensor.name).second,
            "Writing a GGUF file: the tensor's name \"{}\" has more than {} bytes or stands there twice.",
            tensor.name, kMaxTensorName);
    put(header, tensor.name);
    put(header, static_cast<std::uint32_t>(tensor.shape.size()));
    for (std::size_t i = tensor.shape.size(); i-- > 0;)
      put(header, static_cast<std::uint64_t>(tensor.shape[i]));
    put(header, static_cast<std::uint32_t>(tensor.type));
    put(header, offset);
    offset += padded(size_of(tensor));
  }
  header.resize(padded(header.size()), '\0');
  return header;
}

}  // namespace

void write_file(const std::filesystem::path& path, const Metadata& metadata,
                const std::vector<TensorSource>& tensors) {
  AtomicFile file(path);
  file.write(header_of(metadata, tensors));
  for (const TensorSource& tensor : tensors) {
    std::string bytes = tensor.bytes();
    require(bytes.size() == size_of(tensor),
            "Writing a GGUF file: \"{}\" has {} bytes where {} were expected.", tensor.name, bytes.size(),
            size_of(tensor));
    bytes.resize(padded(bytes.size()), '\0');
    file.write(bytes);
  }
  file.commit();
}

}  // namespace nudge::gguf
