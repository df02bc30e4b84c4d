#include "assembly/gguf_export.h"

#include <gtest/gtest.h>

#include "assembly/gguf_import.h"
#include "base/error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "model/checkpoint.h"
#include "model/family_golden_test.h"

namespace nudge {
namespace {

/// Byte-level, of a few tokens.
Json few_tokens() {
  return {{"added_tokens", {{{"id", 2}, {"content", "<end>"}, {"special", true}}}},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"decoder", {{"type", "ByteLevel"}}},
          {"model",
           {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"<end>", 2}, {"ab", 3}}}, {"merges", {"a b"}}}}};
}

/// A tiny model of a family, written as a directory with another config.json, exported, and imported again.
class GgufExport : public testing::Test {
 protected:
  explicit GgufExport(const std::string& family = "llama") : golden_(family) { golden_.write(model()); }

  std::filesystem::path model() const { return folder_.path() / "model"; }
  std::filesystem::path back() const { return folder_.path() / "back"; }

  void go(const Json& config) {
    write_file(model() / "config.json", to_pretty(config));
    write_file(model() / "tokenizer.json", to_pretty(few_tokens()));
    write_file(model() / "tokenizer_config.json", R"({"eos_token": "<end>"})");
    export_gguf(model(), GgufType::f32, folder_.path() / "model.gguf");
    std::filesystem::create_directories(back());
    import_gguf(folder_.path() / "model.gguf", "", back());
  }
  std::string refusal(const Json& config) {
    try {
      go(config);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  /// What is computed is the same: windows and rotary embeddings of every layer, factors, weights.
  void expect_the_same() {
    const auto before = load_model(model()), after = load_model(back());
    const ModelConfig &a = before->config(), &b = after->config();
    EXPECT_EQ(a.windows, b.windows);
    EXPECT_EQ(a.layer_rotary, b.layer_rotary);
    EXPECT_EQ(a.attention_scale, b.attention_scale);
    EXPECT_EQ(a.rotary.full.theta, b.rotary.full.theta);
    EXPECT_EQ(a.rotary.sliding.theta, b.rotary.sliding.theta);
    EXPECT_EQ(a.tie_word_embeddings, b.tie_word_embeddings);
    for (const auto& [name, tensor] : read_safetensors(back() / "model.safetensors"))
      EXPECT_TRUE(at::equal(tensor, golden_.weights().at(name))) << name;
  }

  FamilyGolden golden_;
  TemporaryFolder folder_;
};

class GgufExportOfGemma3 : public GgufExport {
 protected:
  GgufExportOfGemma3() : GgufExport("gemma3_text") { config_["query_pre_attn_scalar"] = 16; }
  Json config_ = golden_.json["config"];
};

TEST_F(GgufExportOfGemma3, KnowsWhatTheFamilySupplies) {
  go(config_);
  expect_the_same();
  for (const auto* key : {"tie_word_embeddings", "sliding_window", "hidden_activation"}) config_.erase(key);
  go(config_);
  expect_the_same();
  EXPECT_EQ(load_model(back())->config().window(0), 4096);
  config_.erase("query_pre_attn_scalar");  // 256 then, and llama.cpp takes the head's size
  EXPECT_NE(refusal(config_).find("query_pre_attn_scalar"), std::string::npos);
}

TEST_F(GgufExportOfGemma3, RefusesWhatTheFamilyRefuses) {
  config_["use_bidirectional_attention"] = true;
  EXPECT_NE(refusal(config_).find("use_bidirectional_attention"), std::string::npos);
}

TEST_F(GgufExportOfGemma3, RefusesARotaryEmbeddingOfWindowsThatGgufCannotSay) {
  Json& sliding = config_["rope_parameters"]["sliding_attention"];
  sliding["rope_type"] = "linear";
  sliding["factor"] = 4.0;
  EXPECT_NE(refusal(config_).find("layers with a window have the rotary embedding \"linear\""),
            std::string::npos);
}

TEST_F(GgufExport, RefusesAHalfRotatedHead) {
  Json config = golden_.json["config"];
  go(config);
  expect_the_same();
  for (const char* type : {"default", "llama3"}) {
    config["rope_parameters"]["partial_rotary_factor"] = 0.5;
    config["rope_parameters"]["rope_type"] = type;
    config["rope_parameters"]["factor"] = 8.0;
    EXPECT_NE(refusal(config).find("\"partial_rotary_factor\""), std::string::npos) << type;
  }
  config = golden_.json["config"];
  config["partial_rotary_factor"] = 0.5;
  EXPECT_NE(refusal(config).find("\"partial_rotary_factor\""), std::string::npos);
}

TEST_F(GgufExport, RefusesAnIndexThatNamesNoFileBesideIt) {
  std::filesystem::remove(model() / "model.safetensors");
  for (const char* shard : {"7", R"("../model.safetensors")"}) {
    write_file(model() / "model.safetensors.index.json",
               fmt::format(R"({{"weight_map": {{"lm_head.weight": {}}}}})", shard));
    EXPECT_NE(refusal(golden_.json["config"]).find("is not the name of a file beside it"), std::string::npos);
  }
}

}  // namespace
}  // namespace nudge
