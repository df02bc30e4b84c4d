#include "gguf/dequantize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "gguf/golden_test.h"
#include "gguf/half.h"

namespace nudge::gguf {
namespace {

const std::vector<TensorType> kAllTypes = {TensorType::f32,  TensorType::f16,  TensorType::bf16,
                                           TensorType::q8_0, TensorType::q4_0, TensorType::q4_1,
                                           TensorType::q5_0, TensorType::q5_1, TensorType::q4_k,
                                           TensorType::q5_k, TensorType::q6_k};

TensorInfo tensor_of(TensorType type, std::string_view bytes) {
  const auto shape = block_shape(type);
  const auto numbers = std::ssize(bytes) / shape.bytes * shape.numbers;
  return {.name = "t", .shape = {numbers}, .type = type, .data = bytes};
}

TEST(GgufDequantize, EveryTypeEqualsThePackageBitForBit) {
  ASSERT_EQ(golden()["dequantized"].size(), kAllTypes.size());
  for (const auto type : kAllTypes) {
    const Json& example = golden()["dequantized"][block_shape(type).name];
    const std::string bytes = from_hex(example["bytes"]), expected = from_hex(example["numbers"]);
    const auto tensor = tensor_of(type, bytes);
    std::vector<float> numbers(tensor.count());
    dequantize(tensor, numbers);
    ASSERT_EQ(numbers.size() * sizeof(float), expected.size()) << block_shape(type).name;
    EXPECT_EQ(std::memcmp(numbers.data(), expected.data(), expected.size()), 0) << block_shape(type).name;
  }
}

TEST(GgufDequantize, RoomForOtherNumbersIsRefused) {
  std::vector<float> numbers(3);
  EXPECT_THROW(dequantize(tensor_of(TensorType::f32, "12345678"), numbers), Error);
}

/// What the bits say, spelt out.
float slow_half(std::uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const float sign = half & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

TEST(GgufHalf, AllOfThemAreWhatTheirBitsSayAndComeBack) {
  for (int bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float number = from_half(half), expected = slow_half(half);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(number) && std::isnan(from_half(to_half(number)))) << bits;
      continue;
    }
    EXPECT_EQ(std::bit_cast<std::uint32_t>(number), std::bit_cast<std::uint32_t>(expected)) << bits;
    EXPECT_EQ(to_half(number), half) << bits;
  }
}

TEST(GgufHalf, BetweenTwoTheNearestAndOfTwoTheEvenOne) {
  for (int bits = 0; bits < 0x7bff; ++bits) {
    const auto low = static_cast<std::uint16_t>(bits), high = static_cast<std::uint16_t>(bits + 1);
    const float middle = (from_half(low) + from_half(high)) / 2;
    EXPECT_EQ(to_half(middle), bits % 2 == 0 ? low : high) << bits;
    EXPECT_EQ(to_half(std::nextafter(middle, 0.0f)), low) << bits;
    EXPECT_EQ(to_half(std::nextafter(middle, 1e9f)), high) << bits;
    EXPECT_EQ(to_half(-middle), to_half(middle) | 0x8000) << bits;
  }
  EXPECT_EQ(to_half(65519.99f), 0x7bff);
  EXPECT_EQ(to_half(65520.0f), 0x7c00);
  EXPECT_EQ(to_half(1e-9f), 0);
}

}  // namespace
}  // namespace nudge::gguf
