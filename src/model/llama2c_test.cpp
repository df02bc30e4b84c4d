#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"
#include "model/checkpoint.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;
using Tokens = std::vector<std::int32_t>;

const fs::path kData = NUDGE_SOURCE_DIR "/../shared/data";
const fs::path kModel = kData / "model/stories260K.bin", kTokens = kData / "model/tok512.bin";

/// The vocabulary of llama2.c and its greedy merging, in the plainest form.
class Vocabulary {
 public:
  Vocabulary() {
    const auto bytes = read_file(kTokens);
    std::size_t at = 4;  // behind the longest length
    while (at < bytes.size()) {
      float score;
      std::int32_t length;
      std::memcpy(&score, &bytes[at], 4);
      std::memcpy(&length, &bytes[at + 4], 4);
      pieces_.push_back(bytes.substr(at + 8, static_cast<std::size_t>(length)));
      scores_.push_back(score);
      ids_.emplace(pieces_.back(), static_cast<std::int32_t>(pieces_.size()) - 1);
      at += 8 + static_cast<std::size_t>(length);
    }
  }

  std::string decode(const Tokens& tokens) const {  // without the first, which begins the text
    std::string text;
    for (std::size_t i = 1; i < tokens.size(); ++i) text += pieces_[static_cast<std::size_t>(tokens[i])];
    return text.starts_with(' ') ? text.substr(1) : text;
  }

  Tokens encode(const std::string& text) const {
    Tokens tokens{ids_.at(" ")};
    for (const char c : text) {
      const auto found = ids_.find(std::string(1, c));
      tokens.push_back(found != ids_.end() ? found->second : static_cast<unsigned char>(c) + 3);
    }
    while (merge_best(tokens)) {
    }
    tokens.insert(tokens.begin(), 1);
    return tokens;
  }

 private:
  bool merge_best(Tokens& tokens) const {
    float best = -1e10f;
    std::size_t where = 0;
    std::int32_t id = -1;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      const auto found = ids_.find(pieces_[static_cast<std::size_t>(tokens[i])] +
                                   pieces_[static_cast<std::size_t>(tokens[i + 1])]);
      if (found == ids_.end() || scores_[static_cast<std::size_t>(found->second)] <= best) continue;
      id = found->second;
      best = scores_[static_cast<std::size_t>(id)];
      where = i;
    }
    if (id < 0) return false;
    tokens[where] = id;
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(where) + 1);
    return true;
  }

  std::vector<std::string> pieces_;
  std::vector<float> scores_;
  std::unordered_map<std::string, std::int32_t> ids_;
};

class Stories260K : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kModel)) GTEST_SKIP() << "needs " << kModel << ", which is not part of the project";
    model = import_llama2c(kModel);
  }

  std::unique_ptr<Decoder> model;
};

TEST_F(Stories260K, GreedyTextBeginsAsPublished) {
  Tokens tokens{1};
  for (int step = 0; step < 32; ++step) {  // every step from the start again: slow, and surely right
    const auto hidden = model->hidden(pack(std::vector<Tokens>{tokens}));
    const auto logits = nudge::linear(hidden.narrow(0, hidden.size(0) - 1, 1), model->head_weight());
    tokens.push_back(static_cast<std::int32_t>(logits.argmax().item<std::int64_t>()));
  }
  const auto text = Vocabulary().decode(tokens);
  EXPECT_TRUE(text.starts_with("Once upon a time, there was a little girl named Lily.")) << text;
}

TEST_F(Stories260K, LossOnStoriesIsThePublishedOne) {
  const auto text = read_file(kData / "text/tinystories-2MiB.txt");
  const std::string separator = "\n<|endoftext|>\n";
  const Vocabulary vocabulary;
  double loss = 0, count = 0;
  std::size_t begin = 0;
  for (int story = 0; story < 24; ++story) {
    const auto end = text.find(separator, begin);
    ASSERT_NE(end, std::string::npos);
    auto tokens = vocabulary.encode(text.substr(begin, end - begin));
    begin = end + separator.size();
    tokens.resize(std::min<std::size_t>(tokens.size(), 512));
    const auto positions = at::arange(static_cast<std::int64_t>(tokens.size()) - 1);
    const auto logprobs = next_token_logprobs(*model, pack(std::vector<Tokens>{tokens}), positions,
                                              at::tensor(tokens, at::kInt).slice(0, 1), 1, false)
                              .logprobs_N;
    loss -= logprobs.sum().item<double>();
    count += static_cast<double>(logprobs.numel());
  }
  RecordProperty("loss", std::to_string(loss / count));
  EXPECT_NEAR(loss / count, 1.297, 0.06) << count << " tokens";
}

TEST_F(Stories260K, IsWrittenAsACheckpoint) {
  const auto folder = fs::temp_directory_path() / fmt::format("nudge-llama2c-{}", getpid());
  fs::create_directories(folder);
  save_model(*model, folder);
  EXPECT_TRUE(at::equal(load_model(folder)->parameters().flat(), model->parameters().flat()));
  fs::remove_all(folder);
}

TEST(ImportLlama2c, RefusesDamagedFiles) {
  const auto path = fs::temp_directory_path() / fmt::format("nudge-llama2c-{}.bin", getpid());
  const auto refusal = [&](const std::string& bytes) -> std::string {
    write_file(path, bytes);
    try {
      import_llama2c(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const std::int32_t header[7] = {8, 12, 1, 2, 1, 10, 16};
  const std::string good(reinterpret_cast<const char*>(header), sizeof header);
  EXPECT_NE(refusal("abc").find("too few"), std::string::npos);
  EXPECT_NE(refusal(good).find("describes a file of"), std::string::npos);
  EXPECT_NE(refusal(std::string(28, '\xff')).find("hidden_size"), std::string::npos);
  EXPECT_NE(refusal(std::string(28, '\0')).find("vocab_size"), std::string::npos);
  fs::remove(path);
}

}  // namespace
}  // namespace nudge
