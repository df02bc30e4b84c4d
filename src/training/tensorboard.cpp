#include "training/tensorboard.h"

#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstring>

#include "base/error.h"

namespace nudge {
namespace {

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

template <class T>
std::string little_endian(T value) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// Protobuf's wire format: a key (field number and wire type), then the value.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes.push_back(static_cast<char>(value | 128));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}
std::string key(int field, int wire_type) {
  return varint(static_cast<std::uint64_t>(field) << 3 | static_cast<unsigned>(wire_type));
}
std::string integer_field(int field, std::int64_t value) {
  return key(field, 0) + varint(static_cast<std::uint64_t>(value));
}
std::string double_field(int field, double value) {
  return key(field, 1) + little_endian(value);
}
std::string bytes_field(int field, std::string_view value) {
  return key(field, 2) + varint(value.size()) + std::string(value);
}
std::string float_field(int field, float value) {
  return key(field, 5) + little_endian(value);
}

// message Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5;
//                 SessionLog session_log = 7; }
std::string event(std::int64_t step, const std::string& what) {
  return double_field(1, unix_seconds()) + integer_field(2, step) + what;
}

std::string masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return little_endian(std::rotr(crc, 15) + 0xa282ead8U);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0U);
      entries[i] = crc;
    }
    return entries;
  }();
  std::uint32_t crc = ~0U;
  for (char byte : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 255];
  return ~crc;
}

void EventWriter::scalars(std::int64_t step, const Metrics& values) {
  std::string summary;  // message Summary { repeated Value { string tag = 1; float simple_value = 2; } = 1; }
  for (const auto& [name, value] : values) {
    summary += bytes_field(1, bytes_field(1, name) + float_field(2, static_cast<float>(value)));
  }
  if (path_.empty()) open();
  write(event(step, bytes_field(5, summary)));
}

void EventWriter::open() {
  // TensorBoard reads files in the order of their names; two within a second must differ.
  for (auto seconds = static_cast<std::int64_t>(unix_seconds()); path_.empty(); ++seconds) {
    const auto candidate = folder_ / fmt::format("events.out.tfevents.{:010}.{}", seconds, host_name());
    if (std::filesystem::exists(candidate)) continue;
    file_ = AppendFile(candidate);
    path_ = candidate;
  }
  write(double_field(1, unix_seconds()) + bytes_field(3, "brain.Event:2"));
  if (restart_) write(event(*restart_, bytes_field(7, integer_field(1, 1))));  // SessionLog{status = START}
}

// uint64 length, its checksum, the bytes, their checksum.
void EventWriter::write(const std::string& event) {
  const std::string length = little_endian(static_cast<std::uint64_t>(event.size()));
  file_.write(length + masked_crc(length) + event + masked_crc(event));
}

}  // namespace nudge
