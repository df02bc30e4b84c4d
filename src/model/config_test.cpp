#include "model/config.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nudge {
namespace {

Json minimal() {
  return {{"model_type", "llama"},   {"vocab_size", 96},       {"hidden_size", 32},
          {"intermediate_size", 48}, {"num_hidden_layers", 2}, {"num_attention_heads", 4}};
}

/// The message of the Error that this change to a good configuration gives.
std::string refusal(const std::string& key, const Json& value) {
  auto json = minimal();
  json[key] = value;
  try {
    parse_config(json, "config.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ParseConfig, FillsTheDefaultsOfTransformers) {
  const auto config = parse_config(minimal(), "config.json");
  EXPECT_EQ(config.num_key_value_heads, 4);
  EXPECT_EQ(config.head_dim, 8);
  EXPECT_EQ(config.max_position_embeddings, 2048);
  EXPECT_EQ(config.norm_eps, 1e-6);
  EXPECT_EQ(config.rotary.full.theta, 10000);
  EXPECT_FALSE(config.tie_word_embeddings);
  EXPECT_EQ(config.head, Head::language);
  EXPECT_TRUE(config.eos_token_ids.empty());
}

TEST(ParseConfig, ACapThatIsNotGivenIsTheFamilys) {
  auto json = minimal();
  json["model_type"] = "gemma3_text";
  EXPECT_EQ(parse_config(json, "config.json").logits.soft_cap, 0);
  json["model_type"] = "gemma2";
  EXPECT_EQ(parse_config(json, "config.json").logits.soft_cap, 30);
  json["final_logit_softcapping"] = nullptr;
  EXPECT_EQ(parse_config(json, "config.json").logits.soft_cap, 0);
}

TEST(ParseConfig, AMultimodalModelLeavesOutWhatItsClassHas) {
  const Json text{{"model_type", "gemma3_text"},
                  {"hidden_size", 2560},
                  {"intermediate_size", 10240},
                  {"num_hidden_layers", 34}};  // the form of google/gemma-3-4b-it
  Json whole{{"model_type", "gemma3"}, {"text_config", text}};
  const auto config = parse_config(whole, "config.json");
  EXPECT_EQ(config.vocab_size, 262208);
  EXPECT_EQ(config.num_attention_heads, 8);
  EXPECT_EQ(config.num_key_value_heads, 4);
  EXPECT_EQ(config.head_dim, 256);
  EXPECT_EQ(config.max_position_embeddings, 131072);
  EXPECT_TRUE(config.tie_word_embeddings);
  whole["text_config"] = {{"model_type", "llama"}, {"tie_word_embeddings", false}};
  EXPECT_EQ(parse_config(whole, "config.json").hidden_size, 4096);
  whole["tie_word_embeddings"] = true;
  EXPECT_TRUE(parse_config(whole, "config.json").tie_word_embeddings) << "the outer one counts";
  whole["architectures"] = {"Gemma3ForSequenceClassification"};
  EXPECT_THROW(parse_config(whole, "config.json"), Error);
}

TEST(ParseConfig, NamesTheKeyThatItRefuses) {
  const std::vector<std::tuple<std::string, Json, std::string>> cases = {
      {"model_type", "mixtral", "mixtral"},
      {"architectures", {"LlamaForQuestionAnswering"}, "LlamaForQuestionAnswering"},
      {"vocab_size", Json(), "vocab_size"},
      {"vocab_size", 0, "vocab_size"},
      {"vocab_size", "many", "vocab_size"},
      {"hidden_size", -32, "hidden_size"},
      {"num_hidden_layers", 100000, "num_hidden_layers"},
      {"num_key_value_heads", 3, "evenly"},
      {"head_dim", 7, "even"},
      {"hidden_act", "relu", "hidden_act"},
      {"attention_bias", 1, "attention_bias"},
      {"mlp_bias", "no", "mlp_bias"},
      {"rms_norm_eps", 0, "rms_norm_eps"},
      {"rope_theta", -1, "rope_theta"},
      {"rope_scaling", {{"type", "proportional"}, {"factor", 2.0}}, "proportional"},
      {"rope_scaling", {{"rope_type", "llama3"}, {"factor", 0}}, "factor"},
      {"rope_parameters", 3, "rope_parameters"},
      {"rope_parameters", {{"partial_rotary_factor", 0.5}}, "partial_rotary_factor"},
      {"quantization_config", {{"quant_method", "gptq"}}, "gptq"},
  };
  for (const auto& [key, value, part] : cases) {
    const auto message = refusal(key, value);
    EXPECT_NE(message.find(part), std::string::npos) << key << ": \"" << message << '"';
    EXPECT_NE(message.find("config.json"), std::string::npos) << message;
  }
  EXPECT_THROW(parse_config(Json::array(), "config.json"), Error);
}

TEST(ParseConfig, ReadsRotaryBaseOfBothGenerations) {
  auto old = minimal(), recent = minimal();
  old["rope_theta"] = 500000.0;
  old["rope_scaling"] = nullptr;
  recent["rope_parameters"] = {{"rope_theta", 500000.0}, {"rope_type", "default"}};
  EXPECT_EQ(parse_config(old, "old").rotary.full.theta, 500000);
  EXPECT_EQ(parse_config(recent, "recent").rotary.full.theta, 500000);
}

TEST(ParseConfig, TellsWhatEachLayerSees) {
  auto json = minimal();
  json["model_type"] = "qwen2";
  json["num_hidden_layers"] = 3;
  json["sliding_window"] = 16;
  const auto windows = [&] { return parse_config(json, "config.json").windows; };
  using Windows = std::vector<std::int64_t>;
  EXPECT_EQ(windows(), Windows({0, 0, 0})) << "not used unless it says so";
  json["use_sliding_window"] = true;
  EXPECT_EQ(windows(), Windows({0, 0, 0})) << "from layer 28 on";
  json["max_window_layers"] = 0;
  EXPECT_EQ(windows(), Windows({16, 16, 16}));
  json["max_window_layers"] = 1;
  EXPECT_EQ(windows(), Windows({0, 16, 16}));
  json["layer_types"] = {"sliding_attention", "full_attention", "full_attention"};
  EXPECT_EQ(windows(), Windows({16, 0, 0}));
  json["layer_types"] = {"sliding_attention", "full_attention", "linear_attention"};
  EXPECT_THROW(windows(), Error);
  json["layer_types"] = {"full_attention"};
  EXPECT_THROW(windows(), Error);
}

// Case eos-list: the whole list is read, kept, and only ever added to.
TEST(ParseConfig, KeepsEveryTokenThatEndsAnAnswer) {
  auto json = minimal();
  json["eos_token_id"] = {7, 8};
  json["pad_token_id"] = -1;
  auto config = parse_config(json, "config.json");
  EXPECT_EQ(config.eos_token_ids, (std::vector<std::int64_t>{7, 8}));
  EXPECT_FALSE(config.pad_token_id);
  EXPECT_EQ(config_json(config)["eos_token_id"], json["eos_token_id"]);
  config.end_with(8);
  EXPECT_EQ(config_json(config)["eos_token_id"], json["eos_token_id"]);
  config.end_with(9);
  EXPECT_EQ(config_json(config)["eos_token_id"], Json({9, 7, 8}));
  json["eos_token_id"] = "seven";
  EXPECT_THROW(parse_config(json, "config.json"), Error);
}

TEST(ConfigJson, IsReadBackAlike) {
  auto json = minimal();
  json["pretraining_tp"] = 1;
  json["eos_token_id"] = 2;
  auto config = parse_config(json, "config.json");
  config.head = Head::scalar;
  config.reward_heads[0].mean = 0.1;
  config.reward_heads[0].std = 2.5;
  const auto written = config_json(config);
  EXPECT_EQ(written["architectures"], Json::array({"LlamaForSequenceClassification"}));
  EXPECT_EQ(written["pretraining_tp"], 1);
  EXPECT_EQ(written["num_labels"], 1);
  const auto read = parse_config(written, "again");
  EXPECT_EQ(read.head, Head::scalar);
  EXPECT_EQ(read.reward_heads.at(0).mean, 0.1);
  EXPECT_EQ(read.reward_heads.at(0).std, 2.5);
  EXPECT_EQ(config_json(read), written);
}

TEST(ParseConfig, AClassifierHasTwoLabelsUnlessItSaysOtherwise) {
  auto json = minimal();
  json["architectures"] = {"LlamaForSequenceClassification"};
  EXPECT_EQ(parse_config(json, "config.json").heads(), 2);
  json["num_labels"] = 1;
  EXPECT_EQ(parse_config(json, "config.json").heads(), 1);
}

TEST(ConfigJson, KeepsSeveralHeadsWithTheirNames) {
  auto config = parse_config(minimal(), "config.json");
  config.head = Head::scalar;
  config.reward_heads = {{"helpful", 0.5, 2}, {"harmless", -1, 3}};
  auto written = config_json(config);
  EXPECT_EQ(written["num_labels"], 2);
  const auto read = parse_config(written, "again");
  ASSERT_EQ(read.heads(), 2);
  EXPECT_EQ(read.reward_heads[1].name, "harmless");
  EXPECT_EQ(read.reward_heads[1].mean, -1);
  EXPECT_EQ(read.reward_heads[1].std, 3);
  EXPECT_EQ(config_json(read), written);
  for (const Json& wrong : {Json({1, 2, 3}), Json({1, 0}), Json(0)}) {
    written["std"] = wrong;
    EXPECT_THROW(parse_config(written, "again"), Error) << wrong;
  }
}

// A token to pad with that nobody named could be the one at which the model is read.
TEST(ConfigJson, InventsNoTokenToPadWith) {
  ModelConfig config;
  config.head = Head::scalar;
  config.eos_token_ids = {5};
  EXPECT_TRUE(config_json(config)["pad_token_id"].is_null());
  config.pad_token_id = 3;
  EXPECT_EQ(config_json(config)["pad_token_id"], 3);
  EXPECT_FALSE(config_json(config).contains("mean"));
}

TEST(ModelConfig, CountsTheWeightsOfMatrices) {
  ModelConfig config;  // the m1 shape: 4 layers of 128 x (4 * 128 + 3 * 352), head 2048 x 128
  EXPECT_EQ(config.matmul_weights(), 4 * 128 * (4 * 128 + 3 * 352) + 2048 * 128);
}

}  // namespace
}  // namespace nudge
