#include "preference/store/desk.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "preference/store/temporary_store_test.h"

namespace nudge {
namespace {

using Ranks = std::vector<std::int64_t>;

/// A desk whose clock the test moves.
struct TestDesk {
  explicit TestDesk(std::int64_t comparisons, LabelSettings settings = plain(), std::int64_t gold = 0,
                    std::size_t answers = 2)
      : store(file.path(), {.access = Store::Access::create, .seed = 11}),
        desk(store, [this] { return now; }) {
    store.add(made_comparisons(comparisons, answers, gold));
    store.set(settings);
  }
  /// Nothing but ordinary comparisons, one rater each.
  static LabelSettings plain() { return {.overlap_share = 0, .repeat_share = 0, .gold_share = 0}; }

  Task next(const std::string& rater) { return desk.next({.rater = rater}).task.value(); }
  Receipt submit(const std::string& rater, const Task& task, Outcome outcome = Outcome::compared) {
    Submission submission{
        .nonce = random_hex(8), .lease = task.lease.nonce, .outcome = outcome, .seconds = 5};
    if (outcome == Outcome::compared)
      for (std::size_t place = 0; place < task.shown.size(); ++place)
        submission.ranks.push_back(static_cast<std::int64_t>(place));
    return desk.submit({.rater = rater}, submission);
  }
  std::string refusal(const std::function<void()>& act) {
    try {
      act();
    } catch (const Refusal& refused) {
      return refused.code;
    }
    return "";
  }

  TemporaryStore file;
  double now = 1.8e9;
  Store store;
  Desk desk;
};

TEST(Desk, TwoRatersNeverHoldTheSameComparison) {
  TestDesk test(20);
  std::set<std::int64_t> held;
  for (int rater = 0; rater < 20; ++rater)
    EXPECT_TRUE(held.insert(test.next(fmt::format("r{}", rater)).lease.comparison).second);
  const NextTask nothing = test.desk.next({.rater = "one more"});
  EXPECT_FALSE(nothing.task);
  EXPECT_FALSE(nothing.done);  // others hold what is open
  EXPECT_GE(nothing.retry_seconds, 2);
}

TEST(Desk, ReloadingGivesTheSameTaskWithItsDraft) {
  TestDesk test(20);
  const Task task = test.next("ann");
  test.desk.save_draft({.rater = "ann"}, task.lease.nonce, {{"strength", 3}});
  const Task again = test.next("ann");
  EXPECT_EQ(again.lease.nonce, task.lease.nonce);
  EXPECT_EQ(again.shown, task.shown);
  EXPECT_EQ(again.draft.value()["strength"], 3);
}

TEST(Desk, AnExpiredLeaseGoesToOthersAndALateAnswerIsSurplus) {
  TestDesk test(1);
  const Task slow = test.next("ann");
  EXPECT_EQ(slow.lease.expires - test.now, 120);
  test.now += 121;
  const Task quick = test.next("bob");
  EXPECT_EQ(quick.lease.comparison, slow.lease.comparison);
  EXPECT_FALSE(test.submit("bob", quick).surplus);
  EXPECT_TRUE(test.submit("ann", slow).surplus);
  EXPECT_EQ(test.store.votes().size(), 2u);
}

TEST(Desk, ALateAnswerCountsWhileTheQuotaIsOpen) {
  TestDesk test(1);
  const Task slow = test.next("ann");
  test.now += 1000;
  EXPECT_FALSE(test.submit("ann", slow).surplus);
  EXPECT_TRUE(test.desk.next({.rater = "bob"}).done);
}

TEST(Desk, ActivityKeepsALease) {
  TestDesk test(1);
  const Task task = test.next("ann");
  for (int minute = 0; minute < 10; ++minute) {
    test.now += 60;
    EXPECT_EQ(test.desk.renew({.rater = "ann"}, task.lease.nonce), 120);
    EXPECT_FALSE(test.desk.next({.rater = "bob"}).task);
  }
}

TEST(Desk, LeasesLastThreeTimesTheMedian) {
  TestDesk test(20);
  for (int i = 0; i < 5; ++i) {
    const Task task = test.next("ann");
    test.desk.submit({.rater = "ann"}, {.nonce = random_hex(8),
                                        .lease = task.lease.nonce,
                                        .outcome = Outcome::cannot_judge,
                                        .seconds = 100.0 + i});
  }
  EXPECT_EQ(test.desk.median_seconds("ann"), 102);
  const Task task = test.next("ann");
  EXPECT_EQ(task.lease.expires - test.now, 306);
}

TEST(Desk, NoLeaseLastsLongerThanAnHour) {
  TestDesk test(20);
  const Task task = test.next("ann");
  test.desk.submit(
      {.rater = "ann"},
      {.nonce = "a nonce", .lease = task.lease.nonce, .outcome = Outcome::cannot_judge, .seconds = 1e6});
  EXPECT_EQ(test.next("ann").lease.expires - test.now, kLongestLease);
}

/// The clock was a year ahead when a task was handed out: once it is right again, others get the task.
TEST(Desk, AClockThatRanAheadLocksNoTask) {
  TestDesk test(1);
  test.now += 3e7;
  const Task early = test.next("ann");
  test.desk.renew({.rater = "ann"}, early.lease.nonce);
  test.now -= 3e7;
  const Task task = test.next("bob");
  EXPECT_EQ(task.lease.comparison, early.lease.comparison);
  EXPECT_EQ(Leases(test.store.database()).live(test.now), 1);
  EXPECT_FALSE(test.submit("bob", task).surplus);
  EXPECT_TRUE(test.submit("ann", early).surplus);
}

TEST(Desk, AVoteSaysHowItsTextsWereShown) {
  TestDesk test(2);
  const Task task = test.next("ann");
  test.desk.submit({.rater = "ann"},
                   {.nonce = "a nonce", .lease = task.lease.nonce, .ranks = {0, 1}, .view = "raw"});
  test.submit("ann", test.next("ann"));
  EXPECT_EQ(test.store.votes()[0].extra.value("view", ""), "raw");
  EXPECT_FALSE(test.store.votes()[1].extra.contains("view"));
}

TEST(Desk, TheSameNonceIsTheSameDecision) {
  TestDesk test(5);
  const Task task = test.next("ann");
  const Submission submission{.nonce = "a nonce", .lease = task.lease.nonce, .ranks = {0, 1}};
  const Receipt first = test.desk.submit({.rater = "ann"}, submission);
  const Receipt second = test.desk.submit({.rater = "ann"}, submission);
  EXPECT_EQ(first.decision, second.decision);
  EXPECT_EQ(second.today, 1);
  EXPECT_EQ(test.store.votes().size(), 1u);
  // Another answer under a lease that has been used, and another rater with the same nonce.
  EXPECT_EQ(test.refusal([&] { test.submit("ann", task); }), "lease_lost");
  test.next("bob");
  EXPECT_EQ(test.refusal([&] { test.desk.submit({.rater = "bob"}, submission); }), "lease_lost");
}

TEST(Desk, CountsTheDecisionsOfTheDay) {
  TestDesk test(5);
  EXPECT_EQ(test.desk.decisions_today("ann"), 0);
  EXPECT_EQ(test.submit("ann", test.next("ann")).today, 1);
  const Receipt second = test.submit("ann", test.next("ann"));
  EXPECT_EQ(second.today, 2);
  test.desk.undo({.rater = "ann"}, "undo nonce", second.decision);
  EXPECT_EQ(test.desk.decisions_today("ann"), 1);
  test.now += 86400;
  EXPECT_EQ(test.desk.decisions_today("ann"), 0);
  EXPECT_EQ(test.submit("ann", test.next("ann")).today, 1);
}

TEST(Desk, AnswersAreKeptInTheOrderOfTheSource) {
  TestDesk test(30, TestDesk::plain(), 0, 4);
  std::set<std::vector<std::int64_t>> orders;
  for (int i = 0; i < 30; ++i) {
    const Task task = test.next("ann");
    orders.insert(task.shown);
    Submission submission{.nonce = random_hex(8),
                          .lease = task.lease.nonce,
                          .ranks = {0, 1, 2, 2},
                          .quality = {7, 6, 5, 4},
                          .answer_flags = {{"first"}, {}, {}, {"last"}}};
    test.desk.submit({.rater = "ann"}, submission);
    const Vote vote = test.store.votes().back();
    const auto at = [&](std::size_t place) { return static_cast<std::size_t>(task.shown[place]); };
    EXPECT_EQ(vote.shown, task.shown);
    EXPECT_EQ(vote.ranks[at(0)], 0);
    EXPECT_EQ(vote.ranks[at(3)], 2);
    EXPECT_EQ(vote.quality[at(1)], 6);
    EXPECT_EQ(vote.answer_flags[at(3)], std::vector<std::string>{"last"});
    EXPECT_EQ(vote.protocol, "page-ranking");
  }
  EXPECT_GT(orders.size(), 10u);  // of 24
}

TEST(Desk, RefusesAnswersThatDoNotFit) {
  TestDesk test(5);
  const Task task = test.next("ann");
  const auto code = [&](Submission submission) {
    submission.nonce = random_hex(8);
    submission.lease = task.lease.nonce;
    return test.refusal([&] { test.desk.submit({.rater = "ann"}, submission); });
  };
  EXPECT_EQ(code({.ranks = {0}}), "bad_request");
  EXPECT_EQ(code({.ranks = {1, 2}}), "bad_request");
  EXPECT_EQ(code({.ranks = {0, -1}}), "bad_request");
  EXPECT_EQ(code({.ranks = {}}), "bad_request");
  EXPECT_EQ(code({.ranks = {0, 1}, .quality = {8, 1}}), "bad_request");
  EXPECT_EQ(code({.ranks = {0, 1}, .strength = 5}), "bad_request");
  EXPECT_EQ(code({.ranks = {0, 1}, .answer_flags = {{}, {}, {}}}), "bad_request");
  EXPECT_EQ(code({.outcome = Outcome::both_bad, .ranks = {0, 1}}), "bad_request");
  LabelSettings settings = TestDesk::plain();
  settings.allow_tie = false;
  test.store.set(settings);
  EXPECT_EQ(code({.ranks = {0, 0}}), "bad_request");
  EXPECT_TRUE(test.store.votes().empty());
  EXPECT_EQ(code({.ranks = {0, 1}}), "");
}

TEST(Desk, UndoIsAnEventAndGivesTheOldAnswerAsDraft) {
  TestDesk test(5);
  const Task task = test.next("ann");
  Submission submission{
      .nonce = "first one", .lease = task.lease.nonce, .ranks = {1, 0}, .strength = 4, .comment = "hm"};
  const Receipt receipt = test.desk.submit({.rater = "ann"}, submission);
  const Task current = test.next("ann");

  test.now += 1;
  const Task undone = test.desk.undo({.rater = "ann"}, "undo nonce", receipt.decision);
  EXPECT_EQ(undone.comparison.id, task.comparison.id);
  EXPECT_EQ(undone.shown, task.shown);
  EXPECT_EQ(undone.draft.value()["ranks"], Json({1, 0}));
  EXPECT_EQ(undone.draft.value()["comment"], "hm");
  EXPECT_TRUE(test.store.votes().empty());
  EXPECT_EQ(test.store.ledger().comparison(undone.lease.comparison).votes, 0);
  EXPECT_TRUE(test.store.log().numbered(receipt.decision));  // nothing was deleted
  EXPECT_EQ(test.desk.undo({.rater = "ann"}, "undo nonce", receipt.decision).lease.nonce, undone.lease.nonce);
  EXPECT_EQ(test.refusal([&] { test.desk.undo({.rater = "ann"}, "another", receipt.decision); }),
            "not_undoable");
  EXPECT_EQ(test.refusal([&] { test.desk.undo({.rater = "bob"}, "another", receipt.decision); }),
            "not_undoable");

  EXPECT_EQ(test.next("ann").lease.nonce, undone.lease.nonce);  // before the one that was in hand
  test.submit("ann", undone);
  EXPECT_EQ(test.next("ann").lease.nonce, current.lease.nonce);
  const std::vector<PastDecision> history = test.desk.history("ann");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_TRUE(history[0].undoable);
  EXPECT_TRUE(history[1].undone);
  EXPECT_FALSE(history[1].undoable);
}

TEST(Desk, ARankingKeepsHowMuchBetterItsBestIs) {
  TestDesk test(5, TestDesk::plain(), 0, 4);
  const auto submit = [&](const Ranks& ranks, Outcome outcome = Outcome::compared) {
    const Task task = test.next("ann");
    return test.desk.submit({.rater = "ann"}, {.nonce = random_hex(8),
                                               .lease = task.lease.nonce,
                                               .outcome = outcome,
                                               .ranks = ranks,
                                               .strength = 3});
  };
  const Receipt receipt = submit({2, 0, 1, 1});
  const Vote vote = test.store.votes().back();
  EXPECT_EQ(vote.strength, 3);
  EXPECT_EQ(
      vote.strength_between(static_cast<std::size_t>(vote.shown[1]), static_cast<std::size_t>(vote.shown[2])),
      3);
  EXPECT_EQ(test.desk.history("ann")[0].strength, 3);
  EXPECT_EQ(test.desk.undo({.rater = "ann"}, "undo nonce", receipt.decision).draft.value()["strength"], 3);
  submit({0, 0, 0, 0});
  submit({}, Outcome::both_bad);
  for (const Vote& other : test.store.votes()) EXPECT_EQ(other.strength, 0) << "nothing is better";
}

TEST(Desk, OnlyTheLastTwentyCanBeUndone) {
  TestDesk test(30);
  std::vector<std::int64_t> decisions;
  for (int i = 0; i < 25; ++i) decisions.push_back(test.submit("ann", test.next("ann")).decision);
  EXPECT_EQ(test.refusal([&] { test.desk.undo({.rater = "ann"}, "undo nonce", decisions[4]); }),
            "not_undoable");
  test.desk.undo({.rater = "ann"}, "undo nonce", decisions[5]);
}

TEST(Desk, SkipsDoNotCountButAreNotAskedAgain) {
  TestDesk test(1);
  test.submit("ann", test.next("ann"), Outcome::skipped);
  EXPECT_TRUE(test.desk.next({.rater = "ann"}).done);
  test.submit("bob", test.next("bob"), Outcome::cannot_judge);
  EXPECT_TRUE(test.desk.next({.rater = "cid"}).done);
}

TEST(Desk, ChangingTheOverlapLaterOpensAgain) {
  TestDesk test(3);
  for (int i = 0; i < 3; ++i) test.submit("ann", test.next("ann"));
  EXPECT_TRUE(test.desk.next({.rater = "bob"}).done);
  LabelSettings settings = TestDesk::plain();
  settings.overlap = 2;
  test.store.set(settings);
  EXPECT_TRUE(test.desk.next({.rater = "ann"}).done);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(test.submit("bob", test.next("bob")).surplus);
  EXPECT_TRUE(test.desk.next({.rater = "bob"}).done);
}

TEST(Desk, RepeatsAndGoldMeasureTheRaterAndLookLikeAnyTask) {
  TestDesk test(400, {.overlap_share = 0, .repeat_share = 0.2, .gold_share = 0.2}, /*gold=*/50);
  std::map<std::string, int> roles;
  std::int64_t remaining = test.next("ann").remaining;
  for (int i = 0; i < 150; ++i) {
    const Task task = test.next("ann");
    EXPECT_NEAR(static_cast<double>(task.remaining), static_cast<double>(remaining),
                3);  // falls by one each time
    remaining = task.remaining - 1;
    ++roles[to_string(task.lease.role)];
    test.submit("ann", task);
  }
  EXPECT_NEAR(roles["repeat"], 30, 15);
  EXPECT_NEAR(roles["gold"], 30, 15);
  EXPECT_EQ(static_cast<int>(test.store.votes().size()), roles["vote"]);  // the others are no labels
  EXPECT_EQ(test.store.all_votes().size(), 150u);
}

TEST(Desk, ARepeatShowsOtherSides) {
  const LabelSettings settings{.seed = 3};
  int same = 0;
  for (std::int64_t comparison = 1; comparison <= 200; ++comparison)
    same += places(settings, 1, comparison, 2, false) == places(settings, 1, comparison, 2, true);
  EXPECT_NEAR(same, 100, 30);
}

TEST(Assignment, SharesOfComparisonsGetOneRaterMore) {
  TestDesk test(2000);
  int shared = 0;
  for (std::int64_t number = 1; number <= 2000; ++number) {
    const ComparisonState& comparison = test.store.ledger().comparison(number);
    const std::int64_t some = wanted_raters({.overlap = 2, .overlap_share = 0.1}, comparison);
    EXPECT_LE(some, wanted_raters({.overlap = 2, .overlap_share = 0.3}, comparison));
    shared += static_cast<int>(some - 2);
  }
  EXPECT_NEAR(shared, 200, 50);
}

TEST(Assignment, OrdersAreTheRatersOwnOrByPriority) {
  TestDesk test(50);
  std::vector<std::string> of_ann, of_bob;
  for (int i = 0; i < 20; ++i) {
    const Task a = test.next("ann"), b = test.next("bob");
    of_ann.push_back(a.comparison.id);
    of_bob.push_back(b.comparison.id);
    test.submit("ann", a);
    test.submit("bob", b);
  }
  EXPECT_NE(of_ann, of_bob);

  LabelSettings settings = TestDesk::plain();
  settings.order = AskingOrder::priority;
  settings.random_share = 0;
  test.store.set(settings);
  std::vector<std::pair<std::string, double>> priorities;
  for (int i = 0; i < 50; ++i) priorities.emplace_back(fmt::format("c{}", i), (i * 7) % 50);
  test.store.prioritise(priorities, "test");
  double before = 50;
  for (int i = 0; i < 10; ++i) {
    const Task task = test.next("cid");
    const double priority = test.store.ledger().comparison(task.lease.comparison).priority;
    EXPECT_LT(priority, before);
    before = priority;
    test.submit("cid", task);
  }
}

/// What Ledger counts as it goes, counted anew.
void expect_counts(const Ledger& ledger) {
  std::int64_t asking = 0, gold = 0;
  std::vector<std::int64_t> asking_seen(static_cast<std::size_t>(ledger.rater_count()) + 1),
      gold_seen = asking_seen;
  for (std::int64_t number = 1; number <= ledger.comparison_count(); ++number) {
    const ComparisonState& comparison = ledger.comparison(number);
    if (!comparison.gold && comparison.votes >= wanted_raters(ledger.settings(), comparison)) continue;
    ++(comparison.gold ? gold : asking);
    for (const std::int64_t rater : std::set(comparison.seen_by.begin(), comparison.seen_by.end()))
      ++(comparison.gold ? gold_seen : asking_seen)[static_cast<std::size_t>(rater)];
  }
  EXPECT_EQ(ledger.asking_count(), asking);
  EXPECT_EQ(ledger.gold_count(), gold);
  for (std::int64_t rater = 1; rater <= ledger.rater_count(); ++rater) {
    EXPECT_EQ(ledger.rater(rater).asking_seen, asking_seen[static_cast<std::size_t>(rater)]);
    EXPECT_EQ(ledger.rater(rater).gold_seen, gold_seen[static_cast<std::size_t>(rater)]);
  }
}

TEST(Desk, CountsWhatIsOpenAsItGoes) {
  TestDesk test(12, {.overlap = 2, .overlap_share = 0.3, .repeat_share = 0.2, .gold_share = 0.2}, 3);
  for (int turn = 0; turn < 60; ++turn) {
    const std::string rater = fmt::format("rater {}", turn % 3);
    if (turn == 20) test.store.set({.overlap = 3, .repeat_share = 0.2, .gold_share = 0.2});
    if (turn == 40) test.store.forget_rater("rater 1");
    if (turn == 50) test.store.add(std::vector{vote_on("c5", "rater 0"), vote_on("c5", "elsewhere")});
    if (const auto task = test.desk.next({.rater = rater}).task) {
      const Receipt receipt = test.submit(rater, *task, turn % 4 == 3 ? Outcome::skipped : Outcome::compared);
      if (turn % 7 == 5) test.desk.undo({.rater = rater}, random_hex(8), receipt.decision);
    }
    expect_counts(test.store.ledger());
  }
}

}  // namespace
}  // namespace nudge
