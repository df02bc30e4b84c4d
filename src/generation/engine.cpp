#include "generation/engine.h"

#include <omp.h>

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "generation/kv_cache.h"
#include "generation/packed_decoder.h"
#include "kernels/sample.h"

namespace nudge {
namespace {

/// Prompts are run in passes of about this many tokens: enough for the GEMMs, small enough for the caches.
constexpr std::int64_t kPrefillTokens = 512;

void check_prompts(std::span<const std::vector<TokenId>> prompts, const SamplingOptions& options,
                   const ModelConfig& config) {
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto length = std::ssize(prompts[i]);
    require(length > 0, "generate: prompt {} is empty; a completion needs at least one token to follow.", i);
    require(options.max_new_tokens <= config.context() - length,
            "generate: prompt {} has {} tokens, and with {} new ones it exceeds the model's context of {}; "
            "shorten the prompt or lower max_new_tokens.",
            i, length, options.max_new_tokens, config.context());
    for (const TokenId token : prompts[i]) {
      require(
          token >= 0 && token < config.vocab_size,
          "generate: prompt {} holds the token id {}, outside the model's vocabulary of {}; the tokenizer "
          "does not belong to this model.",
          i, token, config.vocab_size);
    }
  }
}

/// What outlives a call. Keys and values do not: what follows a rollout has use for their memory.
struct Workspace {
  PackedDecoder decoder;
  std::int64_t slots;
  std::int64_t sampled_tokens = 0;
};

/// One call of Engine::generate. A request is one completion, number prompt * num_generations + generation;
/// requests are admitted in order, so at most one prompt at a time is waiting for further slots.
class Generation {
 public:
  Generation(Workspace& workspace, std::span<const std::vector<TokenId>> prompts,
             const SamplingOptions& options)
      : workspace_(workspace),
        decoder_(workspace.decoder),
        prompts_(prompts),
        options_(options),
        rule_(rule_of(options)),
        vocabulary_(decoder_.config().vocab_size),
        requests_(std::ssize(prompts) * options.num_generations),
        slots_(std::min(workspace.slots, requests_)),
        samples_(requests_),
        logits_(slots_.size() * vocabulary_),
        held_logits_(vocabulary_),
        scratch_(omp_get_max_threads()) {
    std::size_t longest = 0;
    for (const auto& prompt : prompts) longest = std::max(longest, prompt.size());
    const ModelConfig& config = decoder_.config();
    // One slot more than decodes: it holds the prompt whose generations did not all find a slot yet.
    cache_.reshape({.slots = std::ssize(slots_) + 1,
                    .layers = config.num_hidden_layers,
                    .kv_heads = config.num_key_value_heads,
                    .capacity = static_cast<std::int64_t>(longest) + options.max_new_tokens,
                    .e = config.head_dim,
                    .precision = config.precision});
  }

  std::vector<Sampled> run(const std::function<void(std::int64_t)>& on_done) {
    std::int64_t reported = 0;
    while (done_ < requests_) {
      while (admit()) {
      }
      step();
      if (on_done && done_ > reported) on_done(reported = done_);
    }
    return std::move(samples_);
  }

 private:
  struct Slot {
    std::int64_t request = -1;  // -1: free
    TokenId token = 0;          // sampled last, not yet in the cache
    std::int32_t position = 0;  // where it goes
    Stream stream{0, "sample"};
  };
  /// A slot that waits for its next token, and the logits to draw it from.
  struct Draw {
    std::int32_t slot;
    const float* logits;
  };

  const std::vector<TokenId>& prompt_of(std::int64_t request) const {
    return prompts_[request / options_.num_generations];
  }
  float* logits_row(std::size_t row) { return logits_.data() + row * vocabulary_; }
  std::int32_t spare() const { return static_cast<std::int32_t>(slots_.size()); }

  bool admit();
  void start(std::int32_t slot, std::int64_t request);
  void hold(std::int64_t prompt, std::int32_t slot, const float* logits);
  void step();
  void draw_and_accept(const std::vector<Draw>& draws);
  void accept(Slot& slot, TokenId token, float logprob);

  Workspace& workspace_;
  PackedDecoder& decoder_;
  KvCache cache_;
  std::span<const std::vector<TokenId>> prompts_;
  const SamplingOptions& options_;
  kernels::SampleRule rule_;
  std::int64_t vocabulary_, requests_, next_ = 0, done_ = 0;
  std::vector<Slot> slots_;
  std::vector<Sampled> samples_;
  kernels::AlignedFloats logits_;
  std::int64_t held_prompt_ = -1;
  kernels::AlignedFloats held_logits_;
  std::vector<std::vector<float>> scratch_;  // one a thread
};

void Generation::start(std::int32_t slot, std::int64_t request) {
  const std::int64_t prompt = request / options_.num_generations;
  const std::int64_t generation = request % options_.num_generations;
  slots_[slot] = {
      .request = request,
      .token = 0,
      .position = static_cast<std::int32_t>(prompt_of(request).size()),
      // Streams of two prompts lie so far apart that no two (prompt, generation) share one.
      .stream = Stream(options_.seed, "sample", prompt * SamplingOptions::kMostGenerations + generation)};
}

void Generation::hold(std::int64_t prompt, std::int32_t slot, const float* logits) {
  cache_.copy(slot, spare(), std::ssize(prompts_[prompt]));
  std::copy(logits, logits + vocabulary_, held_logits_.begin());
  held_prompt_ = prompt;
}

// Fills free slots with waiting requests, at most one pass of prompts; false when there was nothing to do.
bool Generation::admit() {
  std::vector<const std::vector<TokenId>*> new_prompts;
  std::vector<std::int32_t> homes;    // the slot that each new prompt is computed in
  std::vector<std::int32_t> sources;  // of each draw: the slot that holds its prompt
  std::vector<Draw> draws;
  std::int64_t tokens = 0, newest = held_prompt_;
  for (std::int32_t slot = 0; slot < spare() && next_ < requests_; ++slot) {
    if (slots_[slot].request >= 0) continue;
    const std::int64_t prompt = next_ / options_.num_generations;
    if (prompt != newest) {
      tokens += std::ssize(prompt_of(next_));
      if (!homes.empty() && tokens > kPrefillTokens) break;
      new_prompts.push_back(&prompt_of(next_));
      homes.push_back(slot);
      newest = prompt;
    }
    start(slot, next_++);
    sources.push_back(homes.empty() ? spare() : homes.back());
    draws.push_back({slot, homes.empty() ? held_logits_.data() : logits_row(homes.size() - 1)});
  }
  if (draws.empty()) return false;
  if (!homes.empty()) decoder_.prefill(new_prompts, homes, cache_, logits_.data());
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const std::int32_t slot = draws[i].slot;
    if (sources[i] != slot) cache_.copy(sources[i], slot, slots_[slot].position);
  }
  draw_and_accept(draws);
  const bool more_of_newest = next_ < requests_ && next_ / options_.num_generations == newest;
  if (more_of_newest && newest != held_prompt_) hold(newest, homes.back(), logits_row(homes.size() - 1));
  return true;
}

void Generation::step() {
  std::vector<TokenId> tokens;
  std::vector<std::int32_t> positions, slots;
  std::vector<Draw> draws;
  for (std::int32_t slot = 0; slot < spare(); ++slot) {
    Slot& live = slots_[slot];
    if (live.request < 0) continue;
    draws.push_back({slot, logits_row(draws.size())});
    tokens.push_back(live.token);
    positions.push_back(live.position++);
    slots.push_back(slot);
  }
  if (draws.empty()) return;
  decoder_.decode(tokens, positions, slots, cache_, logits_.data());
  draw_and_accept(draws);
}

void Generation::draw_and_accept(const std::vector<Draw>& draws) {
  std::vector<TokenId> tokens(draws.size());
  std::vector<float> logprobs(draws.size());
#pragma omp parallel for schedule(static) if (draws.size() > 1)
  for (std::size_t i = 0; i < draws.size(); ++i) {
    Stream& stream = slots_[draws[i].slot].stream;
    auto& scratch = scratch_[omp_get_thread_num()];
    tokens[i] = kernels::sample(draws[i].logits, vocabulary_, rule_, stream.uniform(), scratch, &logprobs[i]);
  }
  for (std::size_t i = 0; i < draws.size(); ++i) {
    accept(slots_[draws[i].slot], tokens[i], logprobs[i]);
  }
}

void Generation::accept(Slot& slot, TokenId token, float logprob) {
  require(std::isfinite(logprob),
          "generate: the model gives non-finite logits behind prompt {}; its weights have diverged.",
          slot.request / options_.num_generations);
  Sampled& sample = samples_[slot.request];
  sample.tokens.push_back(token);
  sample.logprobs.push_back(logprob);
  ++workspace_.sampled_tokens;
  sample.ended = std::ranges::find(options_.stop_tokens, token) != options_.stop_tokens.end();
  slot.token = token;
  if (sample.ended || std::ssize(sample.tokens) == options_.max_new_tokens) {
    slot.request = -1;
    ++done_;
  }
}

}  // namespace

struct Engine::State : Workspace {};

Engine::Engine(const Decoder& model, std::int64_t slots) {
  require(slots >= 1, "generate: the number of slots (batch_size) must be at least 1, got {}.", slots);
  state_ = std::make_unique<State>(Workspace{PackedDecoder(model), slots});
}

Engine::~Engine() = default;

void Engine::refresh() {
  state_->decoder.refresh();
}

std::int64_t Engine::sampled_tokens() const {
  return state_->sampled_tokens;
}

std::vector<Sampled> Engine::generate(std::span<const std::vector<TokenId>> prompts,
                                      const SamplingOptions& options,
                                      const std::function<void(std::int64_t done)>& on_done) {
  check_sampling(options);
  check_prompts(prompts, options, state_->decoder.config());
  state_->sampled_tokens = 0;
  if (prompts.empty()) return {};
  return Generation(*state_, prompts, options).run(on_done);
}

}  // namespace nudge
