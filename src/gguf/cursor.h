#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"

namespace nudge::gguf {

static_assert(std::endian::native == std::endian::little, "GGUF files are little-endian");

/// Bytes of a header, taken in order. Never reads beyond them: Error naming the file instead.
class Cursor {
 public:
  Cursor(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }
  const std::string& where() const { return where_; }

  template <class Number>
  Number take() {
    Number number;
    const std::string_view bytes = take_bytes(sizeof number);
    std::memcpy(&number, bytes.data(), bytes.size());
    return number;
  }
  std::string_view take_bytes(std::uint64_t count) {
    require(count <= left(),
            "{}: the header ends in the middle of something ({} bytes wanted, {} left); the file was "
            "cut short or is damaged.",
            where_, count, left());
    const auto taken = bytes_.substr(position_, count);
    position_ += count;
    return taken;
  }
  /// A count of bytes, then the bytes.
  std::string_view take_string() { return take_bytes(take<std::uint64_t>()); }
  /// A count of items of which each takes `bytes` or more: one that cannot be there is refused before anybody
  /// makes room for it.
  std::uint64_t take_count(std::uint64_t bytes) {
    const auto count = take<std::uint64_t>();
    require(count <= left() / bytes,
            "{}: the header promises {} items where {} bytes are left; the file was cut short "
            "or is damaged.",
            where_, count, left());
    return count;
  }

 private:
  std::string_view bytes_;
  const std::string& where_;
  std::size_t position_ = 0;
};

}  // namespace nudge::gguf
