#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "model/checkpoint.h"
#include "tensor/aten.h"

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

/// The forward of llama2.c's run.c on a version 0 file, in doubles, written down as plainly as there: one
/// position after the other, neighbours rotated.
class RunC {
 public:
  RunC(const std::int32_t (&header)[7], std::vector<float> weights)
      : dim_(header[0]),
        hidden_(header[1]),
        layers_(header[2]),
        heads_(header[3]),
        kv_heads_(header[4]),
        vocabulary_(std::abs(header[5])),
        own_classifier_(header[5] < 0),
        sequence_(header[6]),
        head_(dim_ / heads_),
        weights_(std::move(weights)) {}

  std::vector<double> logits(const Tokens& tokens) {
    std::vector<double> x;
    for (std::size_t position = 0; position < tokens.size(); ++position) x = step(tokens[position], position);
    return x;
  }

 private:
  using Row = std::vector<double>;

  Row matrix(const float* w, std::int64_t rows, const Row& x) const {
    Row y(rows);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < x.size(); ++j) y[i] += static_cast<double>(w[i * x.size() + j]) * x[j];
    return y;
  }
  Row norm(const float* w, const Row& x) const {
    double squares = 0;
    for (const double value : x) squares += value * value;
    Row y = x;
    for (std::size_t i = 0; i < x.size(); ++i)
      y[i] *= static_cast<double>(w[i]) / std::sqrt(squares / static_cast<double>(x.size()) + 1e-5);
    return y;
  }
  void rotate(Row& x, std::size_t position) const {
    for (std::size_t i = 0; i < x.size(); i += 2) {
      const double exponent = static_cast<double>(i % head_) / static_cast<double>(head_);
      const double angle = static_cast<double>(position) / std::pow(10000.0, exponent);
      const double a = x[i], b = x[i + 1];
      x[i] = a * std::cos(angle) - b * std::sin(angle);
      x[i + 1] = a * std::sin(angle) + b * std::cos(angle);
    }
  }
  Row attend(const Row& q, std::size_t layer, std::size_t position) const {
    Row out(dim_);
    for (std::int64_t h = 0; h < heads_; ++h) {
      const std::int64_t group = h / (heads_ / kv_heads_);
      Row scores(position + 1);
      double total = 0;
      for (std::size_t t = 0; t <= position; ++t) {
        double dot = 0;
        for (std::int64_t e = 0; e < head_; ++e) dot += q[h * head_ + e] * keys_[layer][t][group * head_ + e];
        total += scores[t] = std::exp(dot / std::sqrt(static_cast<double>(head_)));
      }
      for (std::size_t t = 0; t <= position; ++t)
        for (std::int64_t e = 0; e < head_; ++e)
          out[h * head_ + e] += scores[t] / total * values_[layer][t][group * head_ + e];
    }
    return out;
  }
  Row step(std::int32_t token, std::size_t position) {
    if (position == 0) keys_.assign(layers_, {}), values_.assign(layers_, {});
    const std::int64_t kv = kv_heads_ * head_;
    const float* embedding = weights_.data();
    const float* attention_norm = embedding + vocabulary_ * dim_;
    const float* wq = attention_norm + layers_ * dim_;
    const float* wk = wq + layers_ * dim_ * dim_;
    const float* wv = wk + layers_ * kv * dim_;
    const float* wo = wv + layers_ * kv * dim_;
    const float* ffn_norm = wo + layers_ * dim_ * dim_;
    const float* w1 = ffn_norm + layers_ * dim_;
    const float* w2 = w1 + layers_ * hidden_ * dim_;
    const float* w3 = w2 + layers_ * dim_ * hidden_;
    const float* last_norm = w3 + layers_ * hidden_ * dim_;
    const float* classifier = own_classifier_ ? last_norm + dim_ + sequence_ * head_ : embedding;

    Row x(embedding + token * dim_, embedding + (token + 1) * dim_);
    for (std::int64_t l = 0; l < layers_; ++l) {
      const Row normed = norm(attention_norm + l * dim_, x);
      Row q = matrix(wq + l * dim_ * dim_, dim_, normed), k = matrix(wk + l * kv * dim_, kv, normed);
      rotate(q, position);
      rotate(k, position);
      keys_[l].push_back(k);
      values_[l].push_back(matrix(wv + l * kv * dim_, kv, normed));
      const Row attended = matrix(wo + l * dim_ * dim_, dim_, attend(q, l, position));
      for (std::int64_t i = 0; i < dim_; ++i) x[i] += attended[i];
      const Row inner = norm(ffn_norm + l * dim_, x);
      Row gate = matrix(w1 + l * hidden_ * dim_, hidden_, inner);
      const Row up = matrix(w3 + l * hidden_ * dim_, hidden_, inner);
      for (std::int64_t i = 0; i < hidden_; ++i) gate[i] *= up[i] / (1 + std::exp(-gate[i]));
      const Row down = matrix(w2 + l * dim_ * hidden_, dim_, gate);
      for (std::int64_t i = 0; i < dim_; ++i) x[i] += down[i];
    }
    return matrix(classifier, vocabulary_, norm(last_norm, x));
  }

  std::int64_t dim_, hidden_, layers_, heads_, kv_heads_, vocabulary_;
  bool own_classifier_;
  std::int64_t sequence_, head_;
  std::vector<float> weights_;
  std::vector<std::vector<Row>> keys_, values_;  // [layer][position]
};

TEST(ImportLlama2c, ComputesAsRunC) {
  const auto path = fs::temp_directory_path() / fmt::format("nudge-llama2c-{}.bin", getpid());
  for (const std::int32_t vocabulary : {10, -10}) {  // below 0: with a classifier of its own
    const std::int32_t header[7] = {16, 12, 2, 4, 2, vocabulary, 6};
    const std::int64_t layer = 2 * 16 * 16 + 2 * 8 * 16 + 3 * 12 * 16 + 2 * 16;
    std::vector<float> weights(10 * 16 + 2 * layer + 16 + 6 * 4 + (vocabulary < 0 ? 10 * 16 : 0));
    Stream stream(7, "llama2.c");
    for (float& weight : weights) weight = static_cast<float>(.4 * stream.normal());
    write_file(path, std::string(reinterpret_cast<const char*>(header), sizeof header) +
                         std::string(reinterpret_cast<const char*>(weights.data()), 4 * weights.size()));
    const auto model = import_llama2c(path);
    const Tokens tokens{1, 7, 3, 3, 9};
    const auto hidden = model->hidden(pack(std::vector<Tokens>{tokens}));
    const auto logits = nudge::linear(hidden.narrow(0, hidden.size(0) - 1, 1), model->head_weight());
    const std::vector<double> expected = RunC(header, weights).logits(tokens);
    for (std::int64_t v = 0; v < 10; ++v) EXPECT_NEAR(logits[0][v].item<double>(), expected[v], 1e-4);
  }
  fs::remove(path);
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
