#include "preference/store/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "preference/store/schema.h"
#include "preference/store/temporary_store_test.h"

namespace nudge {
namespace {

TEST(Store, KeepsComparisonsAndVotes) {
  const TemporaryStore file;
  const std::vector<Comparison> comparisons = made_comparisons(3);
  {
    Store store(file.path(), {.access = Store::Access::create, .seed = 7});
    EXPECT_EQ(store.add(comparisons), 3);
    EXPECT_EQ(store.add(comparisons), 0);  // the same again
    EXPECT_EQ(store.add(std::vector{vote_on("c1", "ann")}), 1);
    EXPECT_EQ(store.add(std::vector{vote_on("c1", "ann")}), 0);
  }
  Store store(file.path(), {.access = Store::Access::read});
  ASSERT_EQ(store.comparisons().size(), 3u);
  EXPECT_EQ(to_json(store.comparisons()[2]), to_json(comparisons[2]));
  ASSERT_EQ(store.votes().size(), 1u);
  EXPECT_EQ(store.votes()[0].rater, "ann");
  EXPECT_EQ(store.ledger().settings().seed, 7u);
  EXPECT_EQ(store.ledger().comparison(2).votes, 1);
}

TEST(Store, IsPrivate) {
  const TemporaryStore file;
  const Store store(file.path(), {.access = Store::Access::create});
  struct stat status{};
  ASSERT_EQ(stat(file.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(Store, RefusesAnotherComparisonUnderAKnownId) {
  const TemporaryStore file;
  Store store(file.path(), {.access = Store::Access::create});
  std::vector<Comparison> comparisons = made_comparisons(2);
  store.add(comparisons);
  comparisons[1].answers[0].content = "something else";
  EXPECT_THROW(store.add(comparisons), Error);
  EXPECT_EQ(store.comparisons().size(), 2u);
}

TEST(Store, RefusesVotesThatDoNotFit) {
  const TemporaryStore file;
  Store store(file.path(), {.access = Store::Access::create});
  store.add(made_comparisons(1));
  EXPECT_THROW(store.add(std::vector{vote_on("nowhere", "ann")}), Error);
  Vote vote = vote_on("c0", "ann");
  vote.ranks = {0, 1, 2};
  EXPECT_THROW(store.add(std::vector{vote_on("c0", "bob"), vote}), Error);
  EXPECT_TRUE(store.votes().empty());  // all or nothing
  EXPECT_EQ(store.ledger().rater_count(), 0);
}

TEST(Store, TheLedgerFollowsWhatIsAppendedAndForgetsWhatWasRolledBack) {
  const TemporaryStore file;
  Store store(file.path(), {.access = Store::Access::create});
  {
    const Transaction transaction(store.database());
    const Ledger& ledger = store.ledger();
    store.join("ann");
    EXPECT_EQ(ledger.rater_named("ann"), 1);
  }
  store.join("bob");  // the same number again
  EXPECT_EQ(store.ledger().rater_named("ann"), 0);
  EXPECT_EQ(store.ledger().rater_named("bob"), 1);
}

TEST(Store, EventsCannotBeChangedOrDeleted) {
  const TemporaryStore file;
  Store store(file.path(), {.access = Store::Access::create});
  store.add(made_comparisons(2));
  store.add(std::vector{vote_on("c0", "ann")});
  Database& database = store.database();
  EXPECT_THROW(database.execute("UPDATE events SET body = '{}' WHERE number = 2"), Error);
  EXPECT_THROW(database.execute("UPDATE events SET body = '' WHERE number = 4"), Error);  // nobody asked
  EXPECT_THROW(database.execute("DELETE FROM events"), Error);
  EXPECT_THROW(database.execute("INSERT OR REPLACE INTO events SELECT * FROM events WHERE number = 2"),
               Error);
  EXPECT_THROW(database.execute("UPDATE comparisons SET content = '{}'"), Error);
  EXPECT_THROW(database.execute("DELETE FROM comparisons"), Error);
  store.log().verify();
}

int append_text(void* texts, int, char** columns, char**) {
  static_cast<std::vector<std::string>*>(texts)->emplace_back(columns[0]);
  return 0;
}

/// The sentence with which opening fails after `statements` were run behind the store's back, its triggers
/// put back as they were.
std::string complaint_after(const char* statements) {
  const TemporaryStore file;
  {
    Store store(file.path(), {.access = Store::Access::create});
    store.add(made_comparisons(3));
    store.add(std::vector{vote_on("c0", "ann"), vote_on("c1", "ann")});
  }
  sqlite3* connection = nullptr;
  sqlite3_open(file.path().c_str(), &connection);
  std::vector<std::string> triggers;
  sqlite3_exec(connection, "SELECT sql FROM sqlite_schema WHERE type = 'trigger'", append_text, &triggers,
               nullptr);
  EXPECT_EQ(sqlite3_exec(connection, statements, nullptr, nullptr, nullptr), SQLITE_OK) << statements;
  for (const std::string& trigger : triggers)  // those that are there still are left alone
    sqlite3_exec(connection, trigger.c_str(), nullptr, nullptr, nullptr);
  sqlite3_close(connection);
  try {
    Store store(file.path());
  } catch (const Error& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(Store, TellsWhichEventWasTamperedWith) {
  const auto expect = [](const char* statements, const char* words) {
    EXPECT_NE(complaint_after(statements).find(words), std::string::npos) << complaint_after(statements);
  };
  expect("SELECT 1", "no complaint");
  expect(
      "DROP TRIGGER events_stay; UPDATE events SET body = replace(body, '[0,1]', '[1,0]') WHERE number = 6",
      "broken at event 6 (decided");
  expect("DROP TRIGGER events_stay; UPDATE events SET time = '2020' WHERE number = 3", "broken at event 3");
  expect("DROP TRIGGER events_stay; UPDATE events SET body = '' WHERE number = 6", "broken at event 6");
  expect("DROP TRIGGER events_are_kept; DELETE FROM events WHERE number = 6", "broken at event 7");
  expect(
      "DROP TRIGGER comparisons_stay; UPDATE comparisons SET content = replace(content, 'answer 0', 'x') "
      "WHERE number = 2",
      "broken at event 3 (added");
  expect(
      "DROP TRIGGER comparisons_are_kept; PRAGMA foreign_keys=OFF; DELETE FROM comparisons WHERE number = 3",
      "broken at event 4");
  expect("INSERT INTO comparisons (number, id, content) VALUES (9, 'x', '{}')",
         "comparisons that no event added");
}

TEST(Store, RefusesOtherFiles) {
  const TemporaryStore text, other;
  write_file(text.path(), std::string(5000, 'x'));
  EXPECT_THROW(Store(text.path(), {.access = Store::Access::create}), Error);
  sqlite3* connection = nullptr;
  sqlite3_open(other.path().c_str(), &connection);
  sqlite3_exec(connection, "CREATE TABLE mine (x); INSERT INTO mine VALUES (1)", nullptr, nullptr, nullptr);
  sqlite3_close(connection);
  const std::string before = read_file(other.path());
  EXPECT_THROW(Store(other.path(), {.access = Store::Access::create}), Error);
  EXPECT_EQ(read_file(other.path()), before);
  EXPECT_THROW(Store("nowhere/to/be/found"), Error);
  EXPECT_THROW(Store(std::filesystem::temp_directory_path()), Error);
}

TEST(Store, ATornFileIsRefusedOrReadsAsBefore) {
  const TemporaryStore file;
  {
    Store store(file.path(), {.access = Store::Access::create});
    store.add(made_comparisons(200));
  }
  const std::string whole = read_file(file.path());
  int refused = 0;
  for (std::size_t at = 100; at + 500 < whole.size(); at += 3000) {
    std::string torn = whole;
    torn.replace(at, 500, std::string(500, '\xff'));
    write_file(file.path(), torn);
    try {
      const Store store(file.path());  // only what holds nothing was hit
      ASSERT_EQ(store.comparisons().size(), 200u) << at;
      EXPECT_EQ(to_json(store.comparisons()[150]), to_json(made_comparisons(200)[150]));
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10);
}

TEST(Store, MigratesFromTheFirstVersion) {
  const TemporaryStore file;
  {
    Database database(file.path(), Database::Access::create);
    migrate(database, 1);
    EXPECT_EQ(database.integer("PRAGMA user_version"), 1);
    EventLog log(database);
    Transaction transaction(database);
    Event created{.time = time_now(), .kind = "created", .body = R"({"store":"old","seed":3})"};
    log.append(created);
    const std::string content = to_line(to_json(made_comparisons(1)[0]));
    database.prepare("INSERT INTO comparisons (number, id, content) VALUES (1, 'c0', ?)")
        .bind(1, content)
        .run();
    Event added{.time = time_now(), .kind = "added", .comparison = 1};
    added.body = to_line({{"id", "c0"}, {"sha256", sha256(content)}});
    log.append(added);
    transaction.commit();
  }
  EXPECT_THROW(Store(file.path(), {.access = Store::Access::read}), Error);  // older, and may not be changed
  Store store(file.path());
  EXPECT_EQ(store.database().integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(store.comparisons().size(), 1u);
  store.prioritise({{"c0", 0.5}}, "test");
  EXPECT_EQ(store.ledger().comparison(1).priority, 0.5);
}

/// Version 3 had no secrets: it is read as it is, and gets them when it is opened for writing.
TEST(Store, TheVersionBeforeIsReadAsItIs) {
  const TemporaryStore file;
  {
    Database database(file.path(), Database::Access::create);
    Transaction transaction(database);
    migrate(database, 3);
    Event created{.time = time_now(), .kind = "created", .body = R"({"store":"old","seed":3})"};
    EventLog(database).append(created);
    transaction.commit();
    database.execute("PRAGMA journal_mode=WAL");
  }
  EXPECT_EQ(Store(file.path(), {.access = Store::Access::read}).ledger().settings().seed, 3u);
  const TemporaryStore copy;
  Store(file.path(), {.access = Store::Access::read}).backup(copy.path());
  Store store(file.path());
  EXPECT_EQ(store.database().integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(store.ledger().settings().seed, 3u);
  EXPECT_EQ(store.secret("links").size(), 64u);
}

TEST(Store, SecretsStayAndAreInNoBackup) {
  const TemporaryStore file, copy;
  std::string secret;
  {
    Store store(file.path(), {.access = Store::Access::create});
    secret = store.secret("links");
    EXPECT_EQ(store.secret("links"), secret);
    store.backup(copy.path());
    EXPECT_EQ(event_lines(store.log()).find(secret), std::string::npos);
  }
  EXPECT_EQ(read_file(copy.path()).find(secret), std::string::npos);
  EXPECT_NE(Store(copy.path()).secret("links"), secret);
  Store store(file.path());
  EXPECT_EQ(store.secret("links"), secret);
  store.renew_secrets();
  EXPECT_NE(store.secret("links"), secret);
}

TEST(Store, RefusesALaterVersion) {
  const TemporaryStore file;
  {
    Store store(file.path(), {.access = Store::Access::create});
    store.database().execute("PRAGMA user_version=99");
  }
  EXPECT_THROW(Store{file.path()}, Error);
}

TEST(Store, BackupIsAStoreOfItsOwn) {
  const TemporaryStore file, copy;
  Store store(file.path(), {.access = Store::Access::create});
  store.add(made_comparisons(2));
  store.backup(copy.path());
  EXPECT_THROW(store.backup(copy.path()), Error);  // overwrites nothing
  store.add(std::vector{vote_on("c0", "ann")});
  Store backup(copy.path());
  EXPECT_EQ(backup.comparisons().size(), 2u);
  EXPECT_TRUE(backup.votes().empty());
}

TEST(Store, ForgetsARaterAndKeepsTheChain) {
  const TemporaryStore file;
  {
    Store store(file.path(), {.access = Store::Access::create});
    store.add(made_comparisons(2));
    Vote vote = vote_on("c0", "Ann Unusual");
    vote.comment = "very personal remark";
    store.add(std::vector{vote, vote_on("c0", "bob")});
    EXPECT_EQ(store.forget_rater("Ann Unusual"), 2);  // joined, decided
    EXPECT_THROW(store.forget_rater("Ann Unusual"), Error);
    ASSERT_EQ(store.votes().size(), 1u);
    EXPECT_EQ(store.votes()[0].rater, "bob");
    EXPECT_EQ(store.ledger().comparison(1).votes, 1);
  }
  const Store again(file.path());  // the chain is whole
  std::string bytes = read_file(file.path());
  if (std::filesystem::exists(file.path().string() + "-wal"))
    bytes += read_file(file.path().string() + "-wal");
  EXPECT_EQ(bytes.find("Unusual"), std::string::npos);
  EXPECT_EQ(bytes.find("very personal"), std::string::npos);
}

TEST(Store, SeesWhatOthersWriteAndForgetsWhatWasRolledBack) {
  const TemporaryStore file;
  Store one(file.path(), {.access = Store::Access::create}), other(file.path());
  one.add(made_comparisons(2));
  EXPECT_EQ(other.ledger().comparison_count(), 2);
  {
    const Transaction transaction(one.database());
    one.join("ann");
    EXPECT_EQ(one.ledger().rater_named("ann"), 1);
  }  // rolled back
  other.add(std::vector{vote_on("c1", "bob")});
  EXPECT_EQ(one.ledger().rater_named("ann"), 0);
  EXPECT_EQ(one.ledger().rater_named("bob"), 1);
}

TEST(Store, SettingsAreEventsAndOnlyWhenTheyDiffer) {
  const TemporaryStore file;
  Store store(file.path(), {.access = Store::Access::create, .seed = 5});
  LabelSettings settings = store.ledger().settings();
  const std::int64_t before = store.log().last_number();
  store.set(settings);
  EXPECT_EQ(store.log().last_number(), before);
  settings.overlap = 3;
  store.set(settings);
  store.set_guidelines("Be kind.");
  EXPECT_EQ(store.ledger().settings().overlap, 3);
  EXPECT_EQ(store.ledger().settings().seed, 5u);
  EXPECT_EQ(store.ledger().guidelines_version(), 1);
  settings.overlap = 0;
  EXPECT_THROW(store.set(settings), Error);
}

}  // namespace
}  // namespace nudge
