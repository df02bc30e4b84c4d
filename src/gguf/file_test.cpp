#include "gguf/file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "gguf/golden_test.h"

namespace nudge::gguf {
namespace {

template <class Number>
std::string bytes_of(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

std::string counted_bytes(const std::string& text) {
  return bytes_of(std::uint64_t{text.size()}) + text;
}

std::string opening(std::uint64_t tensors, std::uint64_t values, std::uint32_t version = 3) {
  return "GGUF" + bytes_of(version) + bytes_of(tensors) + bytes_of(values);
}

/// A key with a value of the type, its bytes given.
std::string entry(const std::string& key, std::uint32_t type, const std::string& value) {
  return counted_bytes(key) + bytes_of(type) + value;
}

struct Described {
  std::string name = "a";
  std::vector<std::uint64_t> extents = {2};
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
};

std::string described(const Described& tensor) {
  std::string bytes =
      counted_bytes(tensor.name) + bytes_of(static_cast<std::uint32_t>(tensor.extents.size()));
  for (const auto extent : tensor.extents) bytes += bytes_of(extent);
  return bytes + bytes_of(tensor.type) + bytes_of(tensor.offset);
}

/// A file of these descriptions, 96 bytes of data behind them.
std::string file_of(const std::vector<Described>& tensors, const std::string& values = "",
                    std::uint64_t count = 0) {
  std::string bytes = opening(tensors.size(), count) + values;
  for (const auto& tensor : tensors) bytes += described(tensor);
  bytes.resize((bytes.size() + 31) / 32 * 32);
  return bytes + std::string(96, '\1');
}

class GgufFile : public testing::Test {
 protected:
  /// The message of the Error that reading these bytes gives, or "" when they are accepted.
  std::string refusal(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;  // unsynced: thousands of files
    try {
      const File file(path_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "file.gguf";
};

struct Rule {
  std::string what, bytes, message;  // message: a part of the refusal, "" when accepted
};

std::vector<Rule> header_rules() {
  const std::uint64_t huge = ~std::uint64_t{0};
  const std::string eight = bytes_of(std::uint32_t{8}), nine = bytes_of(std::uint32_t{9});
  return {
      {"empty", "", "not a GGUF file"},
      {"another magic", "GGML" + bytes_of(huge), "not a GGUF file"},
      {"version 1", opening(0, 0, 1), "version 1"},
      {"version 2", opening(0, 0, 2), ""},
      {"big-endian", opening(0, 0, 0x03000000), "big-endian"},
      {"no end of tensors", opening(huge, 0), "too small"},
      {"no end of values", opening(0, huge), "too small"},
      {"key beyond the file", opening(0, 1) + bytes_of(huge) + "12345", "cut short"},
      {"unknown type of value", opening(0, 1) + entry("k", 13, "12345678"), "type number 13"},
      {"string beyond the file", opening(0, 1) + entry("k", 8, bytes_of(huge)), "cut short"},
      {"list beyond the file", opening(0, 1) + entry("k", 9, eight + bytes_of(huge)), "promises"},
      {"list of lists", opening(0, 1) + entry("k", 9, nine + bytes_of(std::uint64_t{0})), "list of lists"},
      {"a key twice", opening(0, 2) + entry("k", 7, "\1") + entry("k", 7, "\1"), "\"k\" twice"},
      {"alignment of 24", opening(0, 1) + entry("general.alignment", 4, bytes_of(24u)), "power of two"},
      {"alignment of 0", opening(0, 1) + entry("general.alignment", 4, bytes_of(0u)), "power of two"},
      {"alignment is text", opening(0, 1) + entry("general.alignment", 8, counted_bytes("32")), "an integer"},
      {"a part", opening(0, 1) + entry("split.count", 2, bytes_of(std::uint16_t{3})), "3 parts"},
  };
}

std::vector<Rule> tensor_rules() {
  const std::uint64_t large = std::uint64_t{1} << 40;
  const Described first, second{.name = "b", .offset = 32};
  return {
      {"two tensors", file_of({first, second}), ""},
      {"longest name", file_of({{.name = std::string(63, 'n')}}), ""},
      {"longer name", file_of({{.name = std::string(64, 'n')}}), "64 bytes"},
      {"same names", file_of({first, {.offset = 32}}), "two tensors"},
      {"no dimension", file_of({{.extents = {}}}), "0 dimensions"},
      {"five dimensions", file_of({{.extents = {1, 1, 1, 1, 1}}}), "5 dimensions"},
      {"dimension of 0", file_of({{.extents = {0}}}), "dimension of 0"},
      {"dimension of 2^63", file_of({{.extents = {std::uint64_t{1} << 63}}}), "dimension of"},
      {"product overflows", file_of({{.extents = {large, large}}}), "too large"},
      {"product is 0 modulo 2^64", file_of({{.extents = {large, std::uint64_t{1} << 24}}}), "too large"},
      {"known type by name", file_of({{.extents = {256}, .type = 10}}), "Q2_K"},
      {"new type by name", file_of({{.extents = {256}, .type = 40}}), "NVFP4"},
      {"removed type", file_of({{.extents = {256}, .type = 4}}), "number 4"},
      {"half a block", file_of({{.extents = {16}, .type = 8}}), "whole blocks of 32"},
      {"beyond the file", file_of({{.extents = {25}}}), "cut short"},
      {"to the end", file_of({{.extents = {24}}}), ""},
      {"hole", file_of({first, {.name = "b", .offset = 64}}), "32 was expected"},
      {"overlap", file_of({first, {.name = "b", .offset = 0}}), "32 was expected"},
      {"unaligned", file_of({first, {.name = "b", .offset = 8}}), "32 was expected"},
      {"begins beyond", file_of({{.extents = {24}}, {.name = "b", .offset = 96}}), "cut short"},
      {"alignment of 8",
       file_of({first, {.name = "b", .offset = 8}}, entry("general.alignment", 4, bytes_of(8u)), 1), ""},
  };
}

TEST_F(GgufFile, RefusesWhatIsWrongByName) {
  for (auto rules : {header_rules(), tensor_rules()})
    for (const auto& rule : rules) {
      const auto message = refusal(rule.bytes);
      EXPECT_EQ(message.empty(), rule.message.empty()) << rule.what << ": " << message;
      EXPECT_NE(message.find(rule.message), std::string::npos) << rule.what << ": " << message;
      EXPECT_LT(message.size(), 400u) << rule.what;
    }
}

TEST_F(GgufFile, EveryCutAndEveryDamagedByteIsReadOrRefused) {
  const std::string whole = from_hex(golden()["file"]);
  ASSERT_EQ(refusal(whole), "");
  for (std::size_t size = 0; size + 32 < whole.size(); size += 3)
    EXPECT_NE(refusal(whole.substr(0, size)), "") << size;
  for (std::size_t at = 0; at < 900; ++at) {
    std::string damaged = whole;
    damaged[at] = "\x00\x7f\xff"[at % 3];
    refusal(damaged);  // neither crashes nor asks for memory without end
  }
}

TEST_F(GgufFile, ShapeIsRowsFirstAndDataLieInTheMapping) {
  nudge::write_file(path_, file_of({{.extents = {4, 2}}}));
  const File file(path_);
  EXPECT_EQ(file.tensors()[0].shape, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(file.tensors()[0].count(), 8);
  EXPECT_EQ(file.tensors()[0].data, std::string(32, '\1'));
  EXPECT_EQ(file.find("b"), nullptr);
  EXPECT_THROW(File(folder_.path()), Error);
  EXPECT_THROW(File(folder_.path() / "none"), Error);
}

}  // namespace
}  // namespace nudge::gguf
