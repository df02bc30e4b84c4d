#include "data/dataset_files.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "data/dataset.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

class DatasetFiles : public testing::Test {
 protected:
  void lay(const std::vector<std::string>& names) const {
    for (const std::string& name : names) write_file(at(name), "{\"text\": \"" + name + "\"}\n");
  }
  fs::path at(const std::string& name) const { return folder_.path() / name; }
  // Paths within the folder, behind one another.
  std::string files(const std::string& name, const std::string& split = "") const {
    std::string text;
    try {
      for (const DatasetFile& file : dataset_files({at(name).string()}, split))
        text += (text.empty() ? "" : " ") + fs::path(file.path).lexically_relative(at("")).string();
    } catch (const Error& error) {
      text = error.what();
    }
    return text;
  }
  TemporaryFolder folder_;
};

#define EXPECT_HOLDS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(DatasetFiles, AFileIsItself) {
  lay({"a.jsonl", "odd[1].jsonl"});
  EXPECT_EQ(files("a.jsonl"), "a.jsonl");
  EXPECT_EQ(files("odd[1].jsonl"), "odd[1].jsonl");
  EXPECT_EQ(files("absent.jsonl"), "absent.jsonl");  // its reader says so
}

TEST_F(DatasetFiles, APatternGivesWhatItMatchesInOrder) {
  lay({"data/b.jsonl", "data/a.jsonl", "data/c.csv"});
  EXPECT_EQ(files("data/*.jsonl"), "data/a.jsonl data/b.jsonl");
  EXPECT_HOLDS(files("data/*.json"), "no file matches");
}

TEST_F(DatasetFiles, AFolderGivesItsRecordsAndLeavesDescriptionsAside) {
  lay({"s/b.jsonl", "s/more/a.jsonl", "s/README.md", "s/dataset_info.json", "s/notes.txt", "s/.git/x.jsonl"});
  EXPECT_EQ(files("s"), "s/b.jsonl s/more/a.jsonl");
  EXPECT_EQ(left_aside(at("s")), (std::vector<std::string>{"README.md", "dataset_info.json", "notes.txt"}));
  lay({"t/a.txt", "t/README.md"});
  EXPECT_EQ(files("t"), "t/a.txt");
  lay({"e/README.md"});
  EXPECT_HOLDS(files("e"), "holds no dataset file");
}

TEST_F(DatasetFiles, SplitsGoByHuggingFacesDefaultPatterns) {
  lay({"n/train.jsonl", "n/dev.jsonl", "n/my_test.jsonl", "n/constraint.jsonl"});
  EXPECT_EQ(files("n", "train"), "n/train.jsonl");
  EXPECT_EQ(files("n", "validation"), "n/dev.jsonl");
  EXPECT_EQ(files("n", "dev"), "n/dev.jsonl");
  EXPECT_EQ(files("n", "test"), "n/my_test.jsonl");
  EXPECT_EQ(files("n", kHeldOut), "n/dev.jsonl");
  EXPECT_HOLDS(files("n"), "holds the splits test, train, validation; choose one with --split");
  lay({"d/data/train/a.jsonl", "d/data/test/a.jsonl"});
  EXPECT_EQ(files("d", "train"), "d/data/train/a.jsonl");
  EXPECT_EQ(files("d", kHeldOut), "d/data/test/a.jsonl");
  lay({"h/data/train_sft-00000-of-00002.jsonl", "h/data/train_sft-00001-of-00002.jsonl",
       "h/data/test_sft-00000-of-00001.jsonl"});
  EXPECT_EQ(files("h", "train_sft"),
            "h/data/train_sft-00000-of-00002.jsonl h/data/train_sft-00001-of-00002.jsonl");
  EXPECT_HOLDS(files("h", "train"), "has no split train; it holds test_sft, train_sft");
  lay({"p/one.jsonl", "p/two.jsonl"});
  EXPECT_EQ(files("p"), "p/one.jsonl p/two.jsonl");
  EXPECT_EQ(files("p", "train"), "p/one.jsonl p/two.jsonl");
  EXPECT_HOLDS(files("p", "test"), "has no split test; it holds train");
}

TEST_F(DatasetFiles, SeveralConfigurationsAreRefused) {
  lay({"g/main/train-00000-of-00001.jsonl", "g/socratic/train-00000-of-00001.jsonl"});
  EXPECT_HOLDS(files("g", "train"), "several configurations (main, socratic)");
  EXPECT_EQ(files("g/main", "train"), "g/main/train-00000-of-00001.jsonl");
}

TEST_F(DatasetFiles, AMixtureNamesPathsSplitsAndWeights) {
  lay({"m/a.jsonl", "m/b/train.jsonl", "m/b/test.jsonl"});
  const auto mixture = [&](const std::string& text) { write_file(at("m/mix.yaml"), text); };
  mixture("datasets:\n  - path: a.jsonl\n    weight: 2\n  - {path: b, split: test, weight: 0.5}\n");
  const auto mixed = dataset_files({at("m/mix.yaml").string()}, "train");
  ASSERT_EQ(mixed.size(), 2u);
  EXPECT_EQ(mixed[0].path, at("m/a.jsonl"));
  EXPECT_EQ(mixed[0].weight, 2);
  EXPECT_EQ(mixed[1].path, at("m/b/test.jsonl"));
  EXPECT_EQ(mixed[1].weight, 0.5);
  mixture("datasets: [{path: a.jsonl, weight: 0}]\n");
  EXPECT_HOLDS(files("m/mix.yaml"), "a number above 0");
  mixture("datasets: [{path: a.jsonl, share: 1}]\n");
  EXPECT_HOLDS(files("m/mix.yaml"), "\"share\" is none of path, split, weight");
  mixture("datasets: [{path: mix.yaml}]\n");
  EXPECT_HOLDS(files("m/mix.yaml"), "and no mixture");
  mixture("- a.jsonl\n");
  EXPECT_HOLDS(files("m/mix.yaml"), "one list \"datasets\"");
}

TEST_F(DatasetFiles, WeightsSayHowOftenRecordsAreVisited) {
  EXPECT_EQ(visits(3, 1, 0), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(visits(2, 2, 0), (std::vector<std::size_t>{0, 0, 1, 1}));
  EXPECT_EQ(visits(100, 0.5, 0).size(), 50u);
  EXPECT_NE(visits(100, 0.5, 0), visits(100, 0.5, 1));
  EXPECT_EQ(visits(10, 1.3, 0).size(), 13u);
  EXPECT_EQ(visits(10, 0.5, 4), visits(10, 0.5, 4));

  write_file(at("a.jsonl"), "{\"text\": \"a\"}\nbroken\n");
  write_file(at("b.jsonl"), "{\"text\": \"b\"}\n");
  write_file(at("mix.yaml"), "datasets: [{path: b.jsonl, weight: 3}, {path: a.jsonl}]\n");
  Dataset dataset = Dataset::read(at("mix.yaml"));
  std::string texts;
  dataset.each([&](const Json& record, const std::string& place) {
    texts += record["text"].get<std::string>() + " " + fs::path(place).filename().string() + ", ";
  });
  EXPECT_EQ(texts, "b b.jsonl line 1, b b.jsonl line 1, b b.jsonl line 1, a a.jsonl line 1, ");
  EXPECT_EQ(dataset.bad_count(), 1);
  EXPECT_HOLDS(dataset.bad().front().first, "a.jsonl line 2");
}

}  // namespace
}  // namespace nudge
