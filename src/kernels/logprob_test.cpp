#include "kernels/logprob.h"

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

struct Row {
  double logprob, log_sum_exp, entropy;
};

Row slow_row(const std::vector<double>& logits, double temperature, std::int32_t target) {
  double highest = -INFINITY, total = 0, entropy = 0;
  for (const double x : logits) highest = std::max(highest, x / temperature);
  for (const double x : logits) total += std::exp(x / temperature - highest);
  const double log_sum_exp = highest + std::log(total);
  for (const double x : logits) {
    const double logprob = x / temperature - log_sum_exp;
    if (std::isfinite(x)) entropy -= std::exp(logprob) * logprob;
  }
  return {logits[std::size_t(target)] / temperature - log_sum_exp, log_sum_exp, entropy};
}

TEST(LogSoftmaxPick, EqualsTheFormula) {
  on_every_target([] {
    for (const std::int64_t rows : {1, 2, 9}) {
      for (const std::int64_t v : {1, 5, 16, 100, 1031}) {
        for (const float temperature : {1.0f, 0.7f}) {
          const std::int64_t ld = v + 3;
          const auto logits = numbers(rows * ld, unsigned(v), 20);
          std::vector<std::int32_t> targets;
          for (std::int64_t r = 0; r < rows; ++r) targets.push_back(std::int32_t(r * 7 % v));
          std::vector<float> logprobs(targets.size()), totals(targets.size()), entropies(targets.size());
          log_softmax_pick(logits.data(), rows, v, ld, temperature, targets.data(), logprobs.data(),
                           totals.data(), entropies.data());
          for (std::int64_t r = 0; r < rows; ++r) {
            const std::vector<double> row(logits.begin() + r * ld, logits.begin() + r * ld + v);
            const Row expected = slow_row(row, double(temperature), targets[r]);
            EXPECT_NEAR(logprobs[r], expected.logprob, 1e-5);
            EXPECT_NEAR(totals[r], expected.log_sum_exp, 1e-5);
            EXPECT_NEAR(entropies[r], expected.entropy, 1e-5);
          }
          std::vector<float> only(targets.size());
          log_softmax_pick(logits.data(), rows, v, ld, temperature, targets.data(), only.data(), nullptr,
                           nullptr);
          EXPECT_EQ(only, logprobs);
        }
      }
    }
  });
}

TEST(LogSoftmaxPick, ForbiddenTokensHaveNoShare) {
  on_every_target([] {
    auto logits = numbers(40, 1, 5);
    logits[3] = logits[39] = -INFINITY;
    const std::int32_t target = 7;
    float logprob, total, entropy;
    log_softmax_pick(logits.data(), 1, 40, 40, 1, &target, &logprob, &total, &entropy);
    const Row expected = slow_row({logits.begin(), logits.end()}, 1, target);
    EXPECT_NEAR(logprob, expected.logprob, 1e-5);
    EXPECT_NEAR(entropy, expected.entropy, 1e-5);
  });
}

TEST(LogSoftmaxPick, ANanLogitIsNotHidden) {
  on_every_target([] {
    for (const std::size_t place : {0, 5, 36}) {
      auto logits = numbers(40, 1, 5);
      logits[place] = NAN;
      const std::int32_t target = 7;
      float logprob;
      log_softmax_pick(logits.data(), 1, 40, 40, 1, &target, &logprob, nullptr, nullptr);
      EXPECT_TRUE(std::isnan(logprob)) << place;
    }
  });
}

TEST(LogSoftmaxPick, GradientEqualsFiniteDifferences) {
  on_every_target([] {
    const std::int64_t rows = 3, v = 37;
    const float temperature = 1.3f;
    const auto logits = numbers(rows * v, 1, 4);
    const std::vector<std::int32_t> targets{0, 36, 11};
    const std::vector<float> d_logprobs{1.5f, -0.5f, 0.25f}, d_entropies{0.5f, -2.0f, 1.0f};
    std::vector<float> logprobs(3), totals(3), entropies(3);
    log_softmax_pick(logits.data(), rows, v, v, temperature, targets.data(), logprobs.data(), totals.data(),
                     entropies.data());
    for (const bool with_entropy : {false, true}) {
      auto gradient = logits;
      log_softmax_pick_backward(gradient.data(), rows, v, v, temperature, targets.data(), totals.data(),
                                d_logprobs.data(), with_entropy ? entropies.data() : nullptr,
                                with_entropy ? d_entropies.data() : nullptr);
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t i = 0; i < v; ++i) {
          const auto loss = [&](double step) {
            std::vector<double> row(logits.begin() + r * v, logits.begin() + (r + 1) * v);
            row[std::size_t(i)] += step;
            const Row result = slow_row(row, double(temperature), targets[r]);
            return double(d_logprobs[r]) * result.logprob +
                   (with_entropy ? double(d_entropies[r]) * result.entropy : 0);
          };
          EXPECT_NEAR(gradient[r * v + i], (loss(1e-5) - loss(-1e-5)) / 2e-5, 1e-6);
        }
      }
    }
  });
}

// A row whose target leads all others together by `margin` nats, what must come out, and the relative errors
// of what does.
struct CertainRow {
  std::vector<float> logits;
  std::int32_t target;
  float temperature;

  CertainRow(std::int64_t v, std::int64_t where, float at_temperature, double margin)
      : logits(numbers(v, unsigned(v), 1)), target(std::int32_t(where)), temperature(at_temperature) {
    double others = 0;
    for (std::int64_t i = 0; i < v; ++i)
      others += i == where ? 0 : std::exp(double(logits[std::size_t(i)]) / double(temperature));
    logits[std::size_t(where)] = float((std::log(others) + margin) * double(temperature));
  }

  // Each logit's exp relative to the target's, and their sum without it.
  std::vector<double> relative(double* others) const {
    std::vector<double> weights;
    *others = 0;
    for (const float x : logits)
      weights.push_back(std::exp((double(x) - double(logits[std::size_t(target)])) / double(temperature)));
    for (std::size_t i = 0; i < weights.size(); ++i) *others += i == std::size_t(target) ? 0 : weights[i];
    return weights;
  }

  double error_of_logprob() const {
    float logprob;
    log_softmax_pick(logits.data(), 1, size(), size(), temperature, &target, &logprob, nullptr, nullptr);
    double others;
    relative(&others);
    return std::abs(double(logprob) / -std::log1p(others) - 1);
  }

  // Of the worst of all logits.
  double error_of_gradient(const float* d_entropy) const {
    const float d_logprob = 1.5f;
    float total, entropy;
    log_softmax_pick(logits.data(), 1, size(), size(), temperature, &target, nullptr, &total, &entropy);
    auto gradient = logits;
    log_softmax_pick_backward(gradient.data(), 1, size(), size(), temperature, &target, &total, &d_logprob,
                              d_entropy ? &entropy : nullptr, d_entropy);
    double others, exact_entropy = 0, worst = 0;
    const auto weights = relative(&others);
    const auto log_p = [&](std::size_t i) { return std::log(weights[i]) - std::log1p(others); };
    for (std::size_t i = 0; i < weights.size(); ++i) exact_entropy -= std::exp(log_p(i)) * log_p(i);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double p = weights[i] / (1 + others),
                   one_less_p = i == std::size_t(target) ? others / (1 + others) : -p,
                   expected = (double(d_logprob) * one_less_p -
                               (d_entropy ? double(*d_entropy) * p * (log_p(i) + exact_entropy) : 0)) /
                              double(temperature);
      worst = std::max(worst, std::abs(double(gradient[i]) / expected - 1));
    }
    return worst;
  }

  std::int64_t size() const { return std::int64_t(logits.size()); }
};

TEST(LogSoftmaxPick, ANearlyCertainTargetKeepsItsLogprobAndItsGradient) {
  const float d_entropy = 0.5f;
  on_every_target([&] {
    for (const double margin : {8.1, 10., 16., 17., 20., 30., 60., 75.}) {
      for (const std::int64_t v : {2, 40, 1031}) {
        for (const float temperature : {1.0f, 0.7f}) {
          for (const std::int64_t where : {std::int64_t(0), v / 3, v - 1}) {
            const CertainRow row(v, where, temperature, margin);
            EXPECT_LT(row.error_of_logprob(), 2e-5) << margin << " nats of " << v;
            EXPECT_LT(row.error_of_gradient(nullptr), 3e-5) << margin << " nats of " << v;
            EXPECT_LT(row.error_of_gradient(&d_entropy), 3e-5) << margin << " nats of " << v;
          }
        }
      }
    }
  });
}

TEST(LogSoftmaxPick, TheOnlyTokenIsCertain) {
  on_every_target([] {
    float logit = 3, logprob, total;
    const std::int32_t target = 0;
    const float d_logprob = 1;
    log_softmax_pick(&logit, 1, 1, 1, 0.7f, &target, &logprob, &total, nullptr);
    log_softmax_pick_backward(&logit, 1, 1, 1, 0.7f, &target, &total, &d_logprob, nullptr, nullptr);
    EXPECT_EQ(logprob, 0);
    EXPECT_FALSE(std::signbit(logprob));
    EXPECT_EQ(logit, 0);
  });
}

}  // namespace
}  // namespace nudge::kernels
