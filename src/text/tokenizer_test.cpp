#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "text/bpe_model.h"
#include "text/bpe_trainer.h"
#include "text/chat_template.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

const fs::path kGoldens = fs::path(NUDGE_SOURCE_DIR) / "tests" / "goldens";
const fs::path kData = fs::path(NUDGE_SOURCE_DIR) / ".." / "shared" / "data";

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
      expect_golden(*Tokenizer::from_json(golden.at("document").dump()), golden);
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

/// A tokenizer.json of single characters and a few merges, to be changed by each test.
Json small_document() {
  Json vocabulary = {{"a", 0}, {"b", 1}, {"ab", 2}, {" ", 3}, {"abab", 4}, {"<end>", 5}, {"<go>", 6}};
  return {{"added_tokens", {{{"id", 5}, {"content", "<end>"}, {"special", true}}}},
          {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", {"a b", "ab ab"}}}},
          {"decoder", {{"type", "Fuse"}}}};
}

std::string refusal(const Json& document) {
  try {
    Tokenizer::from_json(document.dump());
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Tokenizer, SpecialNamesInPlainTextStayText) {
  auto gpt2 =
      Tokenizer::from_json(read_json(kGoldens / "tokenizers_byte_level.json")[0].at("document").dump());
  auto end = gpt2->id_of("<|endoftext|>").value();
  auto plain = gpt2->encode("a<|endoftext|>b");
  EXPECT_EQ(std::count(plain.begin(), plain.end(), end), 0);
  EXPECT_EQ(gpt2->decode(plain), "a<|endoftext|>b");
  auto parsed = gpt2->encode_with_specials("a<|endoftext|>b");
  EXPECT_EQ(std::count(parsed.begin(), parsed.end(), end), 1);
  EXPECT_EQ(gpt2->decode(parsed), "ab");
  EXPECT_EQ(gpt2->decode(parsed, true), "a<|endoftext|>b");
  EXPECT_TRUE(gpt2->is_special(end));
}

TEST(Tokenizer, NamesBehindAQuoteStayTextAndTheQuoteVanishes) {
  auto tokenizer = Tokenizer::from_json(small_document().dump());
  const auto rendered = tokenizer->encode_rendered("ab<end>b~<end>a", "~");
  auto letters = tokenizer->encode("b<end>a");
  std::vector<TokenId> expected = {2, 5};
  expected.insert(expected.end(), letters.begin(), letters.end());
  EXPECT_EQ(rendered.ids, expected);
  ASSERT_EQ(rendered.specials.size(), 1u);
  EXPECT_EQ(rendered.specials[0].begin, 2u);
  EXPECT_EQ(rendered.specials[0].end, 7u);
  EXPECT_EQ(rendered.specials[0].token, 1u);
}

Json special_piece(const char* token) {
  return {{"SpecialToken", {{"id", token}, {"type_id", 0}}}};
}

// The case bos-plain-text: what stands around a plain text is the post-processor's business.
TEST(Tokenizer, ReadsThePostProcessor) {
  Json document = small_document();
  const auto frame = [&](const Json& processor) {
    document["post_processor"] = processor;
    return Tokenizer::from_json(document.dump())->frame();
  };
  const auto expect = [](const TextFrame& read, std::vector<TokenId> before, std::vector<TokenId> behind) {
    EXPECT_EQ(read.before, before);
    EXPECT_EQ(read.behind, behind);
  };
  const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const Json specials = {{"<go>", {{"id", "<go>"}, {"ids", {6}}, {"tokens", {"<go>"}}}},
                         {"<end>", {{"id", "<end>"}, {"ids", {5}}, {"tokens", {"<end>"}}}}};
  const Json opening = {{"type", "TemplateProcessing"},
                        {"single", {special_piece("<go>"), text}},
                        {"special_tokens", specials}};
  const Json around = {{"type", "TemplateProcessing"},
                       {"single", {special_piece("<go>"), text, special_piece("<end>")}},
                       {"special_tokens", specials}};
  const Json bytes = {{"type", "ByteLevel"}};
  expect(frame(nullptr), {}, {});
  expect(frame(bytes), {}, {});
  expect(frame(opening), {6}, {});
  expect(frame(around), {6}, {5});
  expect(frame({{"type", "Sequence"}, {"processors", {bytes, opening}}}), {6}, {});  // Llama 3's
  expect(frame({{"type", "RobertaProcessing"}, {"cls", {"<go>", 6}}, {"sep", {"<end>", 5}}}), {6}, {5});

  document["post_processor"] = {{"type", "Other"}};
  EXPECT_NE(refusal(document).find("the post-processor Other is not supported"), std::string::npos);
  document["post_processor"] = opening;
  document["post_processor"]["special_tokens"]["<go>"]["ids"] = {77};
  EXPECT_NE(refusal(document).find("77, which is not in the vocabulary"), std::string::npos);
}

TEST(Tokenizer, InvalidUtf8BecomesReplacementCharacters) {
  auto tokenizer =
      Tokenizer::from_json(read_json(kGoldens / "tokenizers_byte_level.json")[0].at("document").dump());
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("a\xFF\xE2\x82z\xC0\xAF")), "a\uFFFD\uFFFDz\uFFFD\uFFFD");
  auto half = tokenizer->encode("\U0001F680");  // not merged in this vocabulary
  ASSERT_GT(half.size(), 1u);
  EXPECT_EQ(tokenizer->decode(std::span(half).first(1)), "\uFFFD");
}

TEST(Tokenizer, OneLongWordTakesNoQuadraticTime) {
  std::map<std::string, std::shared_ptr<const Tokenizer>> tokenizers;
  tokenizers["trained"] = Tokenizer::from_json(
      train_bpe({std::string(5000, 'a') + " " + std::string(5000, '^') + " abra cadabra abracadabra"}, {}));
  for (const char* name : {"gpt2", "phi-3-mini"})
    if (fs::exists(kData)) tokenizers[name] = Tokenizer::load(kData / "tokenizer" / name);
  for (const auto& [name, tokenizer] : tokenizers) {
    for (const char* piece : {"a", "^", "abracadabra "}) {
      std::string text;
      while (text.size() < 300'000) text += piece;
      std::clock_t started = std::clock();
      auto ids = tokenizer->encode(text);
      // A tenth of a second (a megabyte takes half of one); rescanning after every merge would take minutes.
      EXPECT_LT(static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC, 10) << name << " on " << piece;
      EXPECT_EQ(tokenizer->decode(ids), text);
    }
  }
}

/// The obvious way to merge: look for the best pair anew after every merge.
std::vector<TokenId> merge_by_rescanning(std::vector<TokenId> ids, const MergeTable& merges) {
  for (;;) {
    std::optional<std::size_t> best;
    auto rank = [&](std::size_t i) { return merges.find(ids[i], ids[i + 1]); };
    for (std::size_t i = 0; i + 1 < ids.size(); ++i)
      if (rank(i) && (!best || rank(i)->rank < rank(*best)->rank)) best = i;
    if (!best) return ids;
    ids[*best] = rank(*best)->result;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(*best) + 1);
  }
}

TEST(Tokenizer, HeapMergesAsRescanningDoes) {
  MergeTable merges;
  Stream random(1, "merges");
  for (int rank = 0; rank < 40; ++rank)
    merges.insert(static_cast<TokenId>(random.below(10)), static_cast<TokenId>(random.below(10)),
                  {rank, static_cast<TokenId>(4 + random.below(8))});
  for (int round = 0; round < 300; ++round) {
    std::vector<TokenId> ids(random.below(40));
    for (TokenId& id : ids) id = static_cast<TokenId>(random.below(4));
    EXPECT_EQ(merge_symbols(ids, merges), merge_by_rescanning(ids, merges));
  }
}

TEST(Tokenizer, RefusesWhatItDoesNotSupportByName) {
  auto with = [](const char* key, Json value) {
    Json document = small_document();
    document[key] = std::move(value);
    return refusal(document);
  };
  EXPECT_EQ(refusal(small_document()), "");
  EXPECT_NE(with("normalizer", {{"type", "BertNormalizer"}}).find("normalizer BertNormalizer"),
            std::string::npos);
  EXPECT_NE(with("pre_tokenizer", {{"type", "UnicodeScripts"}}).find("UnicodeScripts"), std::string::npos);
  EXPECT_NE(with("decoder", {{"type", "WordPiece"}}).find("decoder WordPiece"), std::string::npos);
  EXPECT_NE(with("model", {{"type", "WordPiece"}}).find("WordPiece"), std::string::npos);
  const auto pattern = [&](const char* expression) {
    return with("pre_tokenizer",
                {{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", "Isolated"}});
  };
  EXPECT_NE(pattern(R"((a)\1)").find(R"(the escape \1)"), std::string::npos) << pattern(R"((a)\1)");
  EXPECT_NE(pattern(R"(a(b)").find("no closing parenthesis"), std::string::npos);
  EXPECT_NE(pattern(R"([a&&b)").find("no end"), std::string::npos) << pattern("[a&&b");
  EXPECT_NE(pattern(R"(\p{Klingon})").find("klingon"), std::string::npos) << pattern(R"(\p{Klingon})");
}

TEST(Tokenizer, AHostilePatternGivesUp) {
  Json document = small_document();
  document["pre_tokenizer"] = {
      {"type", "Split"}, {"pattern", {{"Regex", "(a+)+[bc]"}}}, {"behavior", "Isolated"}};
  const auto tokenizer = Tokenizer::from_json(document.dump());
  const std::clock_t started = std::clock();
  try {
    tokenizer->encode(std::string(50'000, 'a'));
    ADD_FAILURE() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("gave up"), std::string::npos) << error.what();
  }
  EXPECT_LT(static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC, 10);
}

TEST(Tokenizer, RefusesVocabulariesThatDoNotFitTogether) {
  auto changed = [](const std::function<void(Json&)>& change) {
    Json document = small_document();
    change(document["model"]);
    return refusal(document);
  };
  EXPECT_NE(changed([](Json& m) { m["vocab"]["c"] = 1; }).find("given to two tokens"), std::string::npos);
  EXPECT_NE(changed([](Json& m) { m["vocab"]["c"] = -1; }).find("must lie in"), std::string::npos);
  EXPECT_NE(changed([](Json& m) { m["vocab"]["c"] = 1 << 20; }).find("must lie in"), std::string::npos);
  EXPECT_NE(changed([](Json& m) { m["vocab"][std::string(5000, 'x')] = 9; }).find("4096"), std::string::npos);
  EXPECT_NE(changed([](Json& m) { m["merges"].push_back("b a"); }).find("b a"), std::string::npos);
  EXPECT_NE(changed([](Json& m) { m["merges"].push_back({"b", "a"}); }).find("not in the vocabulary"),
            std::string::npos);
  EXPECT_NE(changed([](Json& m) { m.erase("vocab"); }).find("no vocabulary"), std::string::npos);
}

TEST(Tokenizer, SplitsMergesOfSpacesWhereTheHalvesAreKnown) {
  Json document = small_document();
  document["model"]["vocab"]["  "] = 7;
  document["model"]["vocab"]["    "] = 8;
  document["model"]["merges"] = {"a b", "   ", {"  ", "  "}};
  auto tokenizer = Tokenizer::from_json(document.dump());
  EXPECT_EQ(tokenizer->encode("ab    ab  "), (std::vector<TokenId>{2, 8, 2, 7}));
}

TEST(Tokenizer, SavesWhatItLoadsAgain) {
  fs::path folder = fs::path(testing::TempDir()) / "tokenizer-saved";
  fs::remove_all(folder);
  auto original = Tokenizer::from_json(small_document().dump());
  auto chat = original->with_chat("{{ messages[0].content }}<go>", "<go>");
  EXPECT_EQ(original->eos(), std::nullopt);
  EXPECT_TRUE(chat->is_special(6));
  EXPECT_EQ(chat->fingerprint(), original->fingerprint());
  EXPECT_THROW(original->with_chat("", "<stop>"), Error);

  chat->save(folder);
  auto loaded = Tokenizer::load(folder);
  EXPECT_EQ(loaded->eos(), 6);
  EXPECT_EQ(loaded->chat_template(), chat->chat_template());
  EXPECT_EQ(loaded->fingerprint(), original->fingerprint());
  EXPECT_EQ(loaded->encode_with_specials("abab<go><end>"), (std::vector<TokenId>{4, 6, 5}));
  EXPECT_EQ(loaded->decode(std::vector<TokenId>{4, 6, 5}), "abab");
}

TEST(Tokenizer, ReadsNamesFromTokenizerConfig) {
  fs::path folder = fs::path(testing::TempDir()) / "tokenizer-config";
  fs::remove_all(folder);
  write_file(folder / "tokenizer.json", small_document().dump());
  Json config = {{"bos_token", nullptr},
                 {"eos_token", {{"content", "<end>"}}},
                 {"pad_token", "<go>"},
                 {"chat_template", "from the config"}};
  write_file(folder / "tokenizer_config.json", config.dump());
  auto tokenizer = Tokenizer::load(folder / "tokenizer.json");
  EXPECT_EQ(tokenizer->bos(), std::nullopt);
  EXPECT_EQ(tokenizer->eos(), 5);
  EXPECT_EQ(tokenizer->pad(), 6);
  EXPECT_EQ(tokenizer->chat_template(), "from the config");
  write_file(folder / "chat_template.jinja", "from the file");
  EXPECT_EQ(Tokenizer::load(folder)->chat_template(), "from the file");
  config["eos_token"] = "<stop>";
  write_file(folder / "tokenizer_config.json", config.dump());
  EXPECT_THROW(Tokenizer::load(folder), Error);
}

// Hermes and Command R: a template for tools beside the usual one; transformers 5 keeps it in a folder.
TEST(Tokenizer, TakesTheTemplateForToolsWhereToolsAreGiven) {
  fs::path folder = fs::path(testing::TempDir()) / "tokenizer-templates";
  fs::remove_all(folder);
  write_file(folder / "tokenizer.json", small_document().dump());
  const auto said = [&](const Json& variables) {
    return ChatTemplate(Tokenizer::load(folder)->chat_template()).render(Json::array(), false, variables);
  };
  const Json tools = {{"tools", {{{"name", "look"}}}}};
  write_file(folder / "tokenizer_config.json",
             R"({"chat_template": [{"name": "default", "template": "\n  {% if true %}usual{% endif %} \n"},
                                   {"name": "tool_use", "template": "  {% if true %}\n{{ tools[0].name }}{% endif %}\n"}]})");
  EXPECT_EQ(said(Json::object()), "\nusual ");
  EXPECT_EQ(said({{"tools", nullptr}}), "\nusual ");
  EXPECT_EQ(said(tools), "look");
  write_file(folder / "chat_template.jinja", "file");
  write_file(folder / "additional_chat_templates" / "tool_use.jinja", "with {{ tools | length }}");
  EXPECT_EQ(said(Json::object()), "file");
  EXPECT_EQ(said(tools), "with 1");
}

// Case eos-list, and Gemma's and gpt-oss's kind, whose tokenizer_config names no end.
TEST(Tokenizer, KnowsTheEndsThatTheModelsFilesList) {
  fs::path folder = fs::path(testing::TempDir()) / "tokenizer-ends";
  fs::remove_all(folder);
  write_file(folder / "tokenizer.json", small_document().dump());
  EXPECT_TRUE(Tokenizer::load(folder)->listed_ends().empty());
  write_file(folder / "config.json", R"({"eos_token_id": [5, 3]})");
  EXPECT_EQ(Tokenizer::load(folder)->listed_ends(), (std::vector<TokenId>{5, 3}));
  write_file(folder / "generation_config.json", R"({"eos_token_id": 6})");
  EXPECT_EQ(Tokenizer::load(folder)->listed_ends(), (std::vector<TokenId>{6, 5, 3}));
  EXPECT_EQ(Tokenizer::load(folder)->with_chat("", "<end>")->listed_ends(), (std::vector<TokenId>{6, 5, 3}));
  write_file(folder / "generation_config.json", R"({"eos_token_id": "</s>"})");
  EXPECT_THROW(Tokenizer::load(folder), Error);
}

}  // namespace
}  // namespace nudge
