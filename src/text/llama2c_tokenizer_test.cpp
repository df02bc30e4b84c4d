#include "text/llama2c_tokenizer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(NUDGE_SOURCE_DIR) / ".." / "shared" / "data";
const fs::path kFile = kData / "model" / "tok512.bin";

/// The tokenizer of llama2.c's run.c, written down as plainly as there: no merges, but a search for the best
/// scored neighbours after every merge.
class RunC {
 public:
  explicit RunC(const fs::path& file) {
    std::string bytes = read_file(file);
    for (std::size_t at = 4; at < bytes.size();) {
      float score;
      std::int32_t length;
      std::memcpy(&score, &bytes[at], 4);
      std::memcpy(&length, &bytes[at + 4], 4);
      pieces_.push_back(bytes.substr(at + 8, static_cast<std::size_t>(length)));
      scores_.push_back(score);
      ids_.emplace(pieces_.back(), static_cast<TokenId>(pieces_.size()) - 1);
      at += 8 + static_cast<std::size_t>(length);
    }
  }

  std::vector<TokenId> encode(const std::string& text) const {
    std::vector<TokenId> tokens;
    if (!text.empty()) tokens.push_back(ids_.at(" "));
    for (std::size_t i = 0; i < text.size();) {
      std::size_t start = i;
      next_code_point(text, i);
      std::string character = text.substr(start, i - start);
      if (auto found = ids_.find(character); found != ids_.end())
        tokens.push_back(found->second);
      else
        for (char byte : character) tokens.push_back(static_cast<unsigned char>(byte) + 3);
    }
    while (merge_best(tokens)) {
    }
    return tokens;
  }

 private:
  bool merge_best(std::vector<TokenId>& tokens) const {
    float best_score = -1e10f;
    std::size_t best = tokens.size();
    TokenId merged = -1;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      auto found = ids_.find(pieces_[tokens[i]] + pieces_[tokens[i + 1]]);
      if (found == ids_.end() || scores_[found->second] <= best_score) continue;
      best_score = scores_[found->second];
      best = i;
      merged = found->second;
    }
    if (best == tokens.size()) return false;
    tokens[best] = merged;
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    return true;
  }

  std::vector<std::string> pieces_;
  std::vector<float> scores_;
  std::map<std::string, TokenId> ids_;
};

TEST(Llama2cTokenizer, EncodesAsRunC) {
  if (!fs::exists(kData)) GTEST_SKIP() << "the folder ../shared/data is absent";
  auto tokenizer = Tokenizer::from_json(llama2c_tokenizer_json(kFile, 512));
  RunC reference(kFile);
  EXPECT_EQ(tokenizer->vocab_size(), 512);
  std::string stories = read_file(kData / "text" / "tinystories-valid-30K.txt");
  std::vector<std::string> texts = {"", " ", "  two  spaces ", "caf\u00e9 \u4e16\u754c \U0001f600\n\nTab\t.",
                                    "<s> <0x41>"};
  for (std::size_t at = 0; at < stories.size(); at += 2000)
    texts.push_back(replace_invalid_utf8(stories.substr(at, 500)));
  for (const std::string& text : texts) {
    auto ids = tokenizer->encode(text);
    EXPECT_EQ(ids, reference.encode(text)) << text;
    EXPECT_EQ(tokenizer->decode(ids), text);
  }
}

TEST(Llama2cTokenizer, WritesADirectory) {
  if (!fs::exists(kData)) GTEST_SKIP() << "the folder ../shared/data is absent";
  fs::path folder = fs::path(testing::TempDir()) / "llama2c-tokenizer";
  fs::remove_all(folder);
  write_llama2c_tokenizer(kFile, 512, folder);
  auto tokenizer = Tokenizer::load(folder);
  EXPECT_EQ(tokenizer->bos(), 1);
  EXPECT_EQ(tokenizer->eos(), 1);
  EXPECT_EQ(tokenizer->decode(tokenizer->encode_with_specials("Once<s>")), "Once");
}

TEST(Llama2cTokenizer, SaysWhatIsWrongWithTheFile) {
  if (!fs::exists(kData)) GTEST_SKIP() << "the folder ../shared/data is absent";
  EXPECT_THROW(llama2c_tokenizer_json(kFile, 513), Error);
  EXPECT_THROW(llama2c_tokenizer_json(kFile, 511), Error);
  EXPECT_THROW(llama2c_tokenizer_json(kFile, 10), Error);
}

}  // namespace
}  // namespace nudge
