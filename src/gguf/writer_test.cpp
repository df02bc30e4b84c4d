#include "gguf/writer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "gguf/dequantize.h"
#include "gguf/golden_test.h"
#include "gguf/quantize.h"

namespace nudge::gguf {
namespace {

TEST(GgufQuantize, BytesAreThoseOfThePackage) {
  const auto numbers = floats_of(from_hex(golden()["quantized"]["numbers"]));
  for (const auto type : {TensorType::f32, TensorType::f16, TensorType::bf16, TensorType::q8_0}) {
    const char* name = block_shape(type).name;
    EXPECT_EQ(quantize(numbers, type, "t"), from_hex(golden()["quantized"]["bytes"][name])) << name;
  }
}

TEST(GgufQuantize, BlocksNearZeroAreZeroAsThePackageWritesThem) {
  for (const float tiny : {3e-37f, 1e-39f, 1e-43f}) {  // whose scale has no inverse
    std::vector<float> numbers(32, tiny);
    numbers[3] = 0;
    EXPECT_EQ(quantize(numbers, TensorType::q8_0, "t"), std::string(34, '\0')) << tiny;
  }
}

TEST(GgufQuantize, WhatATypeCannotHoldIsRefused) {
  std::vector<float> numbers(32, 1.0f);
  EXPECT_THROW(quantize(numbers, TensorType::q4_0, "t"), Error);
  EXPECT_THROW(quantize(std::span(numbers).first(31), TensorType::q8_0, "t"), Error);
  numbers[7] = 8.4e6f;  // the scale would be infinite
  EXPECT_THROW(quantize(numbers, TensorType::q8_0, "t"), Error);
  EXPECT_THROW(quantize(numbers, TensorType::f16, "t"), Error);
  EXPECT_NO_THROW(quantize(numbers, TensorType::bf16, "t"));
  numbers[7] = NAN;
  EXPECT_THROW(quantize(numbers, TensorType::q8_0, "t"), Error);
  EXPECT_EQ(quantize(numbers, TensorType::bf16, "t").substr(14, 2), "\xc0\x7f");
}

/// What tools/goldens/gguf.py wrote: one value of each type, lists, tensors of several types.
Metadata golden_metadata() {
  Metadata data("golden");
  data.add("general.architecture", std::string("llama"));
  data.add("a.uint8", std::uint8_t{7});
  data.add("a.int8", std::int8_t{-7});
  data.add("a.uint16", std::uint16_t{7});
  data.add("a.int16", std::int16_t{-7});
  data.add("a.uint32", std::uint32_t{7});
  data.add("a.int32", std::int32_t{-7});
  data.add("a.uint64", std::uint64_t{7});
  data.add("a.int64", std::int64_t{-7});
  data.add("a.float32", 0.1f);
  data.add("a.float64", 0.1);
  data.add("a.bool", true);
  data.add("a.string", std::string("grüß dich"));
  data.add("list.strings", List(std::vector<std::string>{"a", "", "bc"}));
  data.add("list.int32", List(std::vector<std::int32_t>{1, -2, 3}));
  data.add("list.float32", List(std::vector<float>{0.5f, -1.25f}));
  data.add("list.bool", List(std::vector<bool>{true, false, true}));
  return data;
}

std::vector<TensorSource> golden_tensors(const std::vector<float>& numbers) {
  std::vector<TensorSource> tensors;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape, TensorType type) {
    const auto count = shape.size() == 1 ? shape[0] : shape[0] * shape[1];
    tensors.push_back({name, std::move(shape), type,
                       [=, &numbers] { return quantize(std::span(numbers).first(count), type, name); }});
  };
  add("norm.weight", {5}, TensorType::f32);
  add("f16.weight", {3, 32}, TensorType::f16);
  add("bf16.weight", {3, 32}, TensorType::bf16);
  add("q8_0.weight", {3, 32}, TensorType::q8_0);
  return tensors;
}

TEST(GgufWriter, FileIsThatOfThePackageAndReadsBack) {
  std::vector<float> numbers;
  for (int i = 0; i < 96; ++i) numbers.push_back(static_cast<float>(i) / 7);
  const TemporaryFolder folder;
  const auto path = folder.path() / "file.gguf";
  write_file(path, golden_metadata(), golden_tensors(numbers));
  EXPECT_EQ(read_file(path), from_hex(golden()["file"]));

  const File file(path);
  EXPECT_EQ(file.metadata().entries(), golden_metadata().entries());
  EXPECT_EQ(file.metadata().get<std::int64_t>("a.int16"), -7);
  EXPECT_EQ(file.metadata().get<double>("a.float32"), double{0.1f});
  EXPECT_EQ(file.metadata().get<std::vector<bool>>("list.bool"), (std::vector<bool>{true, false, true}));
  EXPECT_THROW(file.metadata().get<std::string>("a.bool"), Error);
  EXPECT_THROW(file.metadata().get<bool>("a.uint8"), Error);
  EXPECT_THROW(file.metadata().get<std::int64_t>("nothing"), Error);
  ASSERT_EQ(file.tensors().size(), 4u);
  const TensorInfo* tensor = file.find("q8_0.weight");
  ASSERT_NE(tensor, nullptr);
  EXPECT_EQ(tensor->shape, (std::vector<std::int64_t>{3, 32}));
  std::vector<float> back(96);
  dequantize(*tensor, back);
  for (int i = 0; i < 96; ++i) EXPECT_NEAR(back[i], numbers[i], 0.06) << i;
}

TEST(GgufWriter, BadContentLeavesNothingBehind) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file.gguf";
  const std::vector<float> numbers(96, 1.0f);
  auto tensors = golden_tensors(numbers);
  tensors[1].bytes = [] { return std::string("short"); };
  EXPECT_THROW(write_file(path, golden_metadata(), tensors), Error);
  tensors = golden_tensors(numbers);
  tensors[1].name = std::string(64, 'x');
  EXPECT_THROW(write_file(path, golden_metadata(), tensors), Error);
  tensors[1].name = tensors[0].name;
  EXPECT_THROW(write_file(path, golden_metadata(), tensors), Error);
  Metadata empty_list("test");
  empty_list.add("list", List(std::vector<std::string>{}));
  EXPECT_THROW(write_file(path, empty_list, {}), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_THROW(write_file("/dev/null", golden_metadata(), {}), Error);
}

}  // namespace
}  // namespace nudge::gguf
