#include "preference/formats/export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "data/read_all_test.h"
#include "data/records_file.h"
#include "preference/formats/import.h"

namespace nudge {
namespace {

/// One comparison of two and one of three answers, with votes of every kind.
struct Sample {
  std::vector<Comparison> comparisons = {
      {.id = "a",
       .prompt = {.id = "p", .messages = {{"user", "Hi"}}, .extra = {{"kind", "greeting"}}},
       .answers = {{.content = "good", .model = "m"}, {.content = "=bad", .extra = {{"ended", false}}}},
       .source = "web"},
      {.id = "b",
       .prompt = {.id = "q", .text = "Say, \"x\""},
       .answers = {{.content = "one"}, {.content = "two"}, {.content = "three"}}}};
  std::vector<Vote> votes = {
      {.comparison = "b", .ranks = {1, 0, 1}, .rater = "ann"},
      {.comparison = "a",
       .ranks = {0, 1},
       .strength = 3,
       .shown = {1, 0},
       .rater = "ann",
       .protocol = "page-pair",
       .time = "2026-01-02T03:04:05Z",
       .seconds = 2.5,
       .extra = {{"guidelines", 2}}},
      {.comparison = "a", .ranks = {0, 0}, .rater = "ben", .extra = {{"guidelines", 1}}},
      {.comparison = "a", .outcome = Outcome::both_bad, .rater = "eve"},
      {.comparison = "a", .outcome = Outcome::cannot_judge, .rater = "ian"},
      {.comparison = "a", .outcome = Outcome::skipped, .rater = "kim"}};

  Exported out(const ExportOptions& options) const { return export_preferences(comparisons, votes, options); }
  std::vector<Json> records(const ExportOptions& options) const {
    std::vector<Json> result;
    std::istringstream lines(out(options).text);
    for (std::string line; std::getline(lines, line);) result.push_back(parse_json(line, "test"));
    return result;
  }
};

TEST(Export, PairsAsTrlReadsThem) {
  const std::vector<Json> records = Sample().records({.format = ExportFormat::pairs});
  ASSERT_EQ(records.size(), 3u);  // the tie, the both bad and the two who said nothing are not there
  const Json expected = {{"id", "p"},
                         {"prompt", Json::array({{{"role", "user"}, {"content", "Hi"}}})},
                         {"chosen", Json::array({{{"role", "assistant"}, {"content", "good"}}})},
                         {"rejected", Json::array({{{"role", "assistant"}, {"content", "=bad"}}})},
                         {"shown_left", "rejected"},
                         {"extra", {{"rejected_ended", false}, {"strength", 3}}},
                         {"kind", "greeting"},
                         {"chosen_model", "m"},
                         {"comparison", "a"},
                         {"source", "web"},
                         {"rater", "ann"},
                         {"protocol", "page-pair"},
                         {"time", "2026-01-02T03:04:05Z"},
                         {"seconds", 2.5}};
  EXPECT_EQ(records[0].dump(), expected.dump());
  EXPECT_EQ(records[1]["chosen"], "two");
  EXPECT_EQ(records[1]["rejected"], "one");
  const PairsRead read = read_all(records, preference_pairs);
  EXPECT_EQ(read.pairs.size(), 3u);
  EXPECT_EQ(read.pairs[0].extra["rejected_ended"], false);
}

TEST(Export, TiesAreDroppedMarkedOrHalved) {
  EXPECT_EQ(Sample().out({.ties = Ties::drop}).manifest["left_out"]["a tie"], 2);
  const std::vector<Json> marked = Sample().records({.ties = Ties::mark});
  EXPECT_EQ(marked.size(), 5u);
  EXPECT_EQ(std::ranges::count_if(marked, [](const Json& record) { return record.contains("tie"); }), 2);
  const std::vector<Json> halved = Sample().records({.ties = Ties::half});
  ASSERT_EQ(halved.size(), 7u);
  EXPECT_EQ(halved[1]["chosen"], halved[2]["rejected"]);
  EXPECT_EQ(halved[1]["rejected"], halved[2]["chosen"]);
}

TEST(Export, LabelsOfBestAndWorstAndOfWhatIsBad) {
  const std::vector<Json> records = Sample().records({.format = ExportFormat::kto});
  std::vector<std::pair<std::string, bool>> labels;
  for (const Json& record : records) {
    const Json& completion = record["completion"];
    labels.emplace_back(
        completion.is_string() ? completion.get<std::string>() : completion[0]["content"].get<std::string>(),
        record["label"].get<bool>());
  }
  using Labels = std::vector<std::pair<std::string, bool>>;
  EXPECT_EQ(labels, (Labels{{"good", true},
                            {"=bad", false},
                            {"good", false},
                            {"=bad", false},  // eve: both bad
                            {"one", false},
                            {"two", true},
                            {"three", false}}));
  EXPECT_EQ(read_all(records, labelled_completions).completions.size(), 7u);
}

TEST(Export, WhatItWritesItReads) {
  const std::filesystem::path folder = testing::TempDir();
  const ExportOptions all[] = {{.format = ExportFormat::pairs, .ties = Ties::mark},
                               {.format = ExportFormat::sharegpt, .ties = Ties::mark},
                               {.format = ExportFormat::csv, .ties = Ties::mark},
                               {.format = ExportFormat::ranking, .ties = Ties::mark},
                               {.format = ExportFormat::raw}};
  for (const ExportOptions& options : all) {
    const std::string name = options.format == ExportFormat::csv ? "export_test.csv" : "export_test.jsonl";
    write_file(folder / name, Sample().out(options).text);
    const Imported imported = import_file(folder / name, {});
    EXPECT_EQ(imported.format, options.format == ExportFormat::csv ? "pairs" : name_of(options.format));
    EXPECT_TRUE(imported.left_out.empty()) << remarks_text(imported);
    for (const Vote& vote : imported.votes)
      if (vote.rater == "ann" && vote.strength == 3)
        for (const Comparison& comparison : imported.comparisons)
          if (comparison.id == vote.comparison) {
            EXPECT_EQ(comparison.answers[vote.ranks[0] == 0 ? 0 : 1].content, "good")
                << name_of(options.format);
            EXPECT_EQ(comparison.prompt.messages.at(0).content, "Hi") << name_of(options.format);
            EXPECT_EQ(comparison.source, "web");
            const bool lists_sides = options.format != ExportFormat::sharegpt;
            EXPECT_EQ(vote.shown.empty(), !lists_sides) << name_of(options.format);
          }
    std::filesystem::remove(folder / name);
  }
}

TEST(Export, ManifestSaysHowItCameAbout) {
  const Exported exported =
      Sample().out({.format = ExportFormat::ranking, .aggregation = Aggregation::majority});
  EXPECT_EQ(exported.manifest["query"]["aggregate"], "majority");
  EXPECT_EQ(exported.manifest["counts"]["votes"], 6);
  EXPECT_EQ(exported.manifest["counts"]["votes_after_aggregation"], 2);
  EXPECT_EQ(exported.manifest["counts"]["records"], 1);  // three raters, three opinions: a tie
  EXPECT_EQ(exported.manifest["guideline_versions"], Json({1, 2}));
  EXPECT_EQ(exported.manifest["sha256"], sha256(exported.text));
  EXPECT_EQ(exported.text,
            Sample().out({.format = ExportFormat::ranking, .aggregation = Aggregation::majority}).text);
}

TEST(Export, OfARankingTheBestOverTheNextBestHasTheStrength) {
  Sample sample;
  sample.votes = {{.comparison = "b", .ranks = {2, 0, 1}, .strength = 2, .rater = "ann"}};
  for (const Json& record : sample.records({.format = ExportFormat::pairs})) {
    const bool said = record["chosen"] == "two" && record["rejected"] == "three";
    EXPECT_EQ(record.contains("extra") ? record["extra"].value("strength", 0) : 0, said ? 2 : 0) << record;
  }
  for (const Json& record : sample.records({.format = ExportFormat::sharegpt}))
    EXPECT_EQ(record.contains("strength"), record["rejected"]["value"] == "three") << record;
  EXPECT_EQ(sample.records({.format = ExportFormat::ranking})[0]["extra"]["strength"], 2);
}

TEST(Export, ShareGptHasTheSystemPromptInItsColumn) {
  Sample sample;
  sample.comparisons[0].prompt.messages = {{"system", "Be kind."}, {"user", "Hi"}};
  const Json record = sample.records({.format = ExportFormat::sharegpt, .sources = {"web"}}).at(0);
  EXPECT_EQ(record["system"], "Be kind.");
  ASSERT_EQ(record["conversations"].size(), 1u);
  EXPECT_EQ(record["conversations"][0]["from"], "human");
}

TEST(Export, ComparisonsWithoutVotesChangeNothing) {
  Sample sample;
  const ExportOptions options{
      .format = ExportFormat::ranking, .aggregation = Aggregation::dawid_skene, .min_votes = 0};
  const std::string before = sample.out(options).text;
  for (int i = 0; i < 500; ++i) {
    Comparison silent = sample.comparisons[0];
    silent.id = "silent " + std::to_string(i);
    sample.comparisons.insert(sample.comparisons.begin(), std::move(silent));
  }
  EXPECT_EQ(sample.out(options).text, before);
}

TEST(Export, OnlyWhatIsAskedFor) {
  EXPECT_EQ(Sample().records({.sources = {"web"}}).size(), 1u);
  EXPECT_EQ(Sample().records({.raters = {"ben"}}).size(), 0u);
  EXPECT_EQ(Sample().records({.min_votes = 3}).size(), 1u);
  EXPECT_EQ(Sample().records({.format = ExportFormat::raw, .raters = {"ann"}}).size(), 4u);
}

TEST(Export, LeavesOutAnswersThatAreNoText) {
  Sample sample;
  sample.comparisons[0].extra["text_lost"] = true;
  sample.comparisons[1].answers[0].media = "clip";
  sample.comparisons[1].answers[2].content = " ";
  const Exported exported = sample.out({.format = ExportFormat::pairs});
  EXPECT_EQ(exported.text, "");
  EXPECT_EQ(exported.manifest["left_out"]["the text of an answer was lost"], 1);
  EXPECT_EQ(exported.manifest["left_out"]["an animated clip, which only raw holds"], 1);
  EXPECT_EQ(exported.manifest["left_out"]["an empty answer"], 1);
}

TEST(Export, RefusesWhatDoesNotGoTogether) {
  EXPECT_THROW(Sample().out({.format = ExportFormat::events}), UsageError);
  EXPECT_THROW(Sample().out({.format = ExportFormat::raw, .aggregation = Aggregation::majority}), UsageError);
}

}  // namespace
}  // namespace nudge
