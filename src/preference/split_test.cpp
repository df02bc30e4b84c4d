#include "preference/split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace nudge {
namespace {

LabelledComparisons sample() {
  LabelledComparisons all;
  for (int i = 0; i < 600; ++i) {
    const std::string id = std::to_string(i);
    all.comparisons.push_back({.id = id,
                               .prompt = {.id = "row " + id, .text = "prompt " + std::to_string(i / 3)},
                               .answers = {{"a"}, {"b"}}});
    for (const int rater : {i % 20, (i + 7) % 20})
      all.votes.push_back({.comparison = id, .ranks = {0, 1}, .rater = "rater " + std::to_string(rater)});
  }
  return all;
}

std::set<std::string> prompts(const LabelledComparisons& side) {
  std::set<std::string> texts;
  for (const Comparison& comparison : side.comparisons) texts.insert(comparison.prompt.text);
  return texts;
}

std::set<std::string> raters(const LabelledComparisons& side) {
  std::set<std::string> names;
  for (const Vote& vote : side.votes) names.insert(vote.rater);
  return names;
}

template <class Set>
std::size_t common(const Set& a, const Set& b) {
  return static_cast<std::size_t>(
      std::ranges::count_if(a, [&](const auto& each) { return b.contains(each); }));
}

TEST(Split, KeepsAPromptOnOneSide) {
  const LabelledComparisons all = sample();
  const PreferenceSplit split = split_by_prompt(all.comparisons, all.votes, .2, 3);
  EXPECT_EQ(common(prompts(split.train), prompts(split.test)), 0u);
  EXPECT_EQ(split.train.comparisons.size() + split.test.comparisons.size(), 600u);
  EXPECT_EQ(split.test.votes.size(), 2 * split.test.comparisons.size());
  EXPECT_NEAR(static_cast<double>(split.test.comparisons.size()), 120, 50);
}

TEST(Split, TellsPromptsThatSayNothingByTheirIds) {
  LabelledComparisons all = sample();
  for (Comparison& comparison : all.comparisons) comparison.prompt.text.clear();
  const PreferenceSplit split = split_by_prompt(all.comparisons, all.votes, .2, 3);
  EXPECT_NEAR(static_cast<double>(split.test.comparisons.size()), 120, 50);
}

TEST(Split, KnowsAConversationByItsTurns) {
  std::vector<Comparison> rows;
  for (int i = 0; i < 40; ++i)
    rows.push_back({.id = std::to_string(i),
                    .prompt = {.id = "row " + std::to_string(i), .messages = {{"user", "the same"}}},
                    .answers = {{"a"}, {"b"}}});
  const PreferenceSplit split = split_by_prompt(rows, {}, .5, 3);
  EXPECT_TRUE(split.train.comparisons.empty() || split.test.comparisons.empty());
}

TEST(Split, StaysWhenDataGrows) {
  const LabelledComparisons all = sample();
  const auto half = std::span(all.comparisons).first(300);
  const auto before = prompts(split_by_prompt(half, {}, .2, 3).test);
  const auto after = prompts(split_by_prompt(all.comparisons, {}, .2, 3).test);
  EXPECT_EQ(common(before, after), before.size());
  EXPECT_NE(prompts(split_by_prompt(all.comparisons, {}, .2, 4).test), after);
}

TEST(Split, KeepsARaterOnOneSide) {
  const LabelledComparisons all = sample();
  const PreferenceSplit split = split_by_rater(all.comparisons, all.votes, .3, 1);
  EXPECT_EQ(common(raters(split.train), raters(split.test)), 0u);
  EXPECT_EQ(split.train.votes.size() + split.test.votes.size(), 1200u);
  EXPECT_FALSE(split.test.votes.empty());
  for (const LabelledComparisons* side : {&split.train, &split.test}) {
    std::set<std::string> ids;
    for (const Comparison& comparison : side->comparisons) ids.insert(comparison.id);
    for (const Vote& vote : side->votes) EXPECT_TRUE(ids.contains(vote.comparison));
  }
}

TEST(Split, RefusesSharesThatLeaveASideEmpty) {
  EXPECT_THROW(split_by_prompt({}, {}, 0, 1), Error);
  EXPECT_THROW(split_by_rater({}, {}, 1, 1), Error);
}

}  // namespace
}  // namespace nudge
