#include "gguf/config.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "gguf/tensors.h"
#include "gguf/writer.h"

namespace nudge::gguf {
namespace {

/// A small model's config.json in the form of transformers 5.
Json small_config(const std::string& type, const std::string& class_name) {
  Json config = {{"model_type", type},       {"architectures", {class_name}}, {"vocab_size", 5},
                 {"hidden_size", 8},         {"intermediate_size", 12},       {"num_hidden_layers", 2},
                 {"num_attention_heads", 2}, {"num_key_value_heads", 1},      {"head_dim", 16},
                 {"rms_norm_eps", 1e-6},     {"max_position_embeddings", 64}, {"tie_word_embeddings", true}};
  config["rope_parameters"] = {{"rope_theta", 5e5}, {"rope_type", "default"}};
  return config;
}

void add_small_tokenizer(Metadata& metadata) {
  metadata.add("tokenizer.ggml.model", std::string("gpt2"));
  metadata.add("tokenizer.ggml.tokens", List(std::vector<std::string>{"a", "b", "c", "<end>", "<turn>"}));
  metadata.add("tokenizer.ggml.eos_token_id", std::uint32_t{3});
  metadata.add("tokenizer.ggml.eot_token_id", std::uint32_t{4});
}

/// What a file written from this config.json says of it.
class GgufConfig : public testing::Test {
 protected:
  Json returned(const Json& config, const std::function<void(Metadata&)>& change = [](Metadata&) {}) {
    return returned(config, rope_factors_of(config, "config.json"), change);
  }

  Json returned(
      const Json& config, const std::vector<float>& factors,
      const std::function<void(Metadata&)>& change = [](Metadata&) {}) {
    Metadata metadata = metadata_of(config, "small", "config.json");
    add_small_tokenizer(metadata);
    change(metadata);
    std::vector<TensorSource> sources;
    for (const auto& tensor : tensors_of(Architecture::of(config, "config.json"), config, "config.json")) {
      std::int64_t count = 1;
      for (const auto extent : tensor.shape) count *= extent;
      sources.push_back(
          {tensor.gguf, tensor.shape, TensorType::f32, [count] { return std::string(count * 4, '\0'); }});
    }
    if (!factors.empty())
      sources.push_back({"rope_freqs.weight", {std::ssize(factors)}, TensorType::f32, [factors] {
                           return std::string(reinterpret_cast<const char*>(factors.data()),
                                              factors.size() * 4);
                         }});
    const auto path = folder_.path() / "file.gguf";
    write_file(path, metadata, sources);
    const File file(path);
    Json read = config_of(file);
    check_tensors(file, tensors_of(Architecture::of(metadata), read, "small"));
    return read;
  }

  void expect_kept(const Json& config) {
    const Json read = returned(config);
    for (const auto& [key, value] : config.items()) EXPECT_EQ(read.value(key, Json()), value) << key;
  }

  TemporaryFolder folder_;
};

TEST_F(GgufConfig, EveryArchitectureComesBack) {
  expect_kept(small_config("llama", "LlamaForCausalLM"));
  expect_kept(small_config("qwen2", "Qwen2ForCausalLM"));
  expect_kept(small_config("qwen3", "Qwen3ForCausalLM"));
  Json untied = small_config("llama", "LlamaForCausalLM");
  untied["tie_word_embeddings"] = false;
  untied["attention_bias"] = true;
  expect_kept(untied);
}

TEST_F(GgufConfig, EndsAreThoseOfTheTokenizer) {
  const Json read = returned(small_config("llama", "LlamaForCausalLM"));
  EXPECT_EQ(read["eos_token_id"], Json({3, 4}));
  EXPECT_TRUE(read["bos_token_id"].is_null());
}

TEST_F(GgufConfig, RotaryScalingsComeBackInBothForms) {
  const Json scalings[] = {
      {{"rope_theta", 5e5}, {"rope_type", "linear"}, {"factor", 4.0}},
      {{"rope_theta", 5e5}, {"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 16}},
      {{"rope_theta", 5e5},
       {"rope_type", "llama3"},
       {"factor", 8.0},
       {"low_freq_factor", 1.0},
       {"high_freq_factor", 4.0},
       {"original_max_position_embeddings", 8192}}};
  for (const Json& scaling : scalings) {
    Json config = small_config("llama", "LlamaForCausalLM");
    config["rope_parameters"] = scaling;
    const Json read = returned(config);
    EXPECT_EQ(read["rope_parameters"], scaling);
    EXPECT_EQ(read["rope_theta"], 5e5);
    config.erase("rope_parameters");  // as transformers 4 writes it
    config["rope_theta"] = 5e5;
    config["rope_scaling"] = read["rope_scaling"];
    EXPECT_EQ(returned(config)["rope_parameters"], scaling);
  }
  Json dynamic = small_config("llama", "LlamaForCausalLM");
  dynamic["rope_parameters"]["rope_type"] = "dynamic";
  EXPECT_THROW(returned(dynamic), Error);
}

TEST_F(GgufConfig, RotaryFactorsAreAsManyAsAHeadHasPairs) {
  Json config = small_config("llama", "LlamaForCausalLM");
  config["rope_parameters"] = {{"rope_theta", 5e5},       {"rope_type", "llama3"},
                               {"factor", 8.0},           {"low_freq_factor", 1.0},
                               {"high_freq_factor", 4.0}, {"original_max_position_embeddings", 8192}};
  Json wider = config;
  wider["head_dim"] = 32;
  EXPECT_NO_THROW(returned(config, rope_factors_of(config, "config.json")));
  EXPECT_THROW(returned(config, rope_factors_of(wider, "config.json")), Error);
}

TEST_F(GgufConfig, Gemma3HasWindowsAndTwoRotaryBases) {
  Json config = small_config("gemma3_text", "Gemma3ForCausalLM");
  config["num_hidden_layers"] = 7;
  config["hidden_activation"] = "gelu_pytorch_tanh";
  config["query_pre_attn_scalar"] = 16;
  config["sliding_window"] = 32;
  config["layer_types"] = Json::array();
  for (int layer = 0; layer < 7; ++layer)
    config["layer_types"].push_back(layer == 5 ? "full_attention" : "sliding_attention");
  config["rope_parameters"] = {
      {"full_attention", {{"rope_theta", 1e6}, {"rope_type", "linear"}, {"factor", 8.0}}},
      {"sliding_attention", {{"rope_theta", 1e4}, {"rope_type", "default"}}}};
  expect_kept(config);
  config["layer_types"][5] = "sliding_attention";  // all of them, more than the usual pattern has in a row
  expect_kept(config);
  config["layer_types"][5] = "full_attention";
  config["query_pre_attn_scalar"] = 17;
  EXPECT_THROW(returned(config), Error);
  config["query_pre_attn_scalar"] = 16;
  config["layer_types"][0] = "full_attention";
  EXPECT_THROW(returned(config), Error);
}

TEST_F(GgufConfig, WhatIsNotSupportedIsNamed) {
  const auto refusal = [&](const std::string& key, const Value& value) -> std::string {
    try {
      returned(small_config("llama", "LlamaForCausalLM"),
               [&](Metadata& metadata) { metadata.add(key, value); });
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(refusal("llama.expert_count", std::uint32_t{8}).find("mixture of 8 experts"), std::string::npos);
  EXPECT_NE(refusal("llama.rope.scaling.type", std::string("longrope")).find("longrope"), std::string::npos);
  EXPECT_EQ(refusal("llama.something.new", true), "");
  Metadata metadata("small");
  metadata.add("general.architecture", std::string("mamba"));
  EXPECT_THROW(Architecture::of(metadata), Error);
  EXPECT_THROW(Architecture::of(small_config("mistral3", ""), "config.json"), Error);
  Json unnamed = small_config("llama", "LlamaForSequenceClassification");
  EXPECT_THROW(Architecture::of(unnamed, "config.json"), Error);
  unnamed.erase("architectures");
  EXPECT_STREQ(Architecture::of(unnamed, "config.json").name, "llama");
  Metadata unread("small");
  unread.add("general.architecture", std::string("llama"));
  unread.add("llama.something.new", true);
  unread.add("llama.attention.sliding_window", std::uint32_t{32});  // which only Gemma 3 is asked for
  unread.add("llama.block_count", std::uint32_t{2});
  EXPECT_EQ(unread_keys(unread),
            (std::vector<std::string>{"llama.something.new", "llama.attention.sliding_window"}));
}

TEST(GgufTensors, RotaryRowsBecomeNeighboursAndComeApart) {
  std::vector<float> numbers;  // two heads of four rows and two columns
  for (int i = 0; i < 16; ++i) numbers.push_back(static_cast<float>(i));
  auto changed = numbers;
  apply(Change::rotary_rows, changed, {8, 2}, 4);
  EXPECT_EQ(changed, (std::vector<float>{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}));
  undo(Change::rotary_rows, changed, {8, 2}, 4);
  EXPECT_EQ(changed, numbers);
  apply(Change::rotary_rows, changed, {16}, 8);  // a bias
  EXPECT_EQ(changed, (std::vector<float>{0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15}));
}

TEST(GgufTensors, NormsMoveByOne) {
  std::vector<float> numbers = {0, -1, 0.5f};
  apply(Change::add_one, numbers, {3}, 4);
  EXPECT_EQ(numbers, (std::vector<float>{1, 0, 1.5f}));
  undo(Change::add_one, numbers, {3}, 4);
  EXPECT_EQ(numbers, (std::vector<float>{0, -1, 0.5f}));
}

}  // namespace
}  // namespace nudge::gguf
