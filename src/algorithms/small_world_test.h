#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "data/chat_format.h"
#include "data/records_file.h"
#include "model/decoder.h"
#include "records/records.h"
#include "rewards/function_reward.h"
#include "text/bpe_trainer.h"
#include "training/ending.h"
#include "training/run.h"

namespace nudge {

/// A reward that likes low bytes: something every policy can learn to say more often.
inline double share_of_low_bytes(const Trajectory& trajectory) {
  double low = 0;
  for (TokenId token : trajectory.completion_tokens) low += token < 128;
  return low / static_cast<double>(trajectory.completion_tokens.size());
}

/// What a run left behind.
struct Trained {
  at::Tensor weights;
  std::vector<Json> metrics;
  std::string ending;  // what it was judged by, and the alarms that rang
};

inline Trained left_by(const Decoder& policy, const Ending& ending, const Run& run) {
  return {.weights = policy.parameters().flat().detach().clone(),
          .metrics = read_records(run.folder() / "metrics.jsonl"),
          .ending = to_line(ending_json(ending))};
}

/// The smallest setting in which an algorithm can run: a byte-level tokenizer, a tiny decoder, plain text
/// prompts.
class SmallWorld {
 public:
  explicit SmallWorld(const std::string& name)
      : folder_(std::filesystem::temp_directory_path() / ("nudge_" + name)), format_(nullptr) {
    std::filesystem::remove_all(folder_);
    write_file(folder_ / "tokenizer" / "tokenizer.json", train_bpe({"ab ba"}, {.vocab_size = 259}));
    write_file(folder_ / "tokenizer" / "tokenizer_config.json", R"({"eos_token": "<|endoftext|>"})");
    format_ = std::make_unique<ChatFormat>(Tokenizer::load(folder_ / "tokenizer"));
  }
  ~SmallWorld() { std::filesystem::remove_all(folder_); }
  SmallWorld(const SmallWorld&) = delete;

  const ChatFormat& format() const { return *format_; }
  const std::filesystem::path& folder() const { return folder_; }

  Decoder decoder(std::uint64_t seed) const {
    ModelConfig config;
    config.vocab_size = format_->tokenizer().vocab_size();
    config.hidden_size = 16;
    config.intermediate_size = 32;
    config.num_hidden_layers = 1;
    config.num_attention_heads = config.num_key_value_heads = 2;
    config.head_dim = 8;
    config.max_position_embeddings = 64;
    return Decoder(config, seed);
  }

  static std::vector<Prompt> prompts(std::int64_t count) {
    std::vector<Prompt> all;
    for (std::int64_t i = 0; i < count; ++i) {
      all.push_back({.id = std::to_string(i), .text = std::string(1, static_cast<char>('a' + i % 26)) + "b"});
    }
    return all;
  }

  Run run(const std::string& name) const { return Run(folder_ / name); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<ChatFormat> format_;
};

}  // namespace nudge
