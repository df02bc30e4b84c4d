#include "training/tensorboard.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/temporary_folder.h"

namespace nudge {
namespace {

template <class T>
T read_as(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.substr(at, sizeof value).data(), sizeof value);
  return value;
}

// The mask of tensorflow/core/lib/hash/crc32c.h.
std::uint32_t masked(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

/// The events of a file, each checksum verified.
std::vector<std::string> records(const std::string& file) {
  std::vector<std::string> events;
  for (std::size_t at = 0; at < file.size();) {
    const auto length = read_as<std::uint64_t>(file, at);
    EXPECT_EQ(read_as<std::uint32_t>(file, at + 8), masked(crc32c(std::string_view(file).substr(at, 8))));
    events.push_back(file.substr(at + 12, length));
    EXPECT_EQ(read_as<std::uint32_t>(file, at + 12 + length), masked(crc32c(events.back())));
    at += length + 16;
  }
  return events;
}

std::vector<std::filesystem::path> files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// The check value of the Castagnoli polynomial, and RFC 3720 B.4.
TEST(TensorBoard, Crc32cMatchesPublishedValues) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
}

TEST(TensorBoard, WritesAFileVersionThenScalars) {
  const TemporaryFolder folder;
  EventWriter writer(folder.path());
  Metrics values;
  values.set("loss", 0.5);
  values.set("val/ratio", 1);
  writer.scalars(300, values);

  const auto found = files(folder.path());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].filename().string().starts_with("events.out.tfevents."));
  const auto events = records(read_file(found[0]));
  ASSERT_EQ(events.size(), 2U);
  // After the wall time (9 bytes): field 3, "brain.Event:2".
  EXPECT_EQ(events[0].substr(9),
            "\x1a\x0d"
            "brain.Event:2");
  // Step 300 as a varint; a summary of 27 bytes; two values, each a tag and a float.
  const std::string half("\0\0\0\x3f", 4), one("\0\0\x80\x3f", 4);
  EXPECT_EQ(events[1].substr(9),
            "\x10\xac\x02"
            "\x2a\x1f"
            "\x0a\x0b\x0a\x04"
            "loss\x15" +
                half +
                "\x0a\x10\x0a\x09"
                "val/ratio\x15" +
                one);
}

TEST(TensorBoard, ARestartStandsInAFileOfItsOwn) {
  const TemporaryFolder folder;
  Metrics values;
  values.set("loss", 0.5);
  EventWriter(folder.path()).scalars(1, values);
  EventWriter second(folder.path());
  second.restart_at(5);
  second.scalars(5, values);

  const auto found = files(folder.path());
  ASSERT_EQ(found.size(), 2U);
  const auto events = records(read_file(found[1]));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[1].substr(9),
            "\x10\x05"
            "\x3a\x02\x08\x01");  // step 5, session_log { status: START }
}

TEST(TensorBoard, SaysWhenItCannotWrite) {
  Metrics values;
  values.set("loss", 0.5);
  EXPECT_ANY_THROW(EventWriter("/proc/no/such/folder").scalars(1, values));
}

}  // namespace
}  // namespace nudge
