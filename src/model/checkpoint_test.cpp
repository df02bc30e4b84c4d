#include "model/checkpoint.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "model/bases.h"
#include "model/tiny_config_test.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

/// A folder of its own, removed at the end.
class Checkpoint : public testing::Test {
 protected:
  Checkpoint() : folder(fs::temp_directory_path() / fmt::format("nudge-checkpoint-{}", getpid())) {
    fs::create_directories(folder);
    config.eos_token_ids = {2};
  }
  ~Checkpoint() override { fs::remove_all(folder); }

  std::string refusal() const {
    try {
      load_model(folder);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  void rewrite(const std::function<void(NamedTensors&)>& change) const {
    auto tensors = read_safetensors(folder / "model.safetensors");
    change(tensors);
    write_safetensors(folder / "model.safetensors", tensors);
  }

  fs::path folder;
  ModelConfig config = tiny_config();
};

TEST_F(Checkpoint, IsReadBackBitForBit) {
  for (const bool tied : {true, false}) {
    for (const auto head : {Head::language, Head::scalar}) {
      config.tie_word_embeddings = tied;
      config.head = head;
      const Decoder model(config, 3);
      save_model(model, folder);
      const auto loaded = load_model(folder);
      EXPECT_TRUE(at::equal(loaded->parameters().flat(), model.parameters().flat()));
      EXPECT_EQ(config_json(loaded->config()), config_json(config));
    }
  }
}

TEST_F(Checkpoint, IsReadOnceByAllWhoOnlyRead) {
  for (const auto head : {Head::language, Head::scalar}) {
    config.head = head;
    save_model(Decoder(config, 3), folder);
    const auto learner = load_model(folder), one = read_model(folder), other = read_model(folder);
    EXPECT_EQ(one->base(), other->base());
    EXPECT_EQ(one->parameters().flat().numel(), 0);
    const PackedBatch batch = pack(std::vector<std::vector<std::int32_t>>{{1, 2, 3}});
    EXPECT_TRUE(at::equal(one->hidden(batch), learner->hidden(batch)));
    EXPECT_TRUE(at::equal(one->head()(one->hidden(batch)), learner->head()(learner->hidden(batch))));
    save_model(*one, folder);  // as load_model reads it
    EXPECT_TRUE(at::equal(load_model(folder)->parameters().flat(), learner->parameters().flat()));
  }
}

TEST_F(Checkpoint, AnotherHeadThanTheEmbeddingsIsUsedAndSavedAsOne) {
  config.tie_word_embeddings = true;
  const Decoder model(config, 3);
  save_model(model, folder);
  const at::Tensor embeddings = model.parameters()["model.embed_tokens.weight"].detach();
  rewrite([&](NamedTensors& tensors) { tensors["lm_head.weight"] = embeddings.clone(); });
  EXPECT_TRUE(load_model(folder)->config().tie_word_embeddings);  // the second copy that older writers stored

  rewrite([&](NamedTensors& tensors) { tensors["lm_head.weight"] = embeddings * 2; });
  const auto loaded = load_model(folder);
  EXPECT_FALSE(loaded->config().tie_word_embeddings);
  EXPECT_TRUE(at::equal(loaded->head_weight().numbers().detach(), embeddings * 2));
  EXPECT_TRUE(at::equal(loaded->parameters()["model.embed_tokens.weight"].detach(), embeddings));
  save_model(*loaded, folder / "saved");
  EXPECT_TRUE(at::equal(load_model(folder / "saved")->parameters().flat(), loaded->parameters().flat()));
  EXPECT_EQ(read_json(folder / "saved/config.json")["tie_word_embeddings"], false);
}

TEST_F(Checkpoint, IsWrittenToTheByteAlike) {
  const Decoder model(config, 3);
  save_model(model, folder);
  const auto bytes = read_file(folder / "model.safetensors");
  save_model(*load_model(folder), folder);
  EXPECT_EQ(read_file(folder / "model.safetensors"), bytes);
}

TEST_F(Checkpoint, HoldsTheNamesOfTransformers) {
  const auto golden = fs::path(NUDGE_SOURCE_DIR "/tests/goldens/tiny_llama");
  save_model(*load_model(golden), folder);
  EXPECT_EQ(read_file(folder / "model.safetensors"), read_file(golden / "model.safetensors"));
  EXPECT_EQ(read_json(folder / "generation_config.json")["eos_token_id"], 2);
}

// Case eos-list: what generation_config.json says outlives a training run.
TEST_F(Checkpoint, KeepsGenerationConfig) {
  save_model(Decoder(config, 3), folder);
  Json generation{{"eos_token_id", {1, 2}}, {"temperature", 0.6}};
  write_file(folder / "generation_config.json", to_pretty(generation));
  auto loaded = load_model(folder);
  save_model(*loaded, folder);
  EXPECT_EQ(read_json(folder / "generation_config.json"), generation);
  loaded->config().end_with(4);
  save_model(*loaded, folder);
  generation["eos_token_id"] = {4, 1, 2};
  EXPECT_EQ(read_json(folder / "generation_config.json"), generation);
  EXPECT_EQ(read_json(folder / "config.json")["eos_token_id"], Json({4, 2}));
  write_file(folder / "generation_config.json", R"({"eos_token_id": "</s>"})");
  EXPECT_NE(refusal().find("generation_config.json"), std::string::npos) << refusal();
}

TEST_F(Checkpoint, OfHalfPrecisionAndInShardsIsRead) {
  const Decoder model(config, 3);
  save_model(model, folder);
  Json map;
  NamedTensors shards[2];
  for (const auto& [name, tensor] : read_safetensors(folder / "model.safetensors")) {
    const int shard = name < "model.layers.1" ? 0 : 1;
    shards[shard][name] = tensor.to(at::kBFloat16);
    map[name] = fmt::format("shard-{}.safetensors", shard);
  }
  for (int i = 0; i < 2; ++i) write_safetensors(folder / fmt::format("shard-{}.safetensors", i), shards[i]);
  fs::remove(folder / "model.safetensors");
  const auto index = folder / "model.safetensors.index.json";
  write_file(index, to_pretty({{"weight_map", map}}));
  const auto expected = model.parameters().flat().to(at::kBFloat16).to(at::kFloat);
  EXPECT_TRUE(at::equal(load_model(folder)->parameters().flat(), expected));

  map["model.norm.weight"] = "../elsewhere.safetensors";
  write_file(index, to_pretty({{"weight_map", map}}));
  EXPECT_NE(refusal().find("beside it"), std::string::npos);
}

TEST_F(Checkpoint, ThatDoesNotFitIsRefusedByName) {
  save_model(Decoder(config, 3), folder);
  rewrite([](auto& tensors) { tensors["model.layers.0.self_attn.q_proj.bias"] = at::zeros({24}); });
  EXPECT_NE(refusal().find("q_proj.bias"), std::string::npos);
  rewrite([](auto& tensors) {
    tensors.erase("model.layers.0.self_attn.q_proj.bias");
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"];          // tied: expendable
    tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = at::zeros({3});  // written by old versions
  });
  EXPECT_EQ(refusal(), "");
  rewrite([](auto& tensors) { tensors["model.norm.weight"] = at::zeros({17}); });
  EXPECT_NE(refusal().find("\"model.norm.weight\" has the shape [17], but config.json asks for [16]"),
            std::string::npos)
      << refusal();
  rewrite([](auto& tensors) { tensors["model.norm.weight"] = at::zeros({16}, at::kLong); });
  EXPECT_NE(refusal().find("float32"), std::string::npos);
  rewrite([](auto& tensors) { tensors.erase("model.norm.weight"); });
  EXPECT_NE(refusal().find("\"model.norm.weight\" is missing"), std::string::npos);
}

TEST_F(Checkpoint, ThatIsNotThereIsRefused) {
  EXPECT_NE(refusal().find("config.json"), std::string::npos);
  save_model(Decoder(config, 3), folder);
  fs::resize_file(folder / "model.safetensors", fs::file_size(folder / "model.safetensors") - 1);
  EXPECT_NE(refusal().find("cut short"), std::string::npos);
  fs::remove(folder / "model.safetensors");
  EXPECT_NE(refusal().find("model.safetensors"), std::string::npos);
  EXPECT_THROW(load_model(folder / "nothing"), Error);
}

}  // namespace
}  // namespace nudge
