#include "model/rotary_config.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "model/family_golden_test.h"

namespace nudge {
namespace {

RotaryFormat format_of(const std::string& model_type) {
  if (model_type == "gemma3_text")
    return {.theta = 1e6, .by_layer_type = true, .sliding_theta_key = "rope_local_base_freq"};
  if (model_type == "olmo3") return {.theta = 5e5, .by_layer_type = true, .sliding_theta = 5e5};
  if (model_type == "gpt_neox")
    return {.theta_key = "rotary_emb_base", .partial_key = "rotary_pct", .partial = 0.25, .turns_part = true};
  if (model_type == "smollm3") return {.theta = 2e6};
  if (model_type == "phi3") return {.turns_part = true, .original_length = 4096};
  return {};
}

ModelRotary parsed(const Json& config, const RotaryFormat& format = {}) {
  return parse_rotary(config, config.value("max_position_embeddings", 64), format, "config.json");
}

std::string refusal(const Json& config) {
  try {
    parsed(config);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(RotaryConfig, TransformersFourAndFiveSayTheSameAndSoDoWe) {
  for (const std::string& name : FamilyGolden::names()) {
    SCOPED_TRACE(name);
    const FamilyGolden golden(name);
    const auto format = format_of(golden.model_type());
    const auto rotary = parsed(golden.json["config"], format);
    EXPECT_EQ(parsed(golden.json["config_4"], format), rotary);
    Json written{{"max_position_embeddings", golden.json["config"].value("max_position_embeddings", 64)}};
    write_rotary(rotary, format, written);
    EXPECT_EQ(parsed(written, format), rotary);
    auto four = written, five = written;
    four.erase("rope_parameters");
    EXPECT_EQ(parsed(four, format), rotary);
    five.erase("rope_scaling");
    five.erase(std::string(format.theta_key));
    EXPECT_EQ(parsed(five, format), rotary);
  }
}

TEST(RotaryConfig, IsReadAsItStands) {
  const auto of = [](const std::string& name) {
    const FamilyGolden golden(name);
    return parsed(golden.json["config"], format_of(golden.model_type()));
  };
  EXPECT_EQ(of("llama").full.theta, 500);
  EXPECT_EQ(of("llama_yarn").full.kind, RotaryKind::yarn);
  EXPECT_EQ(of("llama_yarn").full.original_length, 16);
  EXPECT_EQ(of("gpt_neox").full.partial_rotary_factor, 0.5);
  EXPECT_EQ(of("smollm3").full.theta, 2e6);
  EXPECT_EQ(of("phi3_longrope").full.short_factor, (std::vector<double>{1, 1.05, 1.25, 1.5}));
  EXPECT_EQ(of("phi3_longrope").full.fixed_up_to(), 40);
  const auto gemma = of("gemma3_text");
  EXPECT_EQ(gemma.full.kind, RotaryKind::linear);
  EXPECT_EQ(gemma.full.factor, 8);
  EXPECT_EQ(gemma.sliding.theta, 100);
  EXPECT_EQ(gemma.sliding.kind, RotaryKind::plain);
}

TEST(RotaryConfig, OldNamesOfLongropeAreKnown) {
  for (const char* name : {"su", "yarn", "longrope"}) {
    const auto rotary =
        parsed({{"rope_scaling", {{"type", name}, {"short_factor", {1}}, {"long_factor", {2}}}}});
    EXPECT_EQ(rotary.full.kind, RotaryKind::longrope) << name;
  }
}

TEST(RotaryConfig, WhatIsUnknownOrIncompleteIsRefused) {
  EXPECT_NE(refusal({{"rope_scaling", {{"rope_type", "mrope"}}}}).find("\"mrope\""), std::string::npos);
  EXPECT_NE(refusal({{"rope_parameters", {{"rope_type", "linear"}}}}).find("\"factor\""), std::string::npos);
  EXPECT_NE(refusal({{"rope_theta", -1}}).find("\"rope_theta\""), std::string::npos);
  EXPECT_NE(refusal({{"rope_scaling", 3}}).find("\"rope_scaling\""), std::string::npos);
  EXPECT_EQ(refusal({{"rope_scaling", nullptr}}), "");
}

}  // namespace
}  // namespace nudge
