#include "text/bpe_trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "text/tokenizer.h"

namespace nudge {
namespace {

const std::filesystem::path kData = std::filesystem::path(NUDGE_SOURCE_DIR) / ".." / "shared" / "data";

TEST(BpeTrainer, LearnsWhatTokenizersLearns) {
  for (const Json& golden : read_json(NUDGE_SOURCE_DIR "/tests/goldens/bpe_trainer.json")) {
    BpeTrainerOptions options;
    options.vocab_size = golden.at("vocab_size");
    options.min_frequency = golden.at("min_frequency");
    options.special_tokens = golden.at("special_tokens").get<std::vector<std::string>>();
    std::int64_t reported = 0;
    auto text = train_bpe(golden.at("documents").get<std::vector<std::string>>(), options,
                          [&](std::int64_t merges) { reported = merges; });
    Json model = parse_json(text, "trained").at("model");
    EXPECT_EQ(model.at("merges"), golden.at("merges"));
    EXPECT_EQ(reported, static_cast<std::int64_t>(golden.at("merges").size()));
    std::vector<std::string> tokens(model.at("vocab").size());
    for (const auto& [token, id] : model.at("vocab").items()) tokens.at(id.get<std::size_t>()) = token;
    EXPECT_EQ(Json(tokens), golden.at("vocab"));
  }
}

/// Two mebibytes of made-up words, a few of which are frequent; most become tokens.
std::string made_up_text() {
  Stream stream(1, "made-up words");
  std::vector<std::string> words(1000);
  for (std::string& word : words)
    for (std::uint64_t letters = 3 + stream.below(6); letters > 0; --letters)
      word += static_cast<char>('a' + stream.below(26));
  std::string text;
  while (text.size() < 2 << 20)
    text += words[static_cast<std::size_t>(1000 * std::pow(stream.uniform(), 4))] +
            (stream.chance(.1) ? ".\n" : " ");
  return text;
}

TEST(BpeTrainer, TrainsOnTwoMebibytesInSecondsAndRoundTrips) {
  const std::filesystem::path stories = kData / "text" / "tinystories-2MiB.txt";
  const std::string text = std::filesystem::exists(stories) ? read_file(stories) : made_up_text();
  auto tokenizer = Tokenizer::from_json(train_bpe({text}, {}));
  EXPECT_EQ(tokenizer->vocab_size(), 2048);
  auto ids = tokenizer->encode(text);
  EXPECT_LT(ids.size(), text.size() / 3);
  EXPECT_EQ(tokenizer->decode(ids), text);
}

TEST(BpeTrainer, SaysWhatIsWrong) {
  EXPECT_THROW(train_bpe({}, {}), Error);
  EXPECT_THROW(train_bpe({"text"}, {.vocab_size = 258}), Error);
  EXPECT_THROW(train_bpe({"text"}, {.special_tokens = {""}}), Error);
  EXPECT_THROW(train_bpe({"text"}, {.special_tokens = {"<a>", "<b>", "<a>"}}), Error);
}

TEST(BpeTrainer, LearnsNoTokenThatTheReaderRefuses) {
  const std::string run(8192, 'a');
  const auto tokenizer = Tokenizer::from_json(train_bpe({run, run + " b", "of the"}, {.vocab_size = 300}));
  const auto ids = tokenizer->encode(run);
  EXPECT_EQ(ids.size(), 2u);  // two of 4096, the longest there is
  EXPECT_EQ(tokenizer->decode(ids), run);
}

}  // namespace
}  // namespace nudge
