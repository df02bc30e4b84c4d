#include "gguf/file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "base/error.h"
#include "base/excerpt.h"
#include "gguf/cursor.h"

namespace nudge::gguf {

namespace {

constexpr std::size_t kTypes = std::variant_size_v<Value>;
constexpr std::uint32_t kListType = 9;
constexpr std::uint32_t kMaxRank = 4;

template <class T>
T read_item(Cursor& cursor) {
  if constexpr (std::is_same_v<T, std::string>) {
    return std::string(cursor.take_string());
  } else if constexpr (std::is_same_v<T, bool>) {
    return cursor.take<std::uint8_t>() != 0;
  } else {
    return cursor.take<T>();
  }
}

template <std::size_t Type>
List read_list_of(Cursor& cursor) {
  if constexpr (Type == kListType) {
    fail("{}: the metadata hold a list of lists, which nudge does not read (nor does llama.cpp).",
         cursor.where());
  } else {
    using Item = typename std::variant_alternative_t<Type, List>::value_type;
    const auto count =
        cursor.take_count(std::is_same_v<Item, std::string> ? sizeof(std::uint64_t) : sizeof(Item));
    std::vector<Item> items;
    items.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) items.push_back(read_item<Item>(cursor));
    return items;
  }
}

List read_list(Cursor& cursor);

template <std::size_t Type>
Value read_value_of(Cursor& cursor) {
  if constexpr (Type == kListType) {
    return read_list(cursor);
  } else {
    return Value(std::in_place_index<Type>, read_item<std::variant_alternative_t<Type, Value>>(cursor));
  }
}

std::uint32_t read_type(Cursor& cursor) {
  const auto type = cursor.take<std::uint32_t>();
  require(type < kTypes, "{}: the metadata hold a value of the type number {}; 0 to {} exist.",
          cursor.where(), type, kTypes - 1);
  return type;
}

template <std::size_t... Type>
constexpr auto list_readers(std::index_sequence<Type...>) {
  return std::array{&read_list_of<Type>...};
}
template <std::size_t... Type>
constexpr auto value_readers(std::index_sequence<Type...>) {
  return std::array{&read_value_of<Type>...};
}

List read_list(Cursor& cursor) {
  static constexpr auto kReaders = list_readers(std::make_index_sequence<kTypes>());
  return kReaders[read_type(cursor)](cursor);
}

Value read_value(Cursor& cursor) {
  static constexpr auto kReaders = value_readers(std::make_index_sequence<kTypes>());
  return kReaders[read_type(cursor)](cursor);
}

struct Counts {
  std::uint64_t tensors, values;
};

/// What opens every file: magic, version, counts.
Counts read_opening(Cursor& cursor) {
  const std::string& where = cursor.where();
  require(cursor.left() >= sizeof kMagic && cursor.take<std::uint32_t>() == kMagic,
          "{}: this is not a GGUF file (it does not begin with \"GGUF\").", where);
  const auto version = cursor.take<std::uint32_t>();
  require((version & 0xffff) != 0, "{}: this GGUF file is big-endian; nudge reads little-endian ones.",
          where);
  require(version == kVersion || version == 2,
          "{}: this is a GGUF file of version {}; nudge reads 2 and 3. Convert the model again with a newer "
          "program.",
          where, version);
  constexpr std::uint64_t kLeastTensor = 8 + 4 + 4 + 8, kLeastValue = 8 + 4 + 1;  // bytes
  const auto tensors = cursor.take<std::uint64_t>(), values = cursor.take<std::uint64_t>();
  require(tensors <= cursor.left() / kLeastTensor && values <= cursor.left() / kLeastValue,
          "{}: the header promises {} tensors and {} values, for which the file is too small; it was cut "
          "short or is "
          "damaged.",
          where, tensors, values);
  return {tensors, values};
}

void read_metadata(Cursor& cursor, std::uint64_t count, Metadata& metadata) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string key(cursor.take_string());
    metadata.add(key, read_value(cursor));
  }
}

std::uint64_t read_alignment(const Metadata& metadata) {
  const auto alignment = metadata.get_or<std::int64_t>("general.alignment", kDefaultAlignment);
  require(alignment > 0 && alignment <= (1 << 20) && std::has_single_bit(std::uint64_t(alignment)),
          "{}: general.alignment is {}; it must be a power of two, at most 2^20.", metadata.where(),
          alignment);
  return alignment;
}

/// A tensor's description, and where its data begin behind the header.
struct Placed {
  TensorInfo tensor;
  std::uint64_t offset, bytes;
};

/// Bytes of a tensor of this shape; Error when they do not fit 63 bits or a row is no whole number of blocks.
std::uint64_t size_in_bytes(const TensorInfo& tensor, const std::string& what) {
  const BlockShape block = block_shape(tensor.type);
  require(tensor.shape.back() % block.numbers == 0,
          "{} has rows of {} numbers, which are no whole blocks of {} ({}).", what, tensor.shape.back(),
          block.numbers, block.name);
  std::int64_t bytes = block.bytes;
  bool overflow = __builtin_mul_overflow(bytes, tensor.shape.back() / block.numbers, &bytes);
  for (std::size_t i = 0; i + 1 < tensor.shape.size(); ++i)
    overflow = __builtin_mul_overflow(bytes, tensor.shape[i], &bytes) || overflow;
  std::int64_t numbers = 0;
  overflow = __builtin_mul_overflow(bytes, std::int64_t{sizeof(float)}, &numbers) || overflow;
  require(!overflow, "{} has a shape too large for any file.", what);
  return bytes;
}

Placed read_tensor(Cursor& cursor) {
  Placed placed;
  TensorInfo& tensor = placed.tensor;
  tensor.name = cursor.take_string();
  const std::string what = fmt::format("{}: the tensor \"{}\"", cursor.where(), excerpt(tensor.name));
  require(tensor.name.size() <= kMaxTensorName,
          "{} has a name of {} bytes; at most {} are read (as by llama.cpp).", what, tensor.name.size(),
          kMaxTensorName);
  const auto rank = cursor.take<std::uint32_t>();
  require(rank >= 1 && rank <= kMaxRank, "{} has {} dimensions; 1 to {} are possible.", what, rank, kMaxRank);
  tensor.shape.resize(rank);
  for (std::uint32_t i = rank; i-- > 0;) {
    const auto extent = cursor.take<std::uint64_t>();
    require(extent >= 1 && extent <= INT64_MAX, "{} has a dimension of {}.", what, extent);
    tensor.shape[i] = static_cast<std::int64_t>(extent);
  }
  tensor.type = tensor_type(cursor.take<std::uint32_t>(), what);
  placed.offset = cursor.take<std::uint64_t>();
  placed.bytes = size_in_bytes(tensor, what);
  return placed;
}

/// Tensors lie one behind the other, each at the next aligned place; nothing overlaps, nothing lies outside.
void place(std::vector<Placed>& placed, std::string_view data, std::uint64_t alignment,
           const std::string& where) {
  std::uint64_t expected = 0;
  for (Placed& one : placed) {
    require(one.offset == expected,
            "{}: the tensor \"{}\" begins at byte {} of the data where {} was expected.", where,
            excerpt(one.tensor.name), one.offset, expected);
    require(expected <= data.size() && one.bytes <= data.size() - expected,
            "{}: the tensor \"{}\" needs {} bytes, but the file ends before; it was cut short.", where,
            excerpt(one.tensor.name), one.bytes);
    one.tensor.data = data.substr(expected, one.bytes);
    expected = (expected + one.bytes + alignment - 1) / alignment * alignment;
  }
}

}  // namespace

std::int64_t TensorInfo::count() const {
  std::int64_t count = 1;
  for (const auto extent : shape) count *= extent;
  return count;
}

File::File(const std::filesystem::path& path) : mapping_(path), metadata_(path.string()) {
  const std::string where = path.string();
  Cursor cursor(mapping_.bytes(), where);
  const Counts counts = read_opening(cursor);
  read_metadata(cursor, counts.values, metadata_);
  const auto parts = metadata_.get_or<std::int64_t>("split.count", 1);
  require(parts <= 1, "{}: this is one of {} parts of a model; join them first (llama-gguf-split --merge).",
          where, parts);
  std::vector<Placed> placed;
  for (std::uint64_t i = 0; i < counts.tensors; ++i) {
    placed.push_back(read_tensor(cursor));
    const std::string& name = placed.back().tensor.name;
    require(places_.emplace(name, i).second, "{}: two tensors have the name \"{}\".", where, excerpt(name));
  }
  const auto alignment = read_alignment(metadata_);
  const auto start = std::min<std::uint64_t>((cursor.position() + alignment - 1) / alignment * alignment,
                                             mapping_.bytes().size());
  place(placed, mapping_.bytes().substr(start), alignment, where);
  for (Placed& one : placed) tensors_.push_back(std::move(one.tensor));
}

const TensorInfo* File::find(const std::string& name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace nudge::gguf
