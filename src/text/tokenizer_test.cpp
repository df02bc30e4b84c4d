#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "text/bpe_tokenizer.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

const fs::path kGoldens = fs::path(NUDGE_SOURCE_DIR) / "tests" / "goldens";
const fs::path kData = fs::path(NUDGE_SOURCE_DIR) / ".." / "shared" / "data";

std::shared_ptr<const Tokenizer> from_text(const std::string& document) {
  return std::make_shared<BpeTokenizer>(std::make_shared<const TokenizerParts>(document, "test"),
                                        TokenizerConfig{});
}

void expect_golden(const Tokenizer& tokenizer, const Json& golden) {
  for (const Json& one : golden.at("cases")) {
    auto text = one.at("text").get<std::string>();
    SCOPED_TRACE(golden.at("name").get<std::string>() + ": " + one.at("text").dump());
    EXPECT_EQ(tokenizer.encode(text), one.at("ids").get<std::vector<TokenId>>());
    auto ids = tokenizer.encode_with_specials(text);
    EXPECT_EQ(ids, one.at("with_specials").get<std::vector<TokenId>>());
    EXPECT_EQ(tokenizer.decode(ids), one.at("decoded").get<std::string>());
    EXPECT_EQ(tokenizer.decode(ids, true), one.at("decoded_with_specials").get<std::string>());
  }
}

TEST(Tokenizer, AgreesWithTokenizersOnRealFiles) {
  if (!fs::exists(kData)) GTEST_SKIP() << "the folder ../shared/data is absent";
  for (const Json& golden : read_json(kGoldens / "tokenizers_real.json"))
    expect_golden(*Tokenizer::load(kData / "tokenizer" / golden.at("name").get<std::string>()), golden);
}

TEST(Tokenizer, AgreesWithTokenizersOnSmallFilesOfEveryPart) {
  for (const char* file : {"tokenizers_byte_level.json", "tokenizers_sentencepiece.json"})
    for (const Json& golden : read_json(kGoldens / file))
      expect_golden(*from_text(golden.at("document").dump()), golden);
}

/// llama.cpp's texts are separated by a line, its ids stand one text a line.
void expect_llamacpp(const std::string& tokenizer_name, const std::string& vocabulary_name) {
  auto tokenizer = Tokenizer::load(kData / "tokenizer" / tokenizer_name);
  auto base = kData / "tokenizer" / "llamacpp" / ("ggml-vocab-" + vocabulary_name + ".gguf");
  std::string texts = read_file(base.string() + ".inp");
  std::ifstream expected(base.string() + ".out");
  const std::string separator = "\n__ggml_vocab_test__\n";
  int count = 0;
  for (std::size_t begin = 0; begin <= texts.size(); ++count) {
    std::size_t end = std::min(texts.find(separator, begin), texts.size());
    std::string line;
    ASSERT_TRUE(std::getline(expected, line) || end == texts.size());
    std::istringstream numbers(line);
    std::vector<TokenId> ids{std::istream_iterator<TokenId>(numbers), {}};
    EXPECT_EQ(tokenizer->encode(texts.substr(begin, end - begin)), ids) << "text " << count;
    begin = end + separator.size();
  }
  EXPECT_EQ(count, 47);
}

TEST(Tokenizer, AgreesWithLlamaCppOnGpt2) {
  if (!fs::exists(kData)) GTEST_SKIP() << "the folder ../shared/data is absent";
  expect_llamacpp("gpt2", "gpt-2");
}

TEST(Tokenizer, AgreesWithLlamaCppOnPhi3) {
  if (!fs::exists(kData)) GTEST_SKIP() << "the folder ../shared/data is absent";
  expect_llamacpp("phi-3-mini", "phi-3");
}

}  // namespace
}  // namespace nudge
