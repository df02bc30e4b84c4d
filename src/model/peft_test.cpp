#include "model/peft.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/temporary_folder.h"
#include "model/bases.h"
#include "model/checkpoint.h"
#include "model/family_golden_test.h"
#include "model/tiny_config_test.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

PackedBatch batch_of(const std::vector<std::int32_t>& tokens) {
  return pack(std::vector<std::vector<std::int32_t>>{tokens});
}

/// The base, and the adapters on it.
void write_case(const fs::path& base, const fs::path& adapters, const Json& golden, double scale) {
  FamilyGolden(golden.at("base").get<std::string>()).write(base);
  Json config = golden.at("config");
  config["base_model_name_or_path"] = base.string();
  write_file(adapters / "adapter_config.json", to_pretty(config));
  NamedTensors tensors;
  for (const auto& [name, shape] : golden.at("tensors").items())
    tensors[name] = FamilyGolden::drawn(name, shape.get<std::vector<std::int64_t>>(), 0, scale);
  const std::string head = "base_model.model.lm_head.weight";
  if (tensors.contains(head)) tensors[head] = tensors.at("base_model.model.model.embed_tokens.weight");
  write_safetensors(adapters / "adapter_model.safetensors", tensors);
}

/// Of the last token.
at::Tensor result_of(const Decoder& model, const PackedBatch& batch) {
  if (model.config().head == Head::scalar) return model.head_scores(batch).squeeze(0);
  const at::Tensor last = model.hidden(batch).slice(0, -1);
  return at::mm(last, model.head_weight().numbers().t()).squeeze(0);
}

double difference(const at::Tensor& ours, const Json& theirs) {
  const auto numbers = theirs.get<std::vector<float>>();
  return (ours - at::tensor(numbers)).abs().max().item<double>();
}

// tools/goldens/adapters.py: peft 0.21.2.
TEST(Peft, ComputesWhatPeftDoesAndMergesAlike) {
  const Json golden = read_json(fs::path(NUDGE_SOURCE_DIR) / "tests" / "goldens" / "adapters.json");
  const auto batch = batch_of(golden.at("sequence").get<std::vector<std::int32_t>>());
  for (const auto& [name, each] : golden.at("cases").items()) {
    const TemporaryFolder base, folder, again;
    write_case(base.path(), folder.path(), each, golden.at("scale"));
    const auto model = load_model(folder.path());
    EXPECT_LT(difference(result_of(*model, batch), each.at("result")), 2e-5) << name;
    EXPECT_LT(difference(result_of(*model->merged(), batch), each.at("merged")), 2e-5) << name;
    save_model(*model, again.path());
    const auto read = read_safetensors(folder.path() / "adapter_model.safetensors");
    const auto written = read_safetensors(again.path() / "adapter_model.safetensors");
    for (const auto& [tensor, numbers] : read) EXPECT_TRUE(at::equal(numbers, written.at(tensor))) << tensor;
    EXPECT_EQ(written.size(), read.size() + (name == "untied" ? 1 : 0)) << name;  // the head that stays
    EXPECT_TRUE(at::equal(result_of(*load_model(again.path()), batch), result_of(*model, batch))) << name;
  }
}

/// A base of one's own in a folder, and adapters on it.
class PeftFolder : public testing::Test {
 protected:
  PeftFolder() {
    fs::create_directories(base());
    fs::create_directories(adapters());
    save_model(Decoder(config, 3), base());
  }

  fs::path base() const { return folder_.path() / "base"; }
  fs::path adapters() const { return folder_.path() / "adapters"; }

  std::unique_ptr<Decoder> trained(const PartialTraining& training) const {
    auto model = load_model(base());
    model->freeze(training, 5);
    const at::NoGradGuard no_grad;
    for (const auto& [name, weight] : model->parameters().named())
      weight.add_(at::linspace(-0.2, 0.3, weight.numel()).view(weight.sizes()));
    return model;
  }

  void save_usual() const {
    save_model(*trained({.rank = 3, .scale = 0.5, .adapted = linear_modules(config, kAll)}), adapters());
  }

  std::string refusal(const std::function<void(Json&)>& change = [](Json&) {}) const {
    Json peft = read_json(adapters() / "adapter_config.json");
    change(peft);
    write_file(adapters() / "adapter_config.json", to_pretty(peft));
    try {
      load_model(adapters());
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  const std::vector<std::string> kAll{"all-linear"};
  ModelConfig config = tiny_config(32, 0.3);

 private:
  TemporaryFolder folder_;
};

TEST_F(PeftFolder, HoldsWhatAModelHasOfItsOwn) {
  config.eos_token_ids = {2};
  const auto model = trained({.rank = 3, .scale = 2.0 / 3, .adapted = linear_modules(config, kAll)});
  model->config().end_with(7);
  save_model(*model, adapters());
  EXPECT_FALSE(fs::exists(adapters() / "model.safetensors"));
  const Json peft = read_json(adapters() / "adapter_config.json");
  EXPECT_EQ(peft.at("base_model_name_or_path"), fs::weakly_canonical(base()).string());
  EXPECT_EQ(peft.at("r"), 3);
  EXPECT_EQ(peft.at("lora_alpha"), 2);
  EXPECT_EQ(peft.at("target_modules").size(), 7);
  const auto loaded = load_model(adapters());
  EXPECT_TRUE(at::equal(loaded->parameters().flat(), model->parameters().flat()));
  EXPECT_EQ(loaded->config().eos_token_ids.front(), 7);
}

TEST_F(PeftFolder, ATiedEmbeddingThatIsTrainedStaysTheHead) {
  const auto model =
      trained({.rank = 2, .adapted = {"model.layers.0.mlp.up_proj"}, .whole = {"model.embed_tokens"}});
  save_model(*model, adapters());
  const Json peft = read_json(adapters() / "adapter_config.json");
  EXPECT_EQ(peft.at("ensure_weight_tying"), true);
  EXPECT_EQ(peft.at("target_modules"), Json({"model.layers.0.mlp.up_proj"})) << "layer 1 has none";
  const auto loaded = load_model(adapters());
  EXPECT_TRUE(at::equal(result_of(*loaded, batch_of({1, 2, 3})), result_of(*model, batch_of({1, 2, 3}))));
  // As PEFT does without ensure_weight_tying: a copy is trained, and the head stays the base's.
  auto tensors = read_safetensors(adapters() / "adapter_model.safetensors");
  EXPECT_EQ(tensors.erase("base_model.model.lm_head.weight"), 1)
      << "PEFT looks for the embedding under both names";
  write_safetensors(adapters() / "adapter_model.safetensors", tensors);
  EXPECT_EQ(refusal([](Json& json) { json["ensure_weight_tying"] = false; }), "");
  const auto untied = load_model(adapters());
  EXPECT_FALSE(untied->config().tie_word_embeddings);
  EXPECT_TRUE(at::equal(untied->head_weight().numbers(), load_model(base())->embeddings().numbers()));
  EXPECT_TRUE(at::equal(untied->embeddings().numbers(), model->embeddings().numbers()));
}

TEST_F(PeftFolder, RewardAndPolicyShareTheirBase) {
  save_usual();
  const auto policy = load_model(adapters());
  const auto reward = policy->clone_with_scalar_head();
  reward->config().reward_heads[0].mean = 3;
  save_model(*reward, adapters());
  const auto loaded = load_model(adapters());
  EXPECT_EQ(loaded->config().head, Head::scalar);
  EXPECT_EQ(loaded->config().reward_heads[0].mean, 3);
  EXPECT_EQ(loaded->base(), policy->base());
  EXPECT_EQ(read_json(adapters() / "adapter_config.json").at("task_type"), "SEQ_CLS");
}

TEST_F(PeftFolder, AFrozenModelsBaseIsSharedWhileItLives) {
  save_usual();
  const Weights* address = nullptr;
  {
    const auto policy = trained({.adapted = linear_modules(config, kAll)});
    share_base(*policy);
    EXPECT_EQ(load_model(adapters())->base(), policy->base());
    address = policy->base().get();
  }
  EXPECT_NE(load_model(adapters())->base(), nullptr);
  EXPECT_NE(address, nullptr);
}

TEST_F(PeftFolder, AnotherBaseIsRefused) {
  save_usual();
  save_model(Decoder(config, 4), base());
  EXPECT_NE(refusal().find("is not the base that they were trained on"), std::string::npos);
  config.hidden_size = 24;
  save_model(Decoder(config, 4), base());
  EXPECT_NE(refusal().find("not the base"), std::string::npos);
  EXPECT_NE(refusal([](Json& json) { json["base_model_name_or_path"] = "owner/name"; }).find("--base"),
            std::string::npos);
}

TEST_F(PeftFolder, WhatDoesNotFitIsNamed) {
  save_usual();
  const auto rewrite = [&](const std::function<void(NamedTensors&)>& change) {
    auto tensors = read_safetensors(adapters() / "adapter_model.safetensors");
    change(tensors);
    write_safetensors(adapters() / "adapter_model.safetensors", tensors);
  };
  const std::string up = "base_model.model.model.layers.1.mlp.up_proj.lora_";
  EXPECT_NE(refusal([](Json& json) { json["r"] = 4; }).find("another rank"), std::string::npos);
  EXPECT_EQ(refusal([](Json& json) { json["r"] = 3; }), "");
  rewrite([&](NamedTensors& tensors) {
    tensors["base_model.model.model.layers.9.mlp.up_proj.lora_A.weight"] = tensors.at(up + "A.weight");
  });
  EXPECT_NE(refusal().find("layers.9"), std::string::npos);
  save_usual();
  rewrite([&](NamedTensors& tensors) { tensors.erase(up + "A.weight"), tensors.erase(up + "B.weight"); });
  EXPECT_NE(refusal().find("layers.1.mlp.up_proj has no adapter"), std::string::npos);
  save_usual();
  rewrite([&](NamedTensors& tensors) { tensors.erase(up + "B.weight"); });
  EXPECT_NE(refusal().find("missing"), std::string::npos);
}

TEST_F(PeftFolder, ATargetThatNamesNothingHereIsNoFault) {
  save_usual();
  EXPECT_EQ(refusal([](Json& json) { json["target_modules"].push_back("c_attn"); }), "");
}

TEST_F(PeftFolder, PatternsOfNamesArePythons) {
  save_usual();
  const std::string last = R"(q_proj\Z)", named = "(?P<which>k)_proj", behind = "(?<!v)_proj";
  EXPECT_EQ(refusal([&](Json& json) { json["alpha_pattern"] = {{last, 6}, {named, 9}}; }), "");
  const auto model = load_model(adapters());
  for (const Adapter& each : model->adapters())
    EXPECT_EQ(each.scale, each.name.ends_with("q_proj")   ? 2
                          : each.name.ends_with("k_proj") ? 3
                                                          : 0.5)
        << each.name;
  const auto with = [&](const char* key, const std::string& pattern, const Json& value) {
    return refusal([&](Json& json) { json[key] = {{pattern, value}}; });
  };
  EXPECT_EQ(with("alpha_pattern", behind, 6), "");
  EXPECT_NE(with("alpha_pattern", "(", 6).find("alpha_pattern: \"(\""), std::string::npos);
  EXPECT_EQ(with("alpha_pattern", "q_proj", 6), "");
  EXPECT_NE(with("rank_pattern", "q_proj", -4).find("rank_pattern: \"q_proj\""), std::string::npos);
  EXPECT_NE(with("rank_pattern", "q_proj", 2.5).find("whole number"), std::string::npos);
}

TEST_F(PeftFolder, WhatModulesToSaveNamesMustBeThere) {
  save_usual();
  EXPECT_EQ(refusal([](Json& json) { json["modules_to_save"] = {"classifier", "score"}; }), "")
      << "PEFT names both of every model";
  EXPECT_NE(refusal([](Json& json) { json["modules_to_save"] = {"embed_tokens"}; }).find("modules_to_save"),
            std::string::npos);
  EXPECT_NE(refusal([](Json& json) {
              json["modules_to_save"] = nullptr, json["task_type"] = "SEQ_CLS";
            }).find("SEQ_CLS"),
            std::string::npos);
  EXPECT_NE(refusal([](Json& json) { json["task_type"] = "TOKEN_CLS"; }).find("TOKEN_CLS"),
            std::string::npos);
}

TEST_F(PeftFolder, AHeadThatIsTrainedOverTiedEmbeddingsIsOneOfItsOwn) {
  save_usual();
  auto tensors = read_safetensors(adapters() / "adapter_model.safetensors");
  const auto head = at::randn({config.vocab_size, config.hidden_size});
  tensors["base_model.model.lm_head.weight"] = head;
  write_safetensors(adapters() / "adapter_model.safetensors", tensors);
  EXPECT_EQ(refusal([](Json& json) { json["modules_to_save"] = {"lm_head"}; }), "");
  const auto model = load_model(adapters());
  EXPECT_TRUE(at::equal(model->head_weight().numbers(), head));
  EXPECT_TRUE(at::equal(model->embeddings().numbers(), load_model(base())->embeddings().numbers()));
}

TEST_F(PeftFolder, TheBaseIsFoundInTheCacheInItsRevision) {
  save_usual();
  const TemporaryFolder cache;
  const fs::path snapshots = cache.path() / "models--tiny" / "snapshots";
  fs::create_directories(snapshots);
  fs::create_directory_symlink(base(), snapshots / "abc");
  write_file(cache.path() / "models--tiny" / "refs" / "v1", "abc");
  ASSERT_EQ(setenv("HF_HUB_CACHE", cache.path().c_str(), 1), 0);
  const auto named = [&](const char* name, const Json& revision) {
    return refusal([&](Json& json) { json["base_model_name_or_path"] = name, json["revision"] = revision; });
  };
  EXPECT_EQ(named("tiny", "v1"), "");
  EXPECT_EQ(named("tiny", "abc"), "");
  EXPECT_NE(named("tiny", nullptr).find("--base"), std::string::npos) << "it has no main";
  EXPECT_NE(named("", "v1").find("--base"), std::string::npos);
  EXPECT_EQ(named("tiny", "v1"), "");
  save_model(*load_model(adapters()), adapters());
  EXPECT_EQ(read_json(adapters() / "adapter_config.json").at("revision"), "v1");
  EXPECT_EQ(unsetenv("HF_HUB_CACHE"), 0);
}

TEST_F(PeftFolder, OtherMethodsAreRefusedByName) {
  save_usual();
  const Json usual = read_json(adapters() / "adapter_config.json");
  const std::vector<std::pair<std::string, Json>> others = {
      {"peft_type", "IA3"},
      {"use_dora", true},
      {"bias", "all"},
      {"init_lora_weights", "pissa_niter_4"},
      {"layer_replication", Json::array({Json::array({0, 1})})},
      {"trainable_token_indices", Json::array({1})}};
  for (const auto& [key, value] : others) {
    const auto set = [&](Json& json) { json = usual, json[key] = value; };
    EXPECT_NE(refusal(set).find(key), std::string::npos) << key;
  }
}

TEST_F(PeftFolder, TargetsAreNamedAsPeftDoes) {
  const std::vector<std::string> ends = {"q_proj", "0.mlp.up_proj"};
  EXPECT_EQ(linear_modules(config, ends),
            (std::vector<std::string>{"model.layers.0.self_attn.q_proj", "model.layers.0.mlp.up_proj",
                                      "model.layers.1.self_attn.q_proj"}));
  const std::vector<std::string> part = {"proj"}, head = {"lm_head"}, table = {"embed_tokens"};
  EXPECT_THROW(linear_modules(config, part), Error);
  EXPECT_THROW(linear_modules(config, head), Error);
  EXPECT_EQ(modules_ending(config, table), std::vector<std::string>{"model.embed_tokens"});
}

TEST(Reference, IsTheBaseWhileAdaptersAreFresh) {
  Decoder model(tiny_config(32, 0.3), 1);
  model.freeze({.rank = 2, .adapted = {"model.layers.0.mlp.up_proj"}}, 3);
  EXPECT_TRUE(model.reference()->adapters().empty());
  model.parameters()["model.layers.0.mlp.up_proj.lora_B.weight"].fill_(0.1);
  const auto reference = model.reference();
  const auto before = model.hidden(batch_of({1, 2, 3}));
  model.parameters()["model.layers.0.mlp.up_proj.lora_B.weight"].fill_(0.2);
  EXPECT_TRUE(at::equal(reference->hidden(batch_of({1, 2, 3})), before));
}

}  // namespace
}  // namespace nudge
