// Each kernel's best and median time beside the floor that the machine sets, measured in the same run.
// `kernels_bench WORD` runs only the sections whose name contains WORD.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "ceiling.h"
#include "kernels/activation.h"
#include "kernels/adamw.h"
#include "kernels/attention.h"
#include "kernels/gemm.h"
#include "kernels/logprob.h"
#include "kernels/norm.h"
#include "kernels/rotary.h"
#include "kernels/sample.h"
#include "kernels/weight_gradient.h"

namespace nudge::bench {
namespace {

using namespace nudge::kernels;

std::vector<float> numbers(std::int64_t n) {
  std::vector<float> x(static_cast<std::size_t>(n));
  std::uint32_t state = 1;
  for (float& value : x) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) / static_cast<float>(1 << 23) - 1;
  }
  return x;
}

class Report {
 public:
  explicit Report(Ceiling ceiling) : ceiling_(ceiling) {}

  /// One line for a kernel that does `flops` operations and must move `bytes`; its floor is the larger of the
  /// times that these take at the ceiling.
  template <class Body>
  void line(const std::string& name, double flops, double bytes, const Body& body) {
    const Times t = time_of(body);
    const double compute = flops / ceiling_.gflops * 1e-9,
                 memory = bytes / ceiling_.gigabytes_per_second * 1e-9;
    const double floor = std::max(compute, memory);
    std::printf("%-44s %10.2f %10.2f %10.2f %6.0f %%", name.c_str(), floor * 1e6, t.best * 1e6,
                t.median * 1e6, 100 * floor / t.best);
    if (flops > 0) std::printf(" %8.1f GFLOP/s", flops / t.best * 1e-9);
    if (flops == 0) std::printf(" %8.1f GB/s", bytes / t.best * 1e-9);
    std::printf("\n");
    std::fflush(stdout);
  }

 private:
  Ceiling ceiling_;
};

template <class... Args>
std::string text(const char* format, Args... args) {
  char line[128];
  std::snprintf(line, sizeof line, format, args...);
  return line;
}

void gemm_lines(Report& report) {
  const std::int64_t shapes[][2] = {{288, 256},  {528, 512},   {1536, 576},
                                    {576, 1536}, {1056, 1024}, {4128, 1024}};
  for (const auto& [n, k] : shapes) {
    const auto w = numbers(n * k);
    PackedMatrix packed;
    report.line(text("pack N %ld K %ld", n, k), 0, 8.0 * static_cast<double>(n * k),
                [&] { packed.pack(w.data(), n, k, k); });
    for (const std::int64_t m : {1, 2, 4, 8, 16, 32, 64, 128, 512, 2048}) {
      const auto x = numbers(m * k);
      std::vector<float> y(static_cast<std::size_t>(m * n));
      report.line(text("gemm M %ld N %ld K %ld", m, n, k), 2.0 * static_cast<double>(m * n * k), 0,
                  [&] { gemm(x.data(), m, k, packed, y.data(), n); });
    }
    for (const std::int64_t m : {64, 512, 2048}) {
      const auto dy = numbers(m * n);
      std::vector<float> dx(static_cast<std::size_t>(m * k));
      report.line(text("gemm_backward M %ld N %ld K %ld", m, n, k), 2.0 * static_cast<double>(m * n * k), 0,
                  [&] { gemm_backward(dy.data(), m, n, packed, dx.data(), k); });
    }
  }
}

void weight_gradient_lines(Report& report) {
  const std::int64_t tokens = 2048, shapes[][2] = {{384, 128},  {128, 352},  {704, 128},  {1024, 256},
                                                   {1536, 576}, {2048, 512}, {4096, 1024}};
  for (const auto& [n, k] : shapes) {
    const auto dy = numbers(tokens * n), x = numbers(tokens * k);
    std::vector<float> dw(static_cast<std::size_t>(n * k));
    report.line(text("weight_gradient T %ld N %ld K %ld", tokens, n, k),
                2.0 * static_cast<double>(tokens * n * k), 0,
                [&] { weight_gradient(dy.data(), n, x.data(), k, tokens, n, k, dw.data(), k); });
  }
}

void attention_lines(Report& report) {
  for (const std::int64_t e : {8, 48, 64}) {
    for (const std::int64_t length : {20, 64, 128, 256, 512}) {
      const std::int64_t heads = 6, kv_heads = e == 64 ? 2 : 6, sequences = 2048 / length,
                         tokens = sequences * length;
      std::vector<std::int32_t> starts;
      for (std::int64_t b = 0; b <= sequences; ++b) starts.push_back(static_cast<std::int32_t>(b * length));
      const AttentionShape shape{
          starts.data(), sequences,    heads,        kv_heads,  e,
          heads * e,     kv_heads * e, kv_heads * e, heads * e, 1 / std::sqrt(float(e))};
      const auto q = numbers(tokens * heads * e), k = numbers(tokens * kv_heads * e), v = k, d_out = q;
      std::vector<float> out(q.size()), sums(static_cast<std::size_t>(tokens * heads)), dq(q.size()),
          dk(k.size()), dv(k.size());
      // Two products over the lower triangle forward, five backward.
      const double flops = 2.0 * static_cast<double>(sequences * heads * length * (length + 1) * e);
      report.line(text("causal_attention s %ld e %ld", length, e), flops, 0,
                  [&] { causal_attention(shape, q.data(), k.data(), v.data(), out.data(), sums.data()); });
      report.line(text("causal_attention_backward s %ld e %ld", length, e), 2.5 * flops, 0, [&] {
        causal_attention_backward(shape, d_out.data(), q.data(), k.data(), v.data(), out.data(), sums.data(),
                                  dq.data(), dk.data(), dv.data());
      });
    }
  }
  for (const std::int64_t e : {8, 48, 64}) {
    for (const std::int64_t length : {32, 128, 512}) {
      const std::int64_t rows = 32, heads = 6, kv_heads = e == 64 ? 2 : 6;
      const auto q = numbers(rows * heads * e), cache = numbers(rows * kv_heads * length * e);
      std::vector<const float*> keys;
      for (std::int64_t r = 0; r < rows; ++r) keys.push_back(cache.data() + r * kv_heads * length * e);
      const std::vector<std::int32_t> lengths(static_cast<std::size_t>(rows),
                                              static_cast<std::int32_t>(length));
      std::vector<float> out(q.size());
      report.line(text("decode_attention rows 32 s %ld e %ld", length, e),
                  4.0 * static_cast<double>(rows * heads * length * e), 0, [&] {
                    decode_attention({.rows = rows,
                                      .heads = heads,
                                      .kv_heads = kv_heads,
                                      .e = e,
                                      .capacity = length,
                                      .ldq = heads * e,
                                      .ldo = heads * e,
                                      .scale = 1},
                                     q.data(), keys.data(), keys.data(), lengths.data(), out.data());
                  });
    }
  }
}

void logprob_lines(Report& report) {
  for (const std::int64_t v : {512, 2048, 32000}) {
    const std::int64_t rows = 128;
    const auto logits = numbers(rows * v);
    auto gradient = logits, certain = logits;
    const std::vector<std::int32_t> targets(static_cast<std::size_t>(rows), 7);
    for (std::int64_t r = 0; r < rows; ++r) certain[static_cast<std::size_t>(r * v + 7)] = 30;
    std::vector<float> logprobs(targets.size()), sums(targets.size()), entropies(targets.size());
    const double bytes = 4.0 * static_cast<double>(rows * v);
    report.line(text("log_softmax_pick rows 128 V %ld", v), 0, bytes, [&] {
      log_softmax_pick(logits.data(), rows, v, v, 1, targets.data(), logprobs.data(), sums.data(), nullptr);
    });
    report.line(text("log_softmax_pick, certain targets V %ld", v), 0, bytes, [&] {
      log_softmax_pick(certain.data(), rows, v, v, 1, targets.data(), logprobs.data(), sums.data(), nullptr);
    });
    report.line(text("log_softmax_pick with entropy V %ld", v), 0, bytes, [&] {
      log_softmax_pick(logits.data(), rows, v, v, 1, targets.data(), logprobs.data(), sums.data(),
                       entropies.data());
    });
    report.line(text("log_softmax_pick_backward V %ld", v), 0, 2 * bytes, [&] {
      log_softmax_pick_backward(gradient.data(), rows, v, v, 1, targets.data(), sums.data(), logprobs.data(),
                                nullptr, nullptr);
    });
    std::vector<float> scratch;
    const std::pair<const char*, SampleRule> rules[] = {
        {"sample", {}}, {"sample top_k 50", {.top_k = 50}}, {"sample top_p 0.9", {.top_p = 0.9f}}};
    for (const auto& [name, rule] : rules) {
      report.line(text("%s V %ld", name, v), 0, 4.0 * static_cast<double>(v),
                  [&, rule = rule] { sample(logits.data(), v, rule, 0.7, scratch, nullptr); });
    }
  }
}

void optimizer_lines(Report& report) {
  const std::int64_t n = 10'500'000;
  auto p = numbers(n), m = p;
  const auto g = p;
  std::vector<float> v(p.size(), 1.0f);
  report.line("adamw 10.5 M", 0, 28.0 * static_cast<double>(n), [&] {
    adamw({1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 1, 10}, n, p.data(), g.data(), m.data(), v.data());
  });
  report.line("sum_of_squares 10.5 M", 0, 4.0 * static_cast<double>(n), [&] { sum_of_squares(g.data(), n); });
}

void row_lines(Report& report) {
  const std::int64_t rows = 2048, d = 576, f = 1536, heads = 9, e = 64;
  const auto x = numbers(rows * d), w = numbers(d), dy = numbers(rows * d), gates = numbers(rows * 2 * f);
  std::vector<float> y(x.size()), inverse(static_cast<std::size_t>(rows)), dw(w.size());
  std::vector<float> gated(static_cast<std::size_t>(rows * f)), d_gates(gates.size());
  const double bytes = 4.0 * static_cast<double>(rows * d), gate_bytes = 4.0 * static_cast<double>(rows * f);
  report.line("rms_norm 2048 x 576", 0, 2 * bytes,
              [&] { rms_norm(x.data(), w.data(), 1e-5f, rows, d, y.data(), inverse.data()); });
  report.line("rms_norm_backward 2048 x 576", 0, 3 * bytes, [&] {
    rms_norm_backward(dy.data(), x.data(), w.data(), inverse.data(), rows, d, y.data(), dw.data());
  });
  report.line("swiglu 2048 x 1536", 0, 3 * gate_bytes,
              [&] { gate(Activation::silu, gates.data(), rows, f, gated.data()); });
  report.line("swiglu_backward 2048 x 1536", 0, 5 * gate_bytes,
              [&] { gate_backward(Activation::silu, gated.data(), gates.data(), rows, f, d_gates.data()); });
  const std::vector<std::int32_t> positions(static_cast<std::size_t>(rows), 3);
  const auto cosines = numbers(4 * e / 2);
  auto turned = x;
  report.line("rotary 2048 x 576", 0, 2 * bytes, [&] {
    rotary(turned.data(), positions.data(), rows, heads, e, e, d, cosines.data(), cosines.data(), false);
  });
}

}  // namespace
}  // namespace nudge::bench

int main(int argc, char** argv) {
  using namespace nudge::bench;
  const Ceiling ceiling = measure_ceiling();
  std::printf("ceiling: %.0f GFLOP/s, %.1f GB/s\n\n", ceiling.gflops, ceiling.gigabytes_per_second);
  std::printf("%-44s %10s %10s %10s %8s\n", "microseconds", "floor", "best", "median", "of floor");
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  Report report(ceiling);
  const std::pair<std::string_view, void (*)(Report&)> sections[] = {
      {"gemm", gemm_lines},           {"weight_gradient", weight_gradient_lines},
      {"attention", attention_lines}, {"logprob", logprob_lines},
      {"optimizer", optimizer_lines}, {"rows", row_lines}};
  for (const auto& [name, lines] : sections) {
    if (name.find(wanted) != std::string_view::npos) lines(report);
  }
}
