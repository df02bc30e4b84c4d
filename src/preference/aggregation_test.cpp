#include "preference/aggregation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace nudge {
namespace {

// The 45 patients of Dawid and Skene (1979), table 1: the first observer's three answers, then one of each
// other. The expected numbers are those of github.com/dallascard/dawid_skene run to 1e-10, which are the
// paper's table 2 (shares .40 .42 .11 .07).
const char* const kPatients[] = {
    "1111111", "3334334", "1122122", "2223121", "2223222", "2223322", "1222111", "3333433", "2222223",
    "2322223", "4444444", "2223343", "1111111", "2223212", "1211111", "1112111", "1111111", "1111111",
    "2222221", "2221322", "2222222", "2222221", "2223222", "2212222", "1111111", "1111111", "2322222",
    "1111111", "1111111", "1121121", "1111111", "3333233", "1111111", "2222222", "2223232", "4334343",
    "2212232", "2323233", "3333432", "1111111", "1111111", "1212111", "2322222", "1211111", "2222222"};

TEST(DawidSkene, OfItsOwnPatients) {
  std::vector<Labelling> labellings;
  for (std::size_t patient = 0; patient < 45; ++patient)
    for (std::size_t i = 0; i < 7; ++i)
      labellings.push_back({patient, i < 3 ? 0 : i - 2, kPatients[patient][i] - '1'});
  const DawidSkene model = dawid_skene(labellings, 45, 5, 4, {.iterations = 1000, .pseudo_count = 0});
  const double shares[] = {0.39955, 0.42198, 0.1118, 0.06667};
  for (std::size_t label = 0; label < 4; ++label) EXPECT_NEAR(model.shares[label], shares[label], 6e-6);
  EXPECT_NEAR(model.confusion[0][1][1], 0.87638, 6e-6);
  EXPECT_NEAR(model.confusion[1][1][2], 0.31435, 6e-6);
  EXPECT_NEAR(model.confusion[2][2][3], 0.39755, 6e-6);
  EXPECT_NEAR(model.confusion[4][3][2], 0.33333, 6e-6);
  EXPECT_NEAR(model.items[6][0], 0.98102, 6e-6);
  EXPECT_NEAR(model.items[34][2], 0.052, 6e-6);
  EXPECT_NEAR(model.items[37][1], 0.0212, 6e-6);
}

Comparison of(const std::string& id, std::size_t answers) {
  Comparison comparison{.id = id, .prompt = {.id = id, .text = "p"}};
  for (std::size_t i = 0; i < answers; ++i)
    comparison.answers.push_back({.content = std::string(1, 'a' + i)});
  return comparison;
}

Vote vote(const std::string& id, const std::string& rater, std::vector<std::int64_t> ranks,
          std::int64_t strength = 0) {
  Vote made{.comparison = id, .ranks = ranks, .strength = strength, .rater = rater};
  if (ranks.empty()) made.outcome = Outcome::both_bad;
  return made;
}

using Ranks = std::vector<std::int64_t>;

TEST(Aggregation, MajorityNeedsASingleMostFrequentLabel) {
  const std::vector<Comparison> comparisons = {of("x", 2), of("y", 2), of("z", 2), of("w", 2)};
  std::vector<Vote> votes = {vote("x", "1", {0, 1}), vote("x", "2", {0, 1}), vote("x", "3", {1, 0}),
                             vote("y", "1", {0, 1}), vote("y", "2", {1, 0}), vote("z", "1", {}),
                             vote("z", "2", {}),     vote("z", "3", {0, 1})};
  votes.push_back({.comparison = "w", .outcome = Outcome::cannot_judge, .rater = "1"});  // counts nowhere
  const std::vector<Vote> result = aggregate(comparisons, votes, Aggregation::majority);
  ASSERT_EQ(result.size(), 3u);
  EXPECT_EQ(result[0].ranks, (Ranks{0, 1}));
  EXPECT_EQ(result[0].extra["votes"], 3);
  EXPECT_NEAR(result[0].extra["agreement"].get<double>(), 2. / 3, 1e-12);
  EXPECT_TRUE(result[1].tie());
  EXPECT_EQ(result[2].outcome, Outcome::both_bad);
  EXPECT_EQ(aggregate(comparisons, votes, Aggregation::every_vote).size(), 8u);
}

TEST(Aggregation, StrengthOutweighsNumbers) {
  const std::vector<Comparison> comparisons = {of("x", 2)};
  const std::vector<Vote> votes = {vote("x", "1", {0, 1}, 1), vote("x", "2", {0, 1}, 1),
                                   vote("x", "3", {1, 0}, 4), vote("x", "4", {0, 0})};
  EXPECT_EQ(aggregate(comparisons, votes, Aggregation::majority)[0].ranks, (Ranks{0, 1}));
  const Vote strong = aggregate(comparisons, votes, Aggregation::strength)[0];
  EXPECT_EQ(strong.ranks, (Ranks{1, 0}));
  EXPECT_EQ(strong.strength, 1);  // (4 - 1 - 1) / 3
  const std::vector<Vote> agreed = {vote("x", "1", {0, 1}, 4), vote("x", "2", {0, 1}, 2),
                                    vote("x", "3", {0, 1})};
  EXPECT_EQ(aggregate(comparisons, agreed, Aggregation::majority)[0].strength, 3);
}

TEST(Aggregation, RanksByPairsWon) {
  const std::vector<Comparison> comparisons = {of("x", 3)};
  const std::vector<Vote> votes = {vote("x", "1", {0, 1, 2}), vote("x", "2", {0, 2, 1}),
                                   vote("x", "3", {2, 0, 1})};
  EXPECT_EQ(aggregate(comparisons, votes, Aggregation::majority)[0].ranks, (Ranks{0, 1, 2}));
  // A circle (a beats b beats c beats a) has no order: all are equal.
  const std::vector<Vote> circle = {vote("x", "1", {0, 1, 2}), vote("x", "2", {2, 0, 1}),
                                    vote("x", "3", {1, 2, 0})};
  EXPECT_TRUE(aggregate(comparisons, circle, Aggregation::majority)[0].tie());
}

TEST(Aggregation, TheStrengthOfARankingIsOfItsBestOverItsNextBest) {
  const std::vector<Comparison> comparisons = {of("x", 3)};
  std::vector<Vote> votes = {vote("x", "1", {0, 1, 2}, 4), vote("x", "2", {0, 2, 1}, 2),
                             vote("x", "3", {1, 0, 2}, 1)};
  const Vote majority = aggregate(comparisons, votes, Aggregation::majority)[0];
  EXPECT_EQ(majority.ranks, (Ranks{0, 1, 2}));
  EXPECT_EQ(majority.strength, 2);  // (4 - 1) / 2: the second rater's 2 was said of other answers
  // Two say that b is last, one that it is second, strongly; its strength weighs on the pair of a and b only.
  votes = {vote("x", "1", {0, 2, 1}, 1), vote("x", "2", {0, 2, 1}, 1), vote("x", "3", {1, 0, 2}, 4)};
  EXPECT_EQ(aggregate(comparisons, votes, Aggregation::strength)[0].ranks, (Ranks{0, 0, 0}))
      << "b beats a by 4 to 2, c beats b by 2 to 1, a beats c by 3 to 0";
}

TEST(Aggregation, DawidSkeneHearsTheReliableRater) {
  std::vector<Comparison> comparisons;
  std::vector<Vote> votes;
  std::vector<bool> truth;
  Stream stream(5, "votes");
  for (int i = 0; i < 800; ++i) {
    const std::string id = std::to_string(i);
    comparisons.push_back(of(id, 2));
    truth.push_back(stream.chance(.5));
    auto say = [&](const std::string& rater, double accuracy) {
      const bool first = stream.chance(accuracy) ? truth.back() : !truth.back();
      votes.push_back(vote(id, rater, first ? Ranks{0, 1} : Ranks{1, 0}));
    };
    say("fair", .8);
    say("good", .95);
    say("poor", .55);
    say("worse", .55);
  }
  auto right = [&](Aggregation aggregation) {
    const std::vector<Vote> result = aggregate(comparisons, votes, aggregation);
    int count = 0;
    for (std::size_t i = 0; i < result.size(); ++i) count += (result[i].ranks[0] == 0) == truth[i];
    return count;
  };
  EXPECT_GT(right(Aggregation::dawid_skene), right(Aggregation::majority) + 80);
  const auto raters = rater_reliability(comparisons, votes);
  ASSERT_EQ(raters.size(), 4u);  // by name
  const double accuracies[] = {.8, .95, .55, .55};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(raters[i].accuracy, accuracies[i], .06) << raters[i].rater;
}

TEST(Aggregation, ComparisonsWithoutVotesChangeNothing) {
  std::vector<Comparison> voted, all;
  std::vector<Vote> votes;
  Stream stream(6, "votes");
  for (int i = 0; i < 60; ++i) {
    const std::string id = std::to_string(i);
    for (int silent = 0; silent < 20; ++silent)
      all.push_back(of(id + " silent " + std::to_string(silent), 2));
    voted.push_back(of(id, i % 5 == 0 ? 3 : 2));
    all.push_back(voted.back());
    for (const auto& [rater, accuracy] : {std::pair{"good", .9}, {"fair", .7}, {"poor", .55}}) {
      const bool right = stream.chance(accuracy);
      Ranks ranks = i % 5 == 0 ? Ranks{0, 1, 2} : Ranks{0, 1};
      if (!right) std::ranges::reverse(ranks);
      votes.push_back(vote(id, rater, std::move(ranks)));
    }
  }
  votes.push_back({.comparison = "0 silent 0", .outcome = Outcome::skipped, .rater = "good"});
  const auto alone = rater_reliability(voted, std::span(votes).first(votes.size() - 1));
  const auto among = rater_reliability(all, votes);
  ASSERT_EQ(alone.size(), among.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(alone[i].accuracy, among[i].accuracy) << alone[i].rater;
    EXPECT_EQ(alone[i].labels, among[i].labels);
  }
  for (const auto& [aggregation, name] : names_table(Aggregation())) {
    const auto few = aggregate(voted, std::span(votes).first(votes.size() - 1), aggregation);
    const auto many = aggregate(all, votes, aggregation);
    ASSERT_EQ(few.size(), many.size()) << name;
    for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(to_json(few[i]), to_json(many[i])) << name;
  }
}

// Two raters who never agree, on labels of unequal shares: expectation maximisation is certain of an answer,
// made of nothing but its starting point.
TEST(Aggregation, DawidSkeneLeavesTiesOfRatersWhoAlwaysDisagree) {
  std::vector<Comparison> comparisons;
  std::vector<Vote> votes;
  for (int i = 0; i < 100; ++i) {
    const std::string id = std::to_string(i);
    comparisons.push_back(of(id, 2));
    votes.push_back(vote(id, "one", i < 60 ? Ranks{0, 1} : Ranks{1, 0}));
    votes.push_back(vote(id, "other", i < 60 ? Ranks{1, 0} : Ranks{0, 0}));
  }
  for (const Vote& each : aggregate(comparisons, votes, Aggregation::dawid_skene)) EXPECT_TRUE(each.tie());
  // A third who agrees with one of them decides.
  for (int i = 0; i < 100; i += 2)
    votes.push_back(vote(std::to_string(i), "third", i < 60 ? Ranks{0, 1} : Ranks{1, 0}));
  const std::vector<Vote> decided = aggregate(comparisons, votes, Aggregation::dawid_skene);
  EXPECT_EQ(decided[0].ranks, (Ranks{0, 1}));
  EXPECT_EQ(decided[1].ranks, (Ranks{0, 1}));  // "one" has shown whom to believe
}

TEST(DawidSkene, RefusesItemsThatNobodyLabelled) {
  EXPECT_THROW(dawid_skene(std::vector<Labelling>{{.item = 0}}, 2, 1, 2, {}), Error);
}

TEST(Aggregation, KnowsItsNames) {
  EXPECT_THROW(value_of<Aggregation>("median", "The aggregation"), UsageError);
  EXPECT_TRUE(aggregate({}, {}, Aggregation::dawid_skene).empty());
}

}  // namespace
}  // namespace nudge
