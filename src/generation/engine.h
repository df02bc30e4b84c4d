#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "generation/sampling_options.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

namespace nudge {

struct Sampled {
  std::vector<TokenId> tokens;  // the stop token included when `ended`
  std::vector<float> logprobs;  // under softmax(logits / temperature), full support
  bool ended = false;
};

/// The decode engine: many prompts in one batch with a KV cache, finished sequences replaced by waiting ones
/// at once, no ATen operation in the loop. A completion is a function of (weights, prompt, seed, prompt
/// index, generation index) only: the batch it ran in changes no bit. Prompts shared by several generations
/// are computed once. Not thread-safe; uses all OpenMP threads.
class Engine {
 public:
  /// `slots`: sequences decoded at once. Keeps a reference to the model; packs its weights.
  explicit Engine(const Decoder& model, std::int64_t slots = 64);
  ~Engine();

  /// Packs the weights again after the model was updated.
  void refresh();

  /// num_generations completions of each prompt, in order: prompt 0's first. Throws Error when prompt +
  /// max_new_tokens exceeds the model's context (naming the prompt), or a prompt is empty. `on_done(n)` is
  /// called as completions finish.
  std::vector<Sampled> generate(std::span<const std::vector<TokenId>> prompts, const SamplingOptions& options,
                                const std::function<void(std::int64_t done)>& on_done = {});

  /// Tokens sampled in the current or last call of generate; for progress lines, from within on_done.
  std::int64_t sampled_tokens() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nudge
