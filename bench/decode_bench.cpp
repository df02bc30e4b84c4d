// New tokens per second of the decode engine, prompt pass included, beside what the machine's multiply-adds
// allow (two operations a weight and token), measured in the same run. Random weights in the peers' shapes,
// prompts of 64 random ids, 128 new tokens, temperature 1, no early end. `decode_bench m1` runs one shape,
// `all` runs all of them, `decode_bench "m42 bf16" 32` one precision and batch.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/random.h"
#include "ceiling.h"
#include "generation/engine.h"
#include "shapes.h"

namespace nudge::bench {
namespace {

constexpr std::int64_t kPromptTokens = 64;
constexpr std::int64_t kNewTokens = 128;

std::vector<std::vector<TokenId>> random_prompts(std::int64_t count, std::int64_t vocabulary) {
  Stream stream(0, "bench prompts");
  std::vector<std::vector<TokenId>> prompts(static_cast<std::size_t>(count));
  for (auto& prompt : prompts) {
    for (std::int64_t i = 0; i < kPromptTokens; ++i) {
      prompt.push_back(static_cast<TokenId>(stream.below(static_cast<std::uint64_t>(vocabulary))));
    }
  }
  return prompts;
}

void bench(const std::string& name, const ModelConfig& config, std::int64_t only, const Ceiling& ceiling) {
  const Decoder model(config, 0);
  const double flops_per_token = 2.0 * static_cast<double>(config.matmul_weights());
  const double most = ceiling.gflops * 1e9 / flops_per_token;
  for (const std::int64_t batch : {1, 8, 32, 64}) {
    if (only > 0 && only != batch) continue;
    Engine engine(model, batch);
    const auto prompts = random_prompts(batch, config.vocab_size);
    const SamplingOptions options{.max_new_tokens = kNewTokens};
    const Times times = time_of([&] { engine.generate(prompts, options); }, 0.5);
    const auto tokens = static_cast<double>(batch * kNewTokens);
    std::printf("%-12s %6lld %12.0f %12.0f %12.0f %7.0f %%\n", name.c_str(), static_cast<long long>(batch),
                tokens / times.best, tokens / times.median, most, 100 * tokens / times.best / most);
    std::fflush(stdout);
  }
}

int run(const std::string& only, std::int64_t batch) {
  const Ceiling ceiling = measure_ceiling();
  std::printf("ceiling: %.0f GFLOP/s fp32, %.0f GB/s copy\n\n", ceiling.gflops, ceiling.gigabytes_per_second);
  std::printf("%-12s %6s %12s %12s %12s %9s\n", "shape", "batch", "tok/s best", "median", "ceiling",
              "reached");
  for (const auto& [name, config] : shapes(only)) bench(name, config, batch, ceiling);
  return 0;
}

}  // namespace
}  // namespace nudge::bench

int main(int argc, char** argv) {
  return nudge::bench::run(argc > 1 ? argv[1] : "", argc > 2 ? std::atol(argv[2]) : 0);
}
