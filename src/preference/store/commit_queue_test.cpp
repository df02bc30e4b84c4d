#include "preference/store/commit_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "preference/store/desk.h"
#include "preference/store/temporary_store_test.h"

namespace nudge {
namespace {

TEST(CommitQueue, ManyThreadsLabelAndNothingIsLostOrDoubled) {
  const TemporaryStore file;
  Store store(file.path(), {.access = Store::Access::create, .seed = 1});
  store.add(made_comparisons(160));
  store.set({.overlap_share = 0, .repeat_share = 0});
  Desk desk(store);
  CommitQueue queue(store);
  std::mutex mutex;
  std::set<std::int64_t> decisions;
  std::atomic<int> answered = 0;
  std::vector<std::thread> raters;
  for (int i = 0; i < 8; ++i)
    raters.emplace_back([&, i] {
      const Visit visit{.rater = fmt::format("r{}", i)};
      while (true) {
        const NextTask next = queue.run(Durability::outlives_program, [&] { return desk.next(visit); });
        if (!next.task) return;
        const Submission submission{.nonce = random_hex(8), .lease = next.task->lease.nonce, .ranks = {0, 1}};
        const Receipt receipt =
            queue.run(Durability::on_disk, [&] { return desk.submit(visit, submission); });
        ++answered;
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(decisions.insert(receipt.decision).second);
      }
    });
  for (std::thread& rater : raters) rater.join();
  EXPECT_EQ(answered, 160);
  EXPECT_EQ(store.votes().size(), 160u);
  store.log().verify();
}

TEST(CommitQueue, AnOperationThatThrowsLeavesNothing) {
  const TemporaryStore file;
  Store store(file.path(), {.access = Store::Access::create});
  CommitQueue queue(store);
  const std::int64_t before = store.log().last_number();
  const auto join_and_fail = [&] {
    store.join("ann");
    throw Refusal("bad_request", "no");
  };
  EXPECT_THROW(queue.run(Durability::on_disk, join_and_fail), Refusal);
  EXPECT_EQ(store.log().last_number(), before);
  EXPECT_EQ(store.ledger().rater_named("ann"), 0);
  EXPECT_EQ(queue.trouble(), "");
  queue.run(Durability::on_disk, [&] { store.join("bob"); });
  EXPECT_EQ(store.ledger().rater_named("bob"), 1);
}

TEST(CommitQueue, SaysWhyNothingCanBeWritten) {
  const TemporaryStore file;
  {
    const Store store(file.path(), {.access = Store::Access::create});
  }
  Store store(file.path(), {.access = Store::Access::read});
  CommitQueue queue(store);
  EXPECT_THROW(queue.run(Durability::on_disk, [&] { store.join("ann"); }), ReadOnlyError);
  EXPECT_NE(queue.trouble().find("may not be written"), std::string::npos);
  EXPECT_EQ(queue.run(Durability::nothing, [&] { return store.ledger().rater_count(); }),
            0);  // reading goes on
}

}  // namespace
}  // namespace nudge
