#include "evaluation/pass_at_k.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

// Every subset of k of n samples, one by one.
double by_enumeration(int n, int right, int k) {
  int subsets = 0, with_right = 0;
  for (unsigned chosen = 0; chosen < (1U << n); ++chosen) {
    if (__builtin_popcount(chosen) != k) continue;
    ++subsets;
    with_right += (chosen & ((1U << right) - 1)) != 0;
  }
  return static_cast<double>(with_right) / subsets;
}

TEST(PassAtK, IsTheShareOfSubsetsWithARightAnswer) {
  for (int n = 1; n <= 7; ++n)
    for (int right = 0; right <= n; ++right)
      for (int k = 1; k <= n; ++k)
        EXPECT_NEAR(pass_at_k(n, right, k), by_enumeration(n, right, k), 1e-12)
            << n << " " << right << " " << k;
}

std::vector<Trajectory> answers_scored(const std::vector<double>& scores) {
  std::vector<Trajectory> answers;
  for (const double score : scores) {
    answers.emplace_back();
    answers.back().score = score;
    answers.back().completion_tokens.resize(score == 1 ? 4 : 6);
  }
  return answers;
}

TEST(PassAtK, CountsQuestionsThatTeachNothing) {
  const double nan = std::nan("");
  const auto answers = answers_scored({1, 0, 1, 1, 0, nan, 0, 0});
  const std::vector<std::int64_t> k = {1, 2};
  const Solved result = solved(answers, 2, k);
  EXPECT_NEAR(result.pass[0].chance.value, (.5 + 1 + 0 + 0) / 4, 1e-12);
  EXPECT_NEAR(result.pass[1].chance.value, (1. + 1 + 0) / 3, 1e-12);
  EXPECT_EQ(result.pass[0].questions_left_out, 0);
  EXPECT_EQ(result.pass[1].questions_left_out, 1);
  EXPECT_NEAR(result.never.value, .5, 1e-12);
  EXPECT_NEAR(result.always.value, .25, 1e-12);
  EXPECT_EQ(result.unscorable, 1);
  EXPECT_NEAR(result.length_right.value, 4, 1e-12);
  EXPECT_NEAR(result.length_wrong.value, 6, 1e-12);
}

// pass-at-k-unscorable: what could not be checked stood there as wrong.
TEST(PassAtK, WhatCannotBeCheckedIsNeitherRightNorWrong) {
  const double nan = std::nan("");
  const std::vector<std::int64_t> k = {1};
  const Solved result = solved(answers_scored({nan, 1, nan, 1}), 4, k);
  EXPECT_EQ(result.pass[0].chance.value, 1);
  EXPECT_EQ(result.always.value, 1);
  EXPECT_EQ(result.never.value, 0);
  EXPECT_EQ(result.unscorable, 2);
  EXPECT_TRUE(std::isnan(result.length_wrong.value));
  // A question without any checked answer is no question that is never solved.
  const Solved one_of_two = solved(answers_scored({nan, nan, 1, 0}), 2, k);
  EXPECT_EQ(one_of_two.pass[0].chance.value, .5);
  EXPECT_EQ(one_of_two.never.value, 0);
  EXPECT_THROW(solved(answers_scored({nan, nan}), 2, k), Error);
}

TEST(PassAtK, RefusesMoreThanWasSampled) {
  const auto answers = answers_scored({1, 0});
  const std::vector<std::int64_t> k = {3};
  EXPECT_THROW(solved(answers, 2, k), Error);
}

}  // namespace
}  // namespace nudge
