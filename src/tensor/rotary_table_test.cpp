#include "tensor/rotary_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

RotaryOptions options_of(const Json& golden) {
  const Json& given = golden["rope_parameters"];
  const auto number = [&](const char* key, double otherwise) { return given.value(key, otherwise); };
  RotaryOptions o;
  for (const auto& [kind, name] : kRotaryKinds) {
    if (given["rope_type"] == name) o.kind = kind;
  }
  o.theta = number("rope_theta", o.theta);
  o.partial_rotary_factor = number("partial_rotary_factor", 1);
  o.factor = number("factor", 0);
  o.max_length = golden["max_position_embeddings"];
  o.original_length = given.value("original_max_position_embeddings", o.max_length);
  o.low_freq_factor = number("low_freq_factor", o.low_freq_factor);
  o.high_freq_factor = number("high_freq_factor", o.high_freq_factor);
  o.beta_fast = number("beta_fast", o.beta_fast);
  o.beta_slow = number("beta_slow", o.beta_slow);
  o.truncate = given.value("truncate", true);
  o.mscale = number("mscale", 0);
  o.mscale_all_dim = number("mscale_all_dim", 0);
  if (given.contains("attention_factor")) o.attention_factor = number("attention_factor", 1);
  o.short_factor = given.value("short_factor", std::vector<double>{});
  o.long_factor = given.value("long_factor", std::vector<double>{});
  return o;
}

// transformers computes frequencies in single precision, so that its angles are off by their own size times
// 1e-7 or so.
TEST(RotaryTable, IsThatOfTransformersForEveryKind) {
  const Json goldens = read_json(NUDGE_SOURCE_DIR "/tests/goldens/families/rotary.json");
  ASSERT_EQ(goldens["cases"].size(), 13U);
  for (const Json& golden : goldens["cases"]) {
    SCOPED_TRACE(golden["name"].get<std::string>());
    const RotaryOptions options = options_of(golden);
    const std::int64_t head_size = golden["head_size"], length = golden["length"];
    const auto expected = golden["frequencies"].get<std::vector<double>>();
    const auto frequencies = rotary_frequencies(options, head_size, length);
    ASSERT_EQ(frequencies.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(frequencies[i] / expected[i], 1, 5e-7) << i;
    EXPECT_NEAR(rotary_attention_factor(options), golden["attention_factor"].get<double>(), 1e-7);
    const auto table = rotary_table(options, length, head_size, length);
    EXPECT_EQ(table.rotated(), 2 * std::ssize(expected));
    const auto positions = golden["positions"].get<std::vector<std::int64_t>>();
    for (std::size_t p = 0; p < positions.size(); ++p) {
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const double near = 2e-7 + 5e-7 * static_cast<double>(positions[p]) * expected[i];
        const auto column = static_cast<std::int64_t>(i);
        EXPECT_NEAR(table.cosines[positions[p]][column].item<double>(), golden["cosines"][p][i].get<double>(),
                    near);
        EXPECT_NEAR(table.sines[positions[p]][column].item<double>(), golden["sines"][p][i].get<double>(),
                    near);
      }
    }
  }
}

TEST(RotaryTable, OnlyDynamicAndLongropeDependOnTheLength) {
  for (const auto& [kind, name] : kRotaryKinds) {
    const RotaryOptions options{.kind = kind,
                                .factor = 2,
                                .max_length = 64,
                                .original_length = 16,
                                .short_factor = std::vector<double>(4, 1.5),
                                .long_factor = std::vector<double>(4, 2.5)};
    const auto at = [&](std::int64_t length) { return rotary_frequencies(options, 8, length); };
    const std::int64_t fixed = options.fixed_up_to();
    if (kind == RotaryKind::dynamic || kind == RotaryKind::longrope) {
      EXPECT_EQ(at(fixed), at(0)) << name;
      EXPECT_NE(at(fixed + 1), at(0)) << name;
    } else {
      EXPECT_EQ(at(1 << 20), at(0)) << name;
    }
  }
}

TEST(RotaryTable, RefusesAnOddShareOfAHeadAndAWrongNumberOfFactors) {
  EXPECT_THROW(RotaryOptions{.partial_rotary_factor = 0.2}.rotated(16), Error);
  EXPECT_EQ(RotaryOptions{.partial_rotary_factor = 0.75}.rotated(128), 96);
  EXPECT_THROW(rotary_frequencies({.kind = RotaryKind::longrope}, 8), Error);
}

}  // namespace
}  // namespace nudge
