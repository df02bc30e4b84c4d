#include "data/parquet.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/files.h"
#include "base/temporary_folder.h"
#include "data/dataset.h"
#include "data/record_source.h"

namespace nudge {
namespace {

// Writes a file with every type that published sets have, in several row groups, and what pyarrow itself
// reads of it, objects without the members that are None.
constexpr const char* kScript = R"(
import datetime, json, sys
import pyarrow as pa, pyarrow.parquet as pq
turn = pa.struct([("role", pa.string()), ("content", pa.string()), ("tool_calls", pa.list_(pa.string()))])
def say(role, content): return {"role": role, "content": content, "tool_calls": None}
columns = {
  "text": pa.array(["one", None, "zwölf", ""]),
  "large": pa.array(["a", "b", None, "d"], pa.large_string()),
  "yes": pa.array([True, False, None, True]),
  "small": pa.array([-1, 2, None, 3], pa.int8()),
  "int": pa.array([2**62, -5, 0, None]),
  "unsigned": pa.array([2**63 + 1, 1, 2, 3], pa.uint64()),
  "float": pa.array([0.5, None, -2.0, 1e30], pa.float32()),
  "double": pa.array([0.1, 1e300, None, -0.0]),
  "nothing": pa.nulls(4),
  "list": pa.array([[1, None, 3], [], None, [4]]),
  "messages": pa.array([[say("user", "Hi"), say("assistant", None)], None, [],
                        [{"role": "tool", "content": "x", "tool_calls": ["c", None]}]], pa.list_(turn)),
  "nested": pa.array([{"a": {"b": [[1], None]}}, {"a": None}, None, {"a": {"b": None}}]),
  "map": pa.array([[("k", 1), ("l", None)], None, [], [("m", 2)]], pa.map_(pa.string(), pa.int64())),
  "word": pa.array(["x", "y", "x", None]).dictionary_encode(),
  "when": pa.array([datetime.datetime(2024, 1, 2, 3, 4, 5, 6), None, None, datetime.datetime(1999, 1, 1)]),
  "day": pa.array([datetime.date(2024, 1, 2), None, None, None]),
}
table = pa.table(columns)
pq.write_table(table, sys.argv[1], row_group_size=3)
def plain(value):
  if isinstance(value, dict): return {k: plain(v) for k, v in value.items() if v is not None}
  if isinstance(value, list) and value and isinstance(value[0], tuple): return {k: plain(v) for k, v in value}
  if isinstance(value, list): return [plain(v) for v in value]
  if isinstance(value, datetime.datetime): return value.isoformat(timespec="microseconds")
  if isinstance(value, datetime.date): return value.isoformat()
  return value
rows = plain(pq.read_table(sys.argv[1]).to_pylist())
for row in rows:
  if row.get("map") == []: row["map"] = {}
json.dump(rows, open(sys.argv[2], "w"))
)";

class Parquet : public testing::Test {
 protected:
  void SetUp() override {
    if (!reads_parquet()) GTEST_SKIP() << "this build has no Arrow";
    run(kScript, {file_, folder_.path() / "rows.json"});
  }
  /// Skips the test where there is no Python with pyarrow.
  void run(const char* script, const std::vector<std::filesystem::path>& files) {
    write_file(folder_.path() / "write.py", script);
    const std::string python = NUDGE_SOURCE_DIR "/.deps/venv/bin/python3";
    std::string command = std::filesystem::exists(python) ? python : "python3";
    command += " " + (folder_.path() / "write.py").string();
    for (const auto& file : files) command += " " + file.string();
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no Python with pyarrow";
  }
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "a.parquet";
};

TEST_F(Parquet, RowsAreThoseOfPyarrow) {
  const Json wanted = read_json(folder_.path() / "rows.json");
  const std::vector<Json> rows = read_parquet(file_);
  ASSERT_EQ(rows.size(), wanted.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i], wanted[i]) << rows[i] << "\n" << wanted[i];
}

/// Much larger than what is kept: from the front, from behind and at random, each row is itself.
TEST_F(Parquet, ALargeRowGroupIsReadInAnyOrderABatchAtATime) {
  ::setenv("XDG_CACHE_HOME", (folder_.path() / "cache").c_str(), 1);
  const std::filesystem::path large = folder_.path() / "large.parquet";
  run(R"(
import sys, pyarrow as pa, pyarrow.parquet as pq
rows = 9000
pq.write_table(pa.table({"n": list(range(rows)), "text": [str(i) * 50 for i in range(rows)],
                         "word": pa.array([f"w{i % 7}" for i in range(rows)]).dictionary_encode(),
                         "turns": [[{"role": "user", "content": str(i)}] * (i % 3) for i in range(rows)]}),
               sys.argv[1], row_group_size=5000)
)",
      {large});
  const auto file = open_parquet(large, 200'000);
  ASSERT_EQ(file->size(), 9000u);
  const auto check = [&](std::uint64_t row) {
    const Json record = file->read(row);
    EXPECT_EQ(record["n"], row);
    EXPECT_EQ(record["word"], "w" + std::to_string(row % 7));
    EXPECT_EQ(record["turns"].size(), row % 3);
    EXPECT_TRUE(record["text"].get<std::string>().starts_with(std::to_string(row))) << record["text"];
  };
  const std::filesystem::path copies = folder_.path() / "cache/nudge/rows";
  for (std::uint64_t row = 0; row < 9000; row += 7) check(row);
  EXPECT_FALSE(std::filesystem::exists(copies)) << "read in order, and copied";
  for (std::uint64_t row = 9000; row-- > 0;)
    if (row % 11 == 0) check(row);
  EXPECT_TRUE(std::filesystem::is_empty(copies)) << "the copy has a name";
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) check(random() % 9000);
  ::unsetenv("XDG_CACHE_HOME");
}

/// As a shuffle buffer draws: at random from a window that moves on.
TEST_F(Parquet, AWindowOverTheBorderOfLargeRowGroupsCopiesNothing) {
  ::setenv("XDG_CACHE_HOME", (folder_.path() / "cache").c_str(), 1);
  const std::filesystem::path large = folder_.path() / "large.parquet";
  run(R"(
import sys, pyarrow as pa, pyarrow.parquet as pq
pq.write_table(pa.table({"n": list(range(12000))}), sys.argv[1], row_group_size=4000)
)",
      {large});
  const auto file = open_parquet(large);
  std::mt19937_64 random(1);
  for (std::uint64_t begin = 0; begin + 2000 < 12000; begin += 3) {
    const std::uint64_t row = begin + random() % 2000;
    EXPECT_EQ(file->read(row)["n"], row);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "cache"));
  ::unsetenv("XDG_CACHE_HOME");
}

TEST_F(Parquet, RowsAreNamedAndReadAlone) {
  Dataset dataset = Dataset::read(file_);
  std::vector<std::string> places;
  dataset.each([&](const Json&, const std::string& place) { places.push_back(place); });
  EXPECT_EQ(places.at(3), file_.string() + " row 4");

  const RecordSource source("set", {{file_.string()}});
  EXPECT_EQ(source.read(3), read_parquet(file_)[3]);
  EXPECT_EQ(source.read(0), read_parquet(file_)[0]);
  EXPECT_EQ(source.where(3), file_.string() + " row 4");
  EXPECT_EQ(source.files()[0].records->size(), 4u);
}

}  // namespace
}  // namespace nudge
