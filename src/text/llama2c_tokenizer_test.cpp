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

/// A small file of the kind: single characters, and pieces that merge from them, the best score first.
class SmallFile {
 public:
  static constexpr std::int64_t kPieces = 259 + 27 + 12;

  SmallFile() : path_(fs::path(testing::TempDir()) / "small-llama2c-tokenizer.bin") {
    std::string bytes(4, '\0');  // the longest piece, which nobody asks for
    const auto add = [&](const std::string& piece, float score) {
      const auto length = static_cast<std::int32_t>(piece.size());
      bytes.append(reinterpret_cast<const char*>(&score), 4);
      bytes.append(reinterpret_cast<const char*>(&length), 4);
      bytes += piece;
    };
    for (const char* name : {"<unk>", "\n<s>\n", "\n</s>\n"}) add(name, 0);
    for (int byte = 0; byte < 256; ++byte) add(fmt::format("<0x{:02X}>", byte), 0);
    add(" ", -1000);
    for (char letter = 'a'; letter <= 'z'; ++letter) add(std::string(1, letter), -1000);
    float score = 0;
    for (const char* piece : {"he", " t", "in", "an", "the", " the", "re", "er", "ing", " a", "and", "there"})
      add(piece, --score);
    write_file(path_, bytes);
  }
  ~SmallFile() { fs::remove(path_); }
  SmallFile(const SmallFile&) = delete;
  SmallFile& operator=(const SmallFile&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void expect_as_run_c(const fs::path& file, std::int64_t pieces, std::vector<std::string> texts) {
  auto tokenizer = Tokenizer::from_json(llama2c_tokenizer_json(file, pieces));
  RunC reference(file);
  EXPECT_EQ(tokenizer->vocab_size(), pieces);
  texts.insert(texts.end(),
               {"", " ", "  two  spaces ", "caf\u00e9 \u4e16\u754c \U0001f600\n\nTab\t.", "<s> <0x41>"});
  for (const std::string& text : texts) {
    auto ids = tokenizer->encode(text);
    EXPECT_EQ(ids, reference.encode(text)) << text;
    EXPECT_EQ(tokenizer->decode(ids), text);
  }
}

TEST(Llama2cTokenizer, EncodesAsRunC) {
  const SmallFile small;
  expect_as_run_c(small.path(), SmallFile::kPieces,
                  {"and there the other thing", "theretherein an\nearring", "Hethe hehe andthe"});
}

TEST(Llama2cTokenizer, EncodesStoriesAsRunC) {
  if (!fs::exists(kData)) GTEST_SKIP() << "the folder ../shared/data is absent";
  std::string stories = read_file(kData / "text" / "tinystories-valid-30K.txt");
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < stories.size(); at += 2000)
    texts.push_back(replace_invalid_utf8(stories.substr(at, 500)));
  expect_as_run_c(kFile, 512, texts);
}

TEST(Llama2cTokenizer, WritesADirectory) {
  const SmallFile small;
  fs::path folder = fs::path(testing::TempDir()) / "llama2c-tokenizer";
  fs::remove_all(folder);
  write_llama2c_tokenizer(small.path(), SmallFile::kPieces, folder);
  auto tokenizer = Tokenizer::load(folder);
  EXPECT_EQ(tokenizer->bos(), 1);
  EXPECT_EQ(tokenizer->eos(), 1);
  EXPECT_EQ(tokenizer->decode(tokenizer->encode_with_specials("Once<s>")), "Once");
}

TEST(Llama2cTokenizer, SaysWhatIsWrongWithTheFile) {
  const SmallFile small;
  EXPECT_THROW(llama2c_tokenizer_json(small.path(), SmallFile::kPieces + 1), Error);
  EXPECT_THROW(llama2c_tokenizer_json(small.path(), SmallFile::kPieces - 1), Error);
  EXPECT_THROW(llama2c_tokenizer_json(small.path(), 10), Error);
}

}  // namespace
}  // namespace nudge
