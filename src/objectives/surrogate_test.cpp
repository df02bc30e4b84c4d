#include "objectives/surrogate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/options.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

struct Token {
  double p, q, advantage;  // old and new probability
};

// DPPO's mask as its paper says it, one token at a time.
bool dropped(const Token& token, bool kl, double low, double high) {
  const auto [p, q, advantage] = token;
  const double moved = kl ? p * std::log(p / q) + (1 - p) * std::log((1 - p) / (1 - q)) : std::abs(q - p);
  return advantage > 0 ? q > p && moved > high : q < p && moved > low;
}

TEST(Surrogate, DppoDropsWhatMovedTooFarTheWayItIsPushed) {
  std::vector<Token> tokens;
  for (const double p : {1e-6, 0.01, 0.3, 0.5, 0.9, 0.999})
    for (const double q : {1e-5, 0.02, 0.25, 0.56, 0.7, 0.9995})
      for (const double advantage : {-2.0, 0.5}) tokens.push_back({p, q, advantage});
  std::vector<double> old, now, advantages;
  for (const Token& token : tokens) {
    old.push_back(std::log(token.p));
    now.push_back(std::log(token.q));
    advantages.push_back(token.advantage);
  }
  const Completions one(std::vector<std::int64_t>{std::ssize(tokens)});
  for (const bool kl : {false, true}) {
    const at::Tensor now_N = at::tensor(now, at::kDouble).requires_grad_();
    const SurrogateLoss loss =
        surrogate_loss(now_N, at::tensor(old, at::kDouble), at::tensor(advantages, at::kDouble), one,
                       {.surrogate = kl ? Surrogate::dppo_kl : Surrogate::dppo_tv,
                        .epsilon = 0.05,
                        .epsilon_high = 0.2,
                        .delta = 20});
    loss.per_token_N.sum().backward();
    int drops = 0;
    for (std::int64_t i = 0; i < std::ssize(tokens); ++i) {
      const auto& [p, q, advantage] = tokens[i];
      const bool drop = dropped(tokens[i], kl, 0.05, 0.2);
      drops += drop;
      EXPECT_NEAR(now_N.grad()[i].item<double>(), drop ? 0 : -std::min(q / p, 20.0) * advantage, 1e-9)
          << p << " -> " << q << ", A " << advantage;
      EXPECT_EQ(loss.clipped_low_N[i].item<bool>(), drop && advantage <= 0);
      EXPECT_EQ(loss.clipped_high_N[i].item<bool>(), drop && advantage > 0);
    }
    EXPECT_GT(drops, 10);
  }
}

// A sure token that stays sure has not moved; one that became sure has moved without end.
TEST(Surrogate, DppoKnowsProbabilitiesOfOne) {
  const at::Tensor old = at::tensor({0.0, -0.1}, at::kDouble), now = at::tensor({0.0, 0.0}, at::kDouble);
  const SurrogateLoss loss =
      surrogate_loss(now, old, at::ones({2}, at::kDouble), Completions(std::vector<std::int64_t>{2}),
                     {.surrogate = Surrogate::dppo_kl, .epsilon = 0.05});
  EXPECT_FALSE(loss.clipped_high_N[0].item<bool>());
  EXPECT_TRUE(loss.clipped_high_N[1].item<bool>());
  EXPECT_TRUE(loss.per_token_N.isfinite().all().item<bool>());
}

TEST(Surrogate, DppoRefusesTheRatioOfACompletion) {
  SurrogateOptions surrogate{.surrogate = Surrogate::dppo_tv, .level = ImportanceLevel::sequence};
  EXPECT_THROW(check_options(surrogate), UsageError);
}

}  // namespace
}  // namespace nudge
