#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "model/checkpoint.h"
#include "model/decoder.h"
#include "model/family_golden_test.h"

namespace nudge {
namespace {

/// Goldens of what load_model refuses, and the word by which it names it. This list only shrinks.
const std::map<std::string, std::string> kNotYet = {};

using Sequences = std::vector<std::vector<std::int32_t>>;

at::Tensor floats(const Json& values) {
  return at::tensor(values.get<std::vector<float>>());
}

double worst_difference(const at::Tensor& value, const at::Tensor& expected) {
  return (value.reshape({-1}) - expected.reshape({-1})).abs().max().item<double>();
}

/// Log-probabilities of every token behind the last one of each sequence, [B, V].
at::Tensor last_distributions(const Decoder& model, const Sequences& sequences) {
  const auto batch = pack(sequences);
  const std::int64_t b = std::ssize(sequences), v = model.config().vocab_size;
  const auto positions = batch.last_tokens_B().repeat_interleave(v);
  const auto targets = at::arange(v, at::kInt).repeat({b});
  return next_token_logprobs(model, batch, positions, targets, 1, false).logprobs_N.view({b, v});
}

/// Log-probabilities of all tokens but the first of each sequence.
at::Tensor logprobs_of(const Decoder& model, const Sequences& sequences) {
  const auto batch = pack(sequences);
  std::vector<std::int64_t> positions;
  std::vector<std::int32_t> targets;
  for (std::size_t b = 0; b < sequences.size(); ++b) {
    for (std::size_t t = 1; t < sequences[b].size(); ++t) {
      positions.push_back(batch.row(static_cast<std::int64_t>(b), static_cast<std::int64_t>(t) - 1));
      targets.push_back(sequences[b][t]);
    }
  }
  return next_token_logprobs(model, batch, at::tensor(positions, at::kLong), at::tensor(targets, at::kInt), 1,
                             false)
      .logprobs_N;
}

/// Raw scores of every token under every label, the sequences one behind the other, [T, labels].
at::Tensor token_scores(const Decoder& model, const Sequences& sequences) {
  const auto batch = pack(sequences);
  std::vector<std::int64_t> rows;
  for (std::int64_t b = 0; b < std::ssize(sequences); ++b)
    for (std::int64_t t = 0; t < std::ssize(sequences[b]); ++t) rows.push_back(batch.row(b, t));
  return model.head()(model.hidden(batch)).index_select(0, at::tensor(rows, at::kLong));
}

/// Every key of a golden's config.json says the same in what was written, whatever stands beside it; null is
/// as good as nothing, and the older name of a rotary embedding's kind as the newer.
void expect_says(const Json& written, const Json& golden, const std::set<std::string>& but_for) {
  for (const auto& [key, value] : golden.items()) {
    if (but_for.contains(key)) continue;
    const std::string name = key == "type" && !written.contains(key) ? "rope_type" : key;
    const Json found = written.contains(name) ? written[name] : Json();
    if (key == "partial_rotary_factor" && found.is_null()) {
      EXPECT_EQ(value, 1);
    } else if (value.is_object() && found.is_object()) {
      expect_says(found, value, {});
    } else {
      EXPECT_EQ(found, value) << key;
    }
  }
}

class EachFamily : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    golden.write(folder.path());
    if (const auto found = kNotYet.find(GetParam()); found != kNotYet.end()) {
      refused = true;
      try {
        load_model(folder.path());
        ADD_FAILURE() << GetParam() << " is read: take it off the list kNotYet.";
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find(found->second), std::string::npos) << error.what();
      }
      return;
    }
    model = load_model(folder.path());
    is_language = model->config().head == Head::language;
  }

  /// What the model says, of either head.
  at::Tensor answers(const Decoder& of) const {
    if (of.config().labels_tokens) return token_scores(of, golden.sequences());
    return is_language ? last_distributions(of, golden.sequences())
                       : of.head_scores(pack(golden.sequences()));
  }

  FamilyGolden golden{GetParam()};
  TemporaryFolder folder;
  std::unique_ptr<Decoder> model;
  bool refused = false, is_language = false;
};

TEST_P(EachFamily, LogitsAreThoseOfTransformers) {
  if (refused) return;
  const auto found = answers(*model);
  const auto expected = golden.json[model->config().labels_tokens ? "token_scores"
                                    : is_language                 ? "logits"
                                                                  : "scores"];
  double worst = 0;
  for (std::int64_t b = 0; b < found.size(0); ++b) {
    const auto logits = floats(expected[b]);
    const double here = worst_difference(found[b], is_language ? logits.log_softmax(0) : logits);
    EXPECT_LT(here, 1e-4) << b;
    worst = std::max(worst, here);
  }
  RecordProperty("worst_logit", fmt::format("{:.1e}", worst));
}

TEST_P(EachFamily, LogprobsAndGradientsAreThoseOfTransformers) {
  if (refused || !is_language) return;
  auto& gradients = model->parameters().gradients();
  const auto logprobs = logprobs_of(*model, golden.sequences());
  std::vector<float> expected;
  for (const auto& sequence : golden.json["logprobs"]) {
    for (const float value : sequence.get<std::vector<float>>()) expected.push_back(value);
  }
  EXPECT_LT(worst_difference(logprobs.detach(), at::tensor(expected)), 1e-4);
  const auto loss = -logprobs.mean();
  EXPECT_NEAR(loss.item<double>(), golden.json["loss"].get<double>(), 1e-5);
  loss.backward();
  // Saved as if they were weights, the gradients come under the names that weights have.
  model->parameters().flat().copy_(gradients);
  const TemporaryFolder saved;
  save_model(*model, saved.path());
  const auto named = read_safetensors(saved.path() / "model.safetensors");
  double worst = 0;
  for (const auto& [name, values] : golden.json["gradients"].items()) {
    const auto gradient = named.at(name).reshape({-1});
    const double norm = values["norm"];
    EXPECT_NEAR(gradient.norm().item<double>() / norm, 1, 1e-4) << name;
    const auto index = at::tensor(values["index"].get<std::vector<std::int64_t>>());
    const double typical = norm / std::sqrt(static_cast<double>(gradient.numel()));
    const double off = worst_difference(gradient.index_select(0, index), floats(values["values"])) / typical;
    EXPECT_LT(off, 1e-4) << name;
    worst = std::max(worst, off);
  }
  RecordProperty("worst_gradient", fmt::format("{:.1e}", worst));
}

TEST_P(EachFamily, ASequenceDoesNotDependOnItsNeighbours) {
  if (refused || !is_language) return;
  const auto sequences = golden.sequences();
  const auto together = last_distributions(*model, sequences);
  for (std::size_t b = 0; b < sequences.size(); ++b) {
    EXPECT_TRUE(
        at::equal(last_distributions(*model, {sequences[b]})[0], together[static_cast<std::int64_t>(b)]));
  }
}

TEST_P(EachFamily, TheConfigurationOfTransformers4GivesTheSameModel) {
  if (refused) return;
  const TemporaryFolder old;
  golden.write(old.path(), "config_4");
  EXPECT_TRUE(at::equal(answers(*load_model(old.path())), answers(*model)));
}

TEST_P(EachFamily, IsSavedAsItWasRead) {
  if (refused) return;
  const TemporaryFolder saved;
  save_model(*model, saved.path());
  const auto expected = golden.weights(), found = read_safetensors(saved.path() / "model.safetensors");
  EXPECT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(found.contains(name)) << name;
    EXPECT_TRUE(at::equal(found.at(name), tensor)) << name;
  }
  EXPECT_TRUE(at::equal(answers(*load_model(saved.path())), answers(*model)));
}

// From either form of config.json, what is written says in the keys of transformers 5, and in those of
// transformers 4, what they said. A list of layers that stood in neither file is not made up.
TEST_P(EachFamily, WhatIsSavedSaysTheSameInBothFormsOfConfigJson) {
  if (refused) return;
  for (const char* form : {"config", "config_4"}) {
    const TemporaryFolder read, saved;
    golden.write(read.path(), form);
    save_model(*load_model(read.path()), saved.path());
    const Json written = read_json(saved.path() / "config.json");
    EXPECT_EQ(config_json(parse_config(written, "again")), written);
    const std::set<std::string> version = {"transformers_version"};
    expect_says(written, golden.json["config_4"], version);
    if (form == std::string("config_4")) {
      expect_says(written, golden.json["config"],
                  {"transformers_version", "layer_types", "_sliding_window_pattern"});
    } else {
      expect_says(written, golden.json["config"], version);
    }
  }
}

TEST_P(EachFamily, AdaptersOnEveryLinearLayerComputeAsMergedWeights) {
  if (refused) return;
  PartialTraining training{.rank = 2, .scale = 0.5};
  for (const CheckpointTensor& item : checkpoint_tensors(model->config()))
    if (item.linear) training.adapted.push_back(item.name.substr(0, item.name.rfind('.')));
  const auto before = answers(*model);
  model->freeze(training, 1);
  EXPECT_TRUE(at::equal(answers(*model), before));
  for (const Adapter& adapter : model->adapters()) {
    const at::Tensor b = model->parameters()[adapter.b()];
    b.copy_(at::linspace(-0.3, 0.3, b.numel()).view(b.sizes()));
  }
  const auto merged = model->merged();
  EXPECT_LT(worst_difference(answers(*model), answers(*merged)), 1e-4);
  EXPECT_GT(worst_difference(answers(*model), before), 1e-2);
  EXPECT_TRUE(at::equal(answers(*model->base_model()), before));
}

INSTANTIATE_TEST_SUITE_P(Goldens, EachFamily, testing::ValuesIn(FamilyGolden::names()),
                         [](const auto& golden) { return golden.param; });

// A multimodal directory as transformers writes it: its text model is read, the rest is left.
TEST(LoadModel, FindsTheTextModelInAMultimodalOne) {
  const FamilyGolden golden("gemma3_text");
  const TemporaryFolder plain, whole;
  golden.write(plain.path());
  for (const std::string prefix : {"language_model.", "model.language_model.", "model.text_model."}) {
    NamedTensors tensors{{"vision_tower.patch.weight", at::ones({3, 3})}};
    for (const auto& [name, tensor] : golden.weights())
      tensors[prefix + (prefix.starts_with("model.") ? name.substr(6) : name)] = tensor;
    Json text = golden.json["config"];
    text.erase("eos_token_id");
    write_file(whole.path() / "config.json", to_pretty({{"model_type", "gemma3"},
                                                        {"architectures", {"Gemma3ForConditionalGeneration"}},
                                                        {"eos_token_id", {2, 5}},
                                                        {"text_config", text}}));
    write_safetensors(whole.path() / "model.safetensors", tensors);
    const auto model = load_model(whole.path());
    EXPECT_TRUE(at::equal(model->parameters().flat(), load_model(plain.path())->parameters().flat()));
    EXPECT_EQ(model->config().eos_token_ids, (std::vector<std::int64_t>{2, 5}));
    EXPECT_EQ(config_json(model->config())["model_type"], "gemma3_text");
  }
}

// GPT-2's own files: saved without a head, and with the masks of attention.
TEST(LoadModel, ReadsNamesWithoutTheTrunkAndPassesOverMasks) {
  const FamilyGolden golden("gpt2");
  const TemporaryFolder plain, bare;
  golden.write(plain.path());
  golden.write(bare.path());
  NamedTensors tensors{{"h.0.attn.bias", at::ones({1, 1, 64, 64})}};
  for (const auto& [name, tensor] : golden.weights())
    tensors[name.substr(std::string("transformer.").size())] = tensor;
  write_safetensors(bare.path() / "model.safetensors", tensors);
  EXPECT_TRUE(
      at::equal(load_model(bare.path())->parameters().flat(), load_model(plain.path())->parameters().flat()));
}

TEST(LoadModel, SaysWhatItDoesNotRead) {
  const std::map<std::string, std::string> cases{
      {"mixtral", "mixture of experts"}, {"qwen3_moe", "mixture of experts"}, {"jamba", "hybrid"},
      {"mamba2", "state space"},         {"qwen2_5_vl_text", "multimodal"},   {"t5", "encoder"}};
  for (const auto& [type, what] : cases) {
    std::string said;
    try {
      family_of(type, "config.json");
    } catch (const Error& error) {
      said = error.what();
    }
    EXPECT_NE(said.find(what), std::string::npos) << said;
    EXPECT_NE(said.find('"' + type + '"'), std::string::npos) << said;
  }
}

}  // namespace
}  // namespace nudge
