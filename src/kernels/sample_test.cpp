#include "kernels/sample.h"

#include <algorithm>
#include <numeric>

#include "kernels/every_target_test.h"
#include "kernels/logprob.h"

namespace nudge::kernels {
namespace {

std::vector<double> slow_softmax(const std::vector<float>& logits, double temperature) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> p;
  for (const float x : logits) p.push_back(std::exp((double(x) - highest) / temperature));
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& x : p) x /= total;
  return p;
}

/// Support by sorting everything, in the order of transformers: top-k, then top-p of what is left, then
/// min-p.
std::vector<double> slow_support(std::vector<double> p, const SampleRule& rule) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return p[a] > p[b]; });
  std::size_t keep = rule.top_k > 0 ? std::min(p.size(), std::size_t(rule.top_k)) : p.size();
  double total = 0, mass = 0;
  for (std::size_t i = 0; i < keep; ++i) total += p[order[i]];
  for (std::size_t i = 0; i < keep; ++i) {
    if (i > 0 && mass >= double(rule.top_p) * total) keep = i;
    if (i < keep) mass += p[order[i]];
  }
  while (keep > 1 && p[order[keep - 1]] < double(rule.min_p) * p[order[0]]) mass -= p[order[--keep]];
  for (std::size_t i = 0; i < p.size(); ++i) p[order[i]] = i < keep ? p[order[i]] / mass : 0;
  return p;
}

TEST(Sample, InvertsTheCumulativeDistribution) {
  on_every_target([] {
    for (const std::int64_t v : {1, 2, 9, 100, 1000}) {
      const auto logits = numbers(v, unsigned(v), 4);
      for (const SampleRule rule :
           {SampleRule{}, SampleRule{.temperature = 0.6f}, SampleRule{.temperature = 0.05f},
            SampleRule{.top_k = 5}, SampleRule{.top_p = 0.8f}, SampleRule{1.2f, 20, 0.5f},
            SampleRule{.min_p = 0.1f}, SampleRule{2, 50, 0.9f, 0.3f}, SampleRule{.min_p = 1}}) {
        const auto full = slow_softmax(logits, double(rule.temperature)), p = slow_support(full, rule);
        std::vector<float> scratch;
        for (int i = 0; i < 200; ++i) {
          const double u = (i + 0.5) / 200;
          float logprob;
          const auto token = std::size_t(sample(logits.data(), v, rule, u, scratch, &logprob));
          ASSERT_LT(token, p.size());
          const double below = std::accumulate(p.begin(), p.begin() + std::ptrdiff_t(token), 0.0);
          EXPECT_LE(below, u + 1e-5);
          EXPECT_GE(below + p[token], u - 1e-5);
          EXPECT_GT(p[token], 0);
          EXPECT_NEAR(logprob, std::log(full[token]), 1e-5);
        }
      }
    }
  });
}

TEST(Sample, TheLastUniformStaysInsideTheSupport) {
  on_every_target([] {
    auto logits = numbers(500, 3, 2);
    for (std::size_t i = 400; i < 500; ++i) logits[i] = -INFINITY;
    std::vector<float> scratch;
    EXPECT_EQ(sample(logits.data(), 500, {}, std::nextafter(1.0, 0.0), scratch, nullptr), 399);
    EXPECT_EQ(sample(logits.data(), 500, {}, 0.0, scratch, nullptr), 0);
  });
}

TEST(Sample, TemperatureZeroIsGreedyAndTheFirstOfEqualsWins) {
  on_every_target([] {
    auto logits = numbers(70, 3, 2);
    logits[17] = logits[40] = 5;
    std::vector<float> scratch;
    float logprob;
    EXPECT_EQ(sample(logits.data(), 70, {.temperature = 0}, 0.9, scratch, &logprob), 17);
    EXPECT_NEAR(logprob, std::log(slow_softmax(logits, 1)[17]), 1e-5);
  });
}

TEST(Sample, TheLogprobIsTheLearnersAtEveryMargin) {
  on_every_target([] {
    for (const float margin : {0.0f, 4.0f, 8.0f, 10.0f, 16.0f, 17.0f, 30.0f, 50.0f, 130.0f}) {
      for (const float temperature : {1.0f, 0.7f}) {
        auto logits = numbers(70, 3, 2);
        logits[33] = 2 + margin;
        std::vector<float> scratch;
        float logprob, learners;
        const std::int32_t token =
            sample(logits.data(), 70, {.temperature = temperature, .top_k = 5}, 0.5, scratch, &logprob);
        log_softmax_pick(logits.data(), 1, 70, 70, temperature, &token, &learners, nullptr, nullptr);
        EXPECT_EQ(logprob, learners) << margin;
        EXPECT_EQ(logprob < 0, margin < 60) << margin;
      }
    }
  });
}

TEST(Sample, NanLogitsGiveANanLogprobAndATokenInRange) {
  on_every_target([] {
    const std::vector<float> logits(30, NAN);
    std::vector<float> scratch;
    for (const float temperature : {0.0f, 1.0f}) {
      for (const float top_p : {1.0f, 0.5f}) {
        float logprob;
        const auto token = sample(logits.data(), 30, {temperature, 3, top_p}, 0.5, scratch, &logprob);
        EXPECT_TRUE(token >= 0 && token < 30);
        EXPECT_TRUE(std::isnan(logprob));
      }
    }
  });
}

}  // namespace
}  // namespace nudge::kernels
