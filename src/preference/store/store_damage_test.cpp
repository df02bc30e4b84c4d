// What happens to a store's files behind its back: copied alone, moved, cut, a bit flipped, pages swapped.
// Each is told by a sentence, and nothing is written to what is broken.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "preference/store/commit_queue.h"
#include "preference/store/idle_checkpoint.h"
#include "preference/store/schema.h"
#include "preference/store/temporary_store_test.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

std::string log_of(const fs::path& store) {
  return store.string() + "-wal";
}

/// The sentence with which `action` fails.
std::string complaint(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no complaint";
}

std::string complaint_of_opening(const fs::path& path, Store::Access access) {
  return complaint([&] { const Store store(path, {.access = access}); });
}

void expect_says(const std::string& sentence, const std::string& words) {
  EXPECT_NE(sentence.find(words), std::string::npos) << sentence;
}

void make_store(const fs::path& path, std::int64_t comparisons = 8) {
  Store store(path, {.access = Store::Access::create});
  store.add(made_comparisons(comparisons));
  for (int i = 0; i < 5; ++i) store.add(std::vector{vote_on(fmt::format("c{}", i), "ann")});
}

TEST(StoreFiles, ACleanEndLeavesEverythingInTheOneFile) {
  const TemporaryStore file;
  make_store(file.path());
  EXPECT_FALSE(fs::exists(log_of(file.path())));
  const Store store(file.path());
  EXPECT_EQ(store.votes().size(), 5u);
}

TEST(StoreFiles, AnEndBesideAReaderLeavesEverythingInTheOneFile) {
  const TemporaryStore file, copy;
  make_store(file.path());
  const Store reader(file.path(), {.access = Store::Access::read});
  {
    Store(file.path()).add(std::vector{vote_on("c6", "bob")});
  }
  fs::copy_file(file.path(), copy.path());
  EXPECT_EQ(Store(copy.path()).votes().size(), 6u);
}

TEST(StoreFiles, AnIdleStoreLiesInItsOneFile) {
  const TemporaryStore file, copy;
  make_store(file.path());
  Store store(file.path());
  IdleCheckpoint idle(file.path());
  idle.look(0);
  store.add(std::vector{vote_on("c6", "bob")});
  for (const double now : {1.0, 2.0, 10.0}) idle.look(now);
  fs::copy_file(file.path(), copy.path());
  EXPECT_EQ(Store(copy.path()).votes().size(), 6u);
}

TEST(StoreFiles, EachMegabyteIsCopiedIntoTheFile) {
  const TemporaryStore file;
  make_store(file.path());
  Store store(file.path());
  for (int i = 0; i < 40; ++i) {
    std::vector<Comparison> one = made_comparisons(1);
    one[0].id = fmt::format("long {}", i);
    one[0].answers[0].content = std::string(100'000, 'x');
    store.add(one);
  }
  EXPECT_GT(fs::file_size(file.path()), 2'000'000u);
  EXPECT_LT(fs::file_size(log_of(file.path())), 2'500'000u);
}

TEST(StoreFiles, AFileWithoutItsFirstEventIsNoNewStore) {
  const TemporaryStore file;
  {  // as stores began until version 3: the schema in the file, all events in the -wal
    Database database(file.path(), Database::Access::create);
    migrate(database, 3);
  }
  const std::string before = read_file(file.path());
  for (const auto access : {Store::Access::create, Store::Access::write, Store::Access::read})
    expect_says(complaint_of_opening(file.path(), access), "its -wal is missing");
  EXPECT_EQ(read_file(file.path()), before);
}

TEST(StoreFiles, AnEmptyFileBesideAFullLogIsNotMadeAnew) {
  const TemporaryStore file;
  make_store(file.path());
  const std::string log = "frames";
  write_file(log_of(file.path()), log);
  fs::resize_file(file.path(), 0);
  expect_says(complaint_of_opening(file.path(), Store::Access::create), "the file is empty");
  fs::remove(file.path());
  expect_says(complaint_of_opening(file.path(), Store::Access::create), "the file is missing");
  EXPECT_EQ(read_file(log_of(file.path())), log);
}

/// What saving says after something happened to the files of a served store; the label must then not count as
/// saved.
std::string complaint_of_saving(const std::function<void(const fs::path&)>& happen) {
  const TemporaryStore file;
  make_store(file.path());
  Store store(file.path());
  CommitQueue queue(store);
  queue.run(Durability::on_disk, [&] { store.add(std::vector{vote_on("c5", "ann")}); });
  happen(file.path());
  const std::string said = complaint(
      [&] { queue.run(Durability::on_disk, [&] { store.add(std::vector{vote_on("c6", "ann")}); }); });
  EXPECT_EQ(queue.trouble().empty(), said == "no complaint");
  return said;
}

TEST(StoreFiles, AStoreThatIsNoLongerInItsPlaceSavesNothing) {
  const char* words = "moved, removed or cut off";
  expect_says(complaint_of_saving([](const fs::path&) {}), "no complaint");
  expect_says(complaint_of_saving([](const fs::path& path) { fs::remove(path); }), words);
  expect_says(complaint_of_saving([](const fs::path& path) { fs::remove(log_of(path)); }), words);
  expect_says(complaint_of_saving([](const fs::path& path) {
                fs::rename(path, path.string() + ".moved");
                fs::remove(path.string() + ".moved");
              }),
              words);
  expect_says(complaint_of_saving([](const fs::path& path) { fs::resize_file(path, 4096); }), words);
  expect_says(complaint_of_saving([](const fs::path& path) { fs::resize_file(log_of(path), 100); }), words);
  expect_says(complaint_of_saving([](const fs::path& path) {  // another one under the same name
                const TemporaryStore other;
                make_store(other.path());
                fs::rename(other.path(), path);
              }),
              words);
}

TEST(StoreFiles, AStoreThatComesBackIsServedOn) {
  const TemporaryStore file;
  make_store(file.path());
  {
    Store store(file.path());
    CommitQueue queue(store);
    const auto save = [&](const char* id) {
      queue.run(Durability::on_disk, [&] { store.add(std::vector{vote_on(id, "ann")}); });
    };
    save("c5");
    const std::string away = file.path().string() + ".away";
    fs::rename(file.path(), away);
    EXPECT_THROW(save("c6"), ReadOnlyError);
    fs::rename(away, file.path());
    save("c6");
    EXPECT_EQ(queue.trouble(), "");
  }
  EXPECT_EQ(Store(file.path()).votes().size(), 7u);
}

TEST(StoreFiles, WhatAnotherProgramCopiedBackIsNotMissed) {
  const TemporaryStore file;
  make_store(file.path());
  Store store(file.path());
  CommitQueue queue(store);
  for (const char* id : {"c5", "c6"}) {
    queue.run(Durability::on_disk, [&] { store.add(std::vector{vote_on(id, "ann")}); });
    Store(file.path()).log().verify();  // its end empties the -wal
  }
  EXPECT_EQ(store.votes().size(), 7u);
}

/// What opening says of a store whose bytes were changed; the file must stay as it is.
void expect_refused(const std::function<void(std::string&)>& change, const std::string& words) {
  const TemporaryStore file;
  make_store(file.path());
  std::string bytes = read_file(file.path());
  change(bytes);
  write_file(file.path(), bytes);
  for (const auto access : {Store::Access::create, Store::Access::write, Store::Access::read})
    expect_says(complaint_of_opening(file.path(), access), words);
  EXPECT_EQ(read_file(file.path()), bytes);
}

// The case store-negative-version: a bit in the header, which led to a crash.
TEST(StoreDamage, ANegativeVersionIsRefused) {
  const auto version = [](char first) { return [first](std::string& bytes) { bytes[60] = first; }; };
  expect_refused(version('\x80'), "no store of a version that nudge knows");
  expect_refused(version('\x01'), "use the newer program");
  expect_refused([](std::string& bytes) { bytes[63] = 0; }, "no store of a version that nudge knows");
}

TEST(StoreDamage, AnotherVersionThanTheSchemasIsRefused) {
  expect_refused([](std::string& bytes) { bytes[63] = 1; }, "of the store's schema");
}

// Statistics said 0 votes.
TEST(StoreDamage, AChangedViewIsRefused) {
  expect_refused(
      [](std::string& bytes) {
        const std::size_t at = bytes.find("e.kind = 'decided' AND e.body <> ''");
        ASSERT_NE(at, std::string::npos);
        bytes[at + 10] = 'e';  // 'eecided'
      },
      "\"votes\" of the store's schema is not as nudge made it");
}

TEST(StoreDamage, WhatTheSchemaDoesNotHaveIsRefused) {
  const TemporaryStore file;
  make_store(file.path());
  sqlite3* connection = nullptr;
  sqlite3_open(file.path().c_str(), &connection);
  sqlite3_exec(connection, "CREATE TRIGGER quiet BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END",
               nullptr, nullptr, nullptr);
  sqlite3_close(connection);
  expect_says(complaint_of_opening(file.path(), Store::Access::write), "\"quiet\", which nudge did not make");
}

// SQLite's quick check saw nothing: 5 of 8 votes were gone, and the rest passed for all.
TEST(StoreDamage, SwappedPagesAreRefused) {
  const TemporaryStore file;
  make_store(file.path(), 200);
  const std::string whole = read_file(file.path());
  constexpr std::size_t kPage = 4096;
  const std::size_t pages = whole.size() / kPage;
  int swapped = 0;
  for (std::size_t first = 1; first + 1 < pages; first += 3) {
    const std::size_t second = first + 1 + first % 5;
    if (second >= pages || whole.compare(first * kPage, kPage, whole, second * kPage, kPage) == 0) continue;
    std::string bytes = whole;
    bytes.replace(first * kPage, kPage, whole, second * kPage, kPage);
    bytes.replace(second * kPage, kPage, whole, first * kPage, kPage);
    write_file(file.path(), bytes);
    EXPECT_NE(complaint_of_opening(file.path(), Store::Access::read), "no complaint")
        << first << " " << second;
    ++swapped;
  }
  EXPECT_GT(swapped, 5);
}

TEST(StoreDamage, EveryBitOfTheSchemaAndTheHeaderIsRefusedOrHarmless) {
  const TemporaryStore file;
  make_store(file.path());
  const std::string whole = read_file(file.path());
  const std::vector<Vote> votes = Store(file.path()).votes();
  for (std::size_t at = 0; at < 4096; at += at < 100 ? 1 : 37) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << at % 8));
    write_file(file.path(), bytes);
    try {
      const Store store(file.path(), {.access = Store::Access::read});
      EXPECT_EQ(store.votes().size(), votes.size()) << at;
    } catch (const Error&) {  // one sentence
    }
  }
}

}  // namespace
}  // namespace nudge
