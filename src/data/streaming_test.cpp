#include "data/streaming.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "data/byte_tokenizer_test.h"
#include "data/record_index.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

class Streaming : public testing::Test {
 protected:
  Streaming() { ::setenv("XDG_CACHE_HOME", (folder_.path() / "cache").c_str(), 1); }
  ~Streaming() override { ::unsetenv("XDG_CACHE_HOME"); }

  // `count` records of which the n-th is the text "n".
  std::string lay(const std::string& name, int count, const std::string& further = "") const {
    std::string lines = further;
    for (int i = 0; i < count; ++i) lines += "{\"text\": \"" + std::to_string(i) + "\"}\n";
    const fs::path file = folder_.path() / name;
    write_file(file, lines);
    return file.string();
  }
  static std::unique_ptr<RecordSource> source(const std::vector<std::string>& names) {
    return std::make_unique<RecordSource>("set", dataset_files(names));
  }
  static std::vector<std::string> drawn(const RecordSource& records, RecordOrder& order, int count) {
    std::vector<std::string> texts;
    for (int i = 0; i < count; ++i) texts.push_back(records.read(order.next())["text"]);
    return texts;
  }
  static std::string error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  TemporaryFolder folder_;
};

TEST_F(Streaming, ReadsEachRecordAloneByThePlaceOfItsLine) {
  const std::string file = folder_.path() / "a.jsonl";
  const std::string large(3 << 20, 'x');  // more than one block
  write_file(file,
             "\xEF\xBB\xBF{\"text\": \"one\"}\r\n\n  {\"text\": \"" + large + "\"}\n[1]\n{\"text\": \"cut");
  const auto records = RecordFile::open(file);
  std::vector<RecordFile::Found> found;
  for (auto next = records->next(0); next; next = records->next(next->behind)) found.push_back(*next);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(records->read(found[0].at)["text"], "one");
  EXPECT_EQ(records->read(found[1].at)["text"], large);
  EXPECT_EQ(records->where(found[0].at), file + " byte 4");
  EXPECT_EQ(error_of([&] { records->read(found[2].at); }),
            "a record must be a JSON object, and here it is array");
  EXPECT_NE(error_of([&] { records->read(found[3].at); }), "");
  EXPECT_EQ(found[3].behind, records->size());
}

TEST_F(Streaming, WhatCannotBeReadFromTheMiddleIsRefused) {
  const auto refused = [&](const std::string& name, const std::string& bytes) {
    write_file(folder_.path() / name, bytes);
    return error_of([&] { RecordFile::open(folder_.path() / name); });
  };
  EXPECT_NE(refused("a.jsonl.zst", "x").find("unpack it first (zstd -d"), std::string::npos);
  EXPECT_NE(refused("a.json", " [{}]").find("one JSON array"), std::string::npos);
  EXPECT_NE(refused("a.csv", "a\n1\n").find("cannot be streamed"), std::string::npos);
  EXPECT_NE(refused("a.jsonl", "\n\n").find("is empty"), std::string::npos);
}

TEST_F(Streaming, AnIndexGivesTheOrderOfRecordsInMemoryAndIsKept) {
  const std::string file = lay("a.jsonl", 50);
  const auto records = source({file});
  const auto order = shuffled_by_index(*records, 3);
  const EpochSampler sampler(50, 1, 3);
  const auto texts = drawn(*records, *order, 120);
  for (int i = 0; i < 120; ++i) EXPECT_EQ(texts[i], std::to_string(sampler.batch_at(i).front()));
  EXPECT_DOUBLE_EQ(order->epochs(), 2.4);

  const fs::path cache = folder_.path() / "cache" / "nudge" / "indexes";
  const fs::path kept = fs::directory_iterator(cache)->path();
  EXPECT_EQ(fs::file_size(kept), (3 + 50) * 8u);
  EXPECT_EQ(record_index(*source({file})), record_index(*records));
  lay("a.jsonl", 60);  // another file now
  EXPECT_EQ(record_index(*source({file})).size(), 60u);
}

TEST_F(Streaming, ABufferDrawsEachRecordOnceAPassAndGoesOnFromItsState) {
  const auto records = source({lay("a.jsonl", 40), lay("b.jsonl", 20)});
  const auto order = shuffled_in_buffer(*records, 8, 5);
  for (int pass = 0; pass < 3; ++pass) {
    std::vector<std::string> texts = drawn(*records, *order, 60);
    std::vector<std::string> wanted;
    for (int i = 0; i < 40; ++i) wanted.insert(wanted.end(), i < 20 ? 2 : 1, std::to_string(i));
    EXPECT_NE(texts, wanted);
    std::ranges::sort(texts);
    std::ranges::sort(wanted);
    EXPECT_EQ(texts, wanted);
  }
  drawn(*records, *order, 17);
  const Json state = parse_json(to_line(order->state()), "state");
  const auto next = drawn(*records, *order, 100);
  const auto again = source({folder_.path() / "a.jsonl", folder_.path() / "b.jsonl"});
  const auto resumed = shuffled_in_buffer(*again, 8, 5);
  resumed->restore(state);
  EXPECT_EQ(drawn(*again, *resumed, 100), next);
  EXPECT_NE(drawn(*again, *shuffled_in_buffer(*again, 8, 6), 100), next);
}

TEST_F(Streaming, FilesAreReadSideBySideAndByTheirWeights) {
  lay("a.jsonl", 100);
  lay("b.jsonl", 100);
  write_file(folder_.path() / "mix.yaml",
             "datasets: [{path: a.jsonl, weight: 2}, {path: b.jsonl, weight: 0.5}]");
  const auto records = source({folder_.path() / "mix.yaml"});
  EXPECT_EQ(record_index(*records).size(), 250u);
  const auto order = shuffled_in_buffer(*records, 4, 1);
  std::vector<std::int64_t> of_b;
  for (int i = 0; i < 100; ++i) of_b.push_back(order->next() >> 48 == 1);
  EXPECT_GT(std::ranges::count(of_b, 1), 5);   // not all of a before the first of b
  EXPECT_LT(std::ranges::count(of_b, 1), 40);  // about a fifth
}

class StreamedExamplesTest : public Streaming {
 protected:
  std::unique_ptr<ExampleSource> examples(const std::string& file, double max_bad_records = 0.05,
                                          std::optional<std::int64_t> max_steps = 10) const {
    return streamed_examples({.shuffle_buffer = 16}, source({file}),
                             {format_, {.max_length = 64}, {.max_bad_records = max_bad_records}}, max_steps,
                             4, 1);
  }
  ChatFormat format_{std::make_shared<ByteTokenizer>(std::vector<std::string>{"<e>"}, "<e>", "")};
};

TEST_F(StreamedExamplesTest, LeaveOutWhatIsBadAsItComes) {
  const std::string file = lay("a.jsonl", 30, "{\"text\": \"\"}\n{broken\n{\"other\": 1}\n");
  const auto source = examples(file);
  for (int step = 0; step < 10; ++step) EXPECT_EQ(source->batch_at(step).size(), 4u);
  const std::vector<std::string> remarks = source->remarks();
  ASSERT_EQ(remarks.size(), 2u);
  EXPECT_NE(remarks[0].find("could not be used"), std::string::npos) << remarks[0];
  EXPECT_NE(remarks[1].find("hold an empty text"), std::string::npos) << remarks[1];

  EXPECT_NE(error_of([&] {
              const auto strict = examples(file, 0);
              for (int step = 0; step < 10; ++step) strict->batch_at(step);
            }).find("--max_bad_records"),
            std::string::npos);
  write_file(folder_.path() / "none.jsonl", "{\"other\": 1}\n");
  EXPECT_NE(error_of([&] { examples(folder_.path() / "none.jsonl")->batch_at(0); }).find("cannot be used"),
            std::string::npos);
}

TEST_F(StreamedExamplesTest, GoOnFromTheirState) {
  const std::string file = lay("a.jsonl", 30, "{\"text\": \"\"}\n");
  for (const std::optional<std::int64_t> max_steps :
       {std::optional<std::int64_t>(), std::optional<std::int64_t>(20)}) {
    const auto source = examples(file, 0.05, max_steps);
    for (int step = 0; step < 3; ++step) source->batch_at(step);
    const Json state = source->state();
    const auto resumed = examples(file, 0.05, max_steps);
    resumed->restore(state);
    for (int step = 3; step < 20; ++step) {
      const auto wanted = source->batch_at(step), batch = resumed->batch_at(step);
      for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(batch[i].tokens, wanted[i].tokens);
    }
    EXPECT_EQ(resumed->remarks(), source->remarks());
  }
}

TEST_F(StreamedExamplesTest, StreamingIsChosenForLargeFilesThatAllowIt) {
  const std::string file = lay("a.jsonl", 100);
  EXPECT_EQ(streamed_records({}, {file}, ""), nullptr);
  EXPECT_NE(streamed_records({.streaming = true}, {file}, ""), nullptr);
  EXPECT_NE(streamed_records({.stream_above = 1e-6}, {file}, ""), nullptr);
  EXPECT_EQ(streamed_records({.stream_above = 0}, {file}, ""), nullptr);
  write_file(folder_.path() / "a.csv", "text\n" + std::string(4000, 'x') + "\n");
  EXPECT_EQ(streamed_records({.stream_above = 1e-6}, {folder_.path() / "a.csv"}, ""), nullptr);
  EXPECT_THROW(streamed_records({.streaming = true}, {folder_.path() / "a.csv"}, ""), Error);
}

}  // namespace
}  // namespace nudge
