#include "tensor/bf16_kernels.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nudge {
namespace {

TEST(Bf16Kernels, ThoseThatTheProcessorHasNotAreRefusedByName) {
  ASSERT_FALSE(bf16_kernels().empty());
  EXPECT_EQ(bf16_kernels().back(), "portable");
  try {
    use_bf16_kernels("sme");
    FAIL() << "it was taken";
  } catch (const Error& error) {
    const std::string sentence = error.what();
    EXPECT_NE(sentence.find("has not the instructions of sme"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("start anew with " + bf16_kernels().front()), std::string::npos) << sentence;
  }
}

}  // namespace
}  // namespace nudge
