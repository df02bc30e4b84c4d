#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nudge::safetensors {

/// One tensor of a file; its bytes lie at [begin, end) of the data that follow the header.
struct Entry {
  std::string name;
  at::ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

struct Header {
  std::vector<Entry> entries;  // in the order of their bytes
  std::map<std::string, std::string> metadata;
};

constexpr std::uint64_t kLengthBytes = 8;             // a little-endian count of header bytes opens the file
constexpr std::uint64_t kMaxHeaderBytes = 16u << 20;  // ours; the format allows 100,000,000

/// Reads the JSON of a header and checks that its tensors cover `data_bytes` exactly: no holes, no overlap,
/// nothing behind. Allocates no more than a small multiple of the text. Throws Error naming `where`.
Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& where);

/// What opens a file of these tensors, whose bytes follow in this order: the length of the header, and the
/// header, padded so that the data begin at a multiple of 8. Where they begin and end is not read: it is
/// counted.
std::string opening(const std::vector<Entry>& tensors, const std::map<std::string, std::string>& metadata);

/// The name of a type in the format; Error for one it does not know.
std::string_view type_name(at::ScalarType type);
/// Place of a type in the format's order, in which writers sort descending.
std::size_t type_rank(at::ScalarType type);

}  // namespace nudge::safetensors
