#include "tensor/safetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "base/error.h"
#include "base/files.h"
#include "tensor/aten.h"
#include "tensor/safetensors_stream.h"

namespace nudge {
namespace {

std::filesystem::path scratch(const std::string& name) {
  return std::filesystem::temp_directory_path() / fmt::format("nudge-{}-{}", getpid(), name);
}

std::string with_length(std::uint64_t length, const std::string& rest) {
  return std::string(reinterpret_cast<const char*>(&length), 8) + rest;
}

std::string file_of(const std::string& header, std::size_t data_bytes) {
  return with_length(header.size(), header + std::string(data_bytes, '\1'));
}

/// The message of the Error that reading these bytes gives, or "" when they are accepted.
std::string refusal(const std::string& bytes) {
  const auto path = scratch("rules.safetensors");
  write_file(path, bytes);
  std::string message;
  try {
    read_safetensors(path);
  } catch (const Error& error) {
    message = error.what();
  }
  std::filesystem::remove(path);
  return message;
}

const std::string kOne = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";

struct Rule {
  std::string what, bytes, message;  // message: a part of the refusal, "" when accepted
};

std::vector<Rule> rules() {
  const std::string deep(200000, '[');
  return {
      {"1 too short", "1234567", "too few"},
      {"2 header too large", with_length(100000001, std::string(64, ' ')), "exceeds the limit"},
      {"3 header beyond the file", with_length(100, "{}"), "cut short"},
      {"3 length overflows", with_length(~0ull, "{}"), "exceeds the limit"},
      {"4 not UTF-8", file_of("{\"\xff\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8),
       "UTF-8"},
      {"5 not an object", file_of("[]", 0), "not a JSON object"},
      {"5 byte order mark", file_of("\xef\xbb\xbf{}", 0), "not a JSON object"},
      {"5 nothing", file_of("", 0), "not a JSON object"},
      {"5 garbage behind", file_of("{}x", 0), "not valid JSON"},
      {"5 spaces around are fine", file_of(" \n{" + kOne + "}   ", 8), ""},
      {"5 nested deeply", file_of("{\"a\":" + deep, 0), "nested too deeply"},
      {"6 metadata not strings", file_of(R"({"__metadata__":{"a":1}})", 0), "must hold strings"},
      {"6 metadata not an object", file_of(R"({"__metadata__":"a"})", 0), "object of strings"},
      {"7 a key missing", file_of(R"({"a":{"dtype":"F32","shape":[2]}})", 8), "exactly the keys"},
      {"7 a key too many", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"b":1}})", 8),
       "exactly the keys"},
      {"7 unknown dtype", file_of(R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})", 8), "F31"},
      {"7 three offsets", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}})", 8),
       "two data_offsets"},
      {"8 begins late", file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8), "holes"},
      {"8 a hole", file_of("{" + kOne + R"(,"b":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}})", 10),
       "holes"},
      {"8 an overlap", file_of("{" + kOne + R"(,"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", 8),
       "overlap"},
      {"8 end before begin", file_of(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[8,0]}})", 8),
       "data_offsets"},
      {"9 product overflows",
       file_of(R"({"a":{"dtype":"F32","shape":[281474976710655,281474976710655],"data_offsets":[0,8]}})", 8),
       "too large"},
      {"9 an empty tensor's strides overflow",
       file_of(
           R"({"a":{"dtype":"F32","shape":[0,281474976710655,281474976710655,281474976710655],"data_offsets":[0,0]}})",
           0),
       "too large"},
      {"10 less than a byte", file_of(R"({"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}})", 1), "F4"},
      {"11 size and offsets differ", file_of(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
       "needs 12 bytes"},
      {"12 bytes behind", file_of("{" + kOne + "}", 9), "appended"},
      {"12 cut short", file_of("{" + kOne + "}", 7), "cut short"},
      {"13 tensor twice", file_of("{" + kOne + "," + kOne + "}", 8), "twice"},
      {"13 metadata key twice", file_of(R"({"__metadata__":{"a":"1","a":"2"}})", 0), "twice"},
      {"13 key inside a tensor twice",
       file_of(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8), "twice"},
      {"14 negative", file_of(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8), "integers"},
      {"14 negative zero", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[-0,8]}})", 8),
       "integers"},
      {"14 fraction", file_of(R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8), "integers"},
      {"14 exponent", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8e0]}})", 8), "integers"},
      {"14 too large", file_of(R"({"a":{"dtype":"U8","shape":[281474976710656],"data_offsets":[0,8]}})", 8),
       "integers"},
      {"15 scalars and empty tensors",
       file_of(
           R"({"b":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
           4),
       ""},
      {"no tensors at all", file_of("{}", 0), ""},
      {"control character in a name",
       file_of(R"({"\u0007":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8), "control"},
      {"too many dimensions",
       file_of(R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", 1),
       "dimensions"},
  };
}

TEST(ReadSafetensors, EnforcesEveryRule) {
  for (const auto& rule : rules()) {
    const auto message = refusal(rule.bytes);
    if (rule.message.empty()) {
      EXPECT_EQ(message, "") << rule.what;
    } else {
      EXPECT_NE(message.find(rule.message), std::string::npos) << rule.what << ": \"" << message << '"';
    }
  }
}

TEST(ReadSafetensors, RefusesWhatIsNoFile) {
  EXPECT_THROW(read_safetensors("/nonexistent/model.safetensors"), Error);
  EXPECT_THROW(read_safetensors("/"), Error);
}

TEST(ReadSafetensors, KeepsNotANumberAndReadsUnalignedData) {
  const auto path = scratch("unaligned.safetensors");
  const float values[2] = {NAN, 1.5f};
  const std::string header = "{" + kOne + "} ";  // odd length: the data start on no boundary
  write_file(path,
             with_length(header.size(), header + std::string(reinterpret_cast<const char*>(values), 8)));
  const auto tensors = read_safetensors(path);
  EXPECT_TRUE(std::isnan(tensors.at("a")[0].item<float>()));
  EXPECT_EQ(tensors.at("a")[1].item<float>(), 1.5f);
  std::filesystem::remove(path);
}

TEST(WriteSafetensors, IsReadBackAndReproducible) {
  NamedTensors tensors;
  for (const auto type : {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble, at::kLong, at::kInt, at::kShort,
                          at::kByte, at::kChar, at::kBool}) {
    tensors[fmt::format("t \"{}\" é", c10::toString(type))] = at::arange(6).reshape({2, 3}).t().to(type);
  }
  tensors["scalar"] = at::scalar_tensor(3.25);
  tensors["empty"] = at::empty({4, 0});
  const auto first = scratch("first.safetensors"), second = scratch("second.safetensors");
  write_safetensors(first, tensors, {{"format", "pt"}, {"note", "a\nb"}});
  std::map<std::string, std::string> metadata;
  const auto read = read_safetensors(first, &metadata);
  EXPECT_EQ(metadata.at("note"), "a\nb");
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(read.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(read.at(name), tensor)) << name;
  }
  write_safetensors(second, read, metadata);
  EXPECT_EQ(read_file(first), read_file(second));
  std::uint64_t length = 0;
  std::memcpy(&length, read_file(first).data(), 8);
  EXPECT_EQ(length % 8, 0);
  std::filesystem::remove(first);
  std::filesystem::remove(second);
}

TEST(WriteSafetensors, GivesTheBytesOfTheReferenceWriter) {
  const auto golden = std::filesystem::path(NUDGE_SOURCE_DIR "/tests/goldens/tiny_llama/model.safetensors");
  std::map<std::string, std::string> metadata;
  const auto tensors = read_safetensors(golden, &metadata);
  const auto path = scratch("golden.safetensors");
  write_safetensors(path, tensors, metadata);
  EXPECT_EQ(read_file(path), read_file(golden));
  std::filesystem::remove(path);
}

TEST(WriteSafetensors, GivesTheSameBytesTensorByTensor) {
  const NamedTensors tensors = {
      {"b", at::arange(6, at::kFloat).view({2, 3})}, {"a", at::full({}, 2.5f)}, {"c", at::empty({0, 4})}};
  const auto whole = scratch("whole.safetensors"), piecewise = scratch("piecewise.safetensors");
  write_safetensors(whole, tensors);
  std::vector<Fp32Source> sources;
  for (const auto* name : {"c", "b", "a"}) {
    const at::Tensor& tensor = tensors.at(name);
    sources.push_back({name, tensor.sizes().vec(), [&tensor](std::span<float> into) {
                         std::copy_n(tensor.const_data_ptr<float>(), into.size(), into.data());
                       }});
  }
  write_safetensors_fp32(piecewise, sources);
  EXPECT_EQ(read_file(piecewise), read_file(whole));
  std::filesystem::remove(whole);
  std::filesystem::remove(piecewise);
}

}  // namespace
}  // namespace nudge
