#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "cli/commands.h"
#include "data/read_all_test.h"
#include "data/records_file.h"
#include "preference/comparison_files.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test, and the commands run quietly in it.
class PreferencesCommand : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// What the command printed.
  template <class Command>
  std::string run(Command command, std::vector<std::string> arguments) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    try {
      EXPECT_EQ(command(arguments), 0);
    } catch (...) {
      testing::internal::GetCapturedStdout();
      testing::internal::GetCapturedStderr();
      throw;
    }
    testing::internal::GetCapturedStderr();
    return testing::internal::GetCapturedStdout();
  }

  /// Candidates about France: each inner list is one prompt's.
  std::string candidates(const std::vector<std::vector<std::string>>& sets) {
    std::string lines;
    for (const std::vector<std::string>& texts : sets) {
      Json record = {{"prompt", Json::array({{{"role", "user"}, {"content", "Capital of France?"}}})},
                     {"kind", "capital"},
                     {"subject", "France"},
                     {"answer", {"Paris"}},
                     {"known", true},
                     {"completions", Json::array()}};
      for (const std::string& text : texts)
        record["completions"].push_back(
            {{"text", text}, {"tokens", Json::array({1, 2, 3})}, {"ended", true}, {"stars", text.size()}});
      lines += to_line(record) + "\n";
    }
    write_file(folder_ / "candidates.jsonl", lines);
    return path("candidates.jsonl");
  }

  fs::path folder_;
};

const std::vector<std::string> kPerfect = {"--rationality", "inf", "--mistake_rate", "0"};

std::vector<std::string> simulate(const std::string& dataset, const std::string& output,
                                  std::vector<std::string> more) {
  std::vector<std::string> arguments = {"--dataset", dataset, "--output", output};
  arguments.insert(arguments.end(), kPerfect.begin(), kPerfect.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST_F(PreferencesCommand, SimulateWritesPairsThatReadBack) {
  const std::string dataset =
      candidates({{"It is Rome.", "It is Paris."}, {"Yes.", "Yes."}, {"I do not know.", "Oslo."}});
  const std::string printed = run(
      run_preferences_simulate, simulate(dataset, path("pairs.jsonl"), {"--summary", path("summary.json")}));
  EXPECT_NE(printed.find("2 pairs of 1 prompts, 0 ties among them; 1 prompts without"), std::string::npos)
      << printed;

  const PairsRead read = read_all(read_records(path("pairs.jsonl")), preference_pairs);
  ASSERT_EQ(read.pairs.size(), 2u);
  EXPECT_EQ(read.pairs[0].chosen, "It is Paris.");
  EXPECT_EQ(read.pairs[0].rejected, "It is Rome.");
  EXPECT_EQ(read.pairs[1].chosen, "I do not know.");
  EXPECT_EQ(read.pairs[0].protocol, "simulated-pair");
  EXPECT_EQ(read.pairs[0].prompt.extra["subject"], "France");
  EXPECT_FALSE(read.pairs[0].prompt.extra.contains("completions"));
  const Json summary = read_json(path("summary.json"));
  EXPECT_EQ(summary["identical"], 1);
  EXPECT_EQ(summary["gold_agreement"]["value"], 1.0);
}

TEST_F(PreferencesCommand, SimulateIsAPureFunctionOfItsSeed) {
  const std::string dataset = candidates(std::vector(50, std::vector<std::string>{"Rome.", "Paris."}));
  for (const std::string name : {"a", "b"})
    run(run_preferences_simulate, {"--dataset", dataset, "--output", path(name), "--seed", "3"});
  run(run_preferences_simulate, {"--dataset", dataset, "--output", path("c"), "--seed", "4"});
  EXPECT_EQ(read_file(path("a")), read_file(path("b")));
  EXPECT_NE(read_file(path("a")), read_file(path("c")));
}

TEST_F(PreferencesCommand, SimulateRanksAndExpandsRankings) {
  const std::string dataset = candidates({{"Rome.", "Paris.", "I do not know.", "Paris."}});
  run(run_preferences_simulate, simulate(dataset, path("rankings.jsonl"), {"--protocol", "ranking"}));
  const Json ranking = read_records(path("rankings.jsonl")).at(0);
  EXPECT_EQ(ranking["completions"], Json({"Rome.", "Paris.", "I do not know."}));
  EXPECT_EQ(ranking["ranks"], Json({2, 0, 1}));
  run(run_preferences_simulate, simulate(dataset, path("pairs.jsonl"), {"--protocol", "ranking", "--pairs"}));
  EXPECT_EQ(read_all(read_records(path("pairs.jsonl")), preference_pairs).pairs.size(), 3u);
}

TEST_F(PreferencesCommand, SimulateScoresByAFieldOfTheCompletion) {
  const std::string dataset = candidates({{"short", "rather longer"}});
  run(run_preferences_simulate, simulate(dataset, path("pairs.jsonl"), {"--scorer", "field:stars"}));
  EXPECT_EQ(read_all(read_records(path("pairs.jsonl")), preference_pairs).pairs.at(0).chosen,
            "rather longer");
}

TEST_F(PreferencesCommand, SimulateRefusesWhatItCannotUse) {
  const std::string dataset = candidates({{"Rome.", "Paris."}}), same = path("same.jsonl");
  EXPECT_THROW(run(run_preferences_simulate, simulate(dataset, path("x"), {"--scorer", "lenght"})),
               UsageError);
  EXPECT_THROW(run(run_preferences_simulate, simulate(dataset, path("x"), {"--scorer", "field:hue"})), Error);
  EXPECT_THROW(run(run_preferences_simulate, simulate(dataset, path("x"), {"--pairs"})), UsageError);
  candidates({{"Paris.", "Paris."}});
  EXPECT_THROW(run(run_preferences_simulate, simulate(dataset, path("x"), {})), Error);
  write_file(same, R"({"prompt": "Hello", "answer": ["x"]})");
  EXPECT_THROW(run(run_preferences_simulate, simulate(same, path("x"), {})), Error);
  EXPECT_FALSE(fs::exists(path("x")));
}

TEST_F(PreferencesCommand, AgreementReadsOneColumnARaterAndLeavesGapsOut) {
  write_file(folder_ / "labels.jsonl",
             "{\"ann\": 1, \"bob\": 1}\n{\"ann\": 1, \"bob\": 2}\n{\"ann\": 2, \"bob\": 2}\n{\"ann\": 2, "
             "\"bob\": 2}\n"
             "{\"ann\": 2}\n");
  const std::string printed =
      run(run_preferences_agreement, {"--dataset", path("labels.jsonl"), "--raters", "ann", "bob"});
  EXPECT_NE(printed.find("4 items labelled by 2 raters with 2 different labels; 1 items"), std::string::npos)
      << printed;
  EXPECT_NE(printed.find("ann and bob: agreement 0.7500, Cohen's kappa 0.5000"), std::string::npos)
      << printed;
  EXPECT_THROW(run(run_preferences_agreement, {"--dataset", path("labels.jsonl"), "--raters", "ann"}),
               UsageError);
  EXPECT_THROW(
      run(run_preferences_agreement, {"--dataset", path("labels.jsonl"), "--raters", "eve", "mallory"}),
      Error);
}

TEST_F(PreferencesCommand, StatsCountsLengthsAndSides) {
  write_file(
      folder_ / "pairs.jsonl",
      "{\"prompt\": \"a\", \"chosen\": \"long one\", \"rejected\": \"short\", \"shown_left\": \"chosen\"}\n"
      "{\"prompt\": \"b\", \"chosen\": \"no\", \"rejected\": \"longer\", \"shown_left\": \"chosen\"}\n"
      "{\"prompt\": \"b\", \"chosen\": \"x\", \"rejected\": \"\"}\n");
  const std::string printed = run(run_preferences_stats, {"--dataset", path("pairs.jsonl")});
  EXPECT_NE(printed.find("2 pairs of 2 prompts"), std::string::npos) << printed;
  EXPECT_NE(printed.find("prefers the longer answer              0.500"), std::string::npos) << printed;
  EXPECT_NE(printed.find("prefers the answer shown left          1.000"), std::string::npos) << printed;
  EXPECT_NE(printed.find("left out: 1 (an empty reply)"), std::string::npos) << printed;
}

TEST_F(PreferencesCommand, SeveralRatersVoteOnComparisonsAndTheirAgreementIsMeasured) {
  std::vector<std::vector<std::string>> answers;  // the longer is the better by their field "stars"
  for (std::size_t i = 1; i <= 60; ++i) answers.push_back({std::string(i, 'a'), std::string(i + 2, 'b')});
  const std::string dataset = candidates(answers);
  for (const std::string name : {"votes.jsonl", "again.jsonl"})
    run(run_preferences_simulate,
        {"--dataset", dataset, "--output", path(name), "--protocol", "votes", "--scorer", "field:stars",
         "--raters", "3", "--mistake_rate", "0.2", "--seed", "1"});
  EXPECT_EQ(read_file(path("votes.jsonl")), read_file(path("again.jsonl")));
  const std::string printed = run(run_preferences_agreement, {"--dataset", path("votes.jsonl"), "--output",
                                                              path("agreement.json"), "--resamples", "50"});
  EXPECT_NE(printed.find("60 pairs of answers labelled by 3 raters, 60 of them by two or more"),
            std::string::npos)
      << printed;
  EXPECT_NE(printed.find("Krippendorff's alpha, ordinal"), std::string::npos) << printed;
  const Json agreement = read_json(path("agreement.json"));
  EXPECT_EQ(agreement["cohen"].size(), 3u);
  EXPECT_NEAR(agreement["raw"]["value"].get<double>(), .68, .1);  // 0.8^2 + 0.2^2
  EXPECT_NEAR(agreement["reliability"][0]["value"].get<double>(), .8, .2);

  run(run_preferences_export,
      {"--dataset", path("votes.jsonl"), "--output", path("pairs.jsonl"), "--aggregate", "majority"});
  const PairsRead majority = read_all(read_records(path("pairs.jsonl")), preference_pairs);
  EXPECT_EQ(majority.pairs.size(), 60u);
  EXPECT_THROW(run(run_preferences_simulate, {"--dataset", dataset, "--output", path("x"), "--raters", "3"}),
               UsageError);
}

TEST_F(PreferencesCommand, ImportExportAndImportAgainLoseNothing) {
  write_file(
      folder_ / "pairs.jsonl",
      "{\"prompt\": \"a\", \"chosen\": \"x\", \"rejected\": \"y\", \"rater\": \"ann\"}\n"
      "{\"prompt\": \"a\", \"chosen\": true, \"rejected\": \"y\", \"rater\": \"ann\"}\n"
      "{\"prompt\": \"b\", \"chosen\": \"=x\", \"rejected\": \"z\", \"rater\": \"ben\", \"strength\": 2}\n");
  const std::string printed =
      run(run_preferences_import, {"--dataset", path("pairs.jsonl"), "--output", path("raw.jsonl")});
  EXPECT_NE(printed.find("2 comparisons and 2 votes, read as pairs"), std::string::npos) << printed;
  EXPECT_NE(printed.find("the first is line 2"), std::string::npos) << printed;
  const std::vector<std::string> all = {"pairs", "ranking", "sharegpt", "csv", "raw"};
  for (const std::string& format : all) {
    const std::string file = path("out-" + format + (format == "csv" ? ".csv" : ".jsonl"));
    run(run_preferences_export, {"--dataset", path("raw.jsonl"), "--output", file, "--format", format});
    const Json manifest = read_json(file + ".manifest.json");
    EXPECT_EQ(manifest["sha256"], sha256(read_file(file)));
    EXPECT_EQ(manifest["source"]["file"], "raw.jsonl");
    const std::string stats = run(run_preferences_stats, {"--dataset", file, "--output", path("stats.json")});
    EXPECT_NE(stats.find("2 pairs of 2 prompts, 0 ties among them; 2 votes"), std::string::npos)
        << format << stats;
    EXPECT_EQ(read_json(path("stats.json"))["by_strength"]["2"]["votes"], 1) << format;
  }
  EXPECT_EQ(read_file(path("raw.jsonl")), read_file(path("out-raw.jsonl")));
  EXPECT_THROW(run(run_preferences_export,
                   {"--dataset", path("raw.jsonl"), "--output", path("none"), "--raters", "eve"}),
               Error);
  EXPECT_FALSE(fs::exists(path("none")));
}

TEST_F(PreferencesCommand, AnExportOfNothingSaysWhy) {
  write_file(
      folder_ / "pairs.jsonl",
      "{\"prompt\": \"a\", \"chosen\": \"x\", \"rejected\": \"y\", \"rater\": \"ann\", \"source\": \"web\"}\n"
      "{\"prompt\": \"b\", \"chosen\": \"x\", \"rejected\": \"y\", \"rater\": \"ben\", \"tie\": true}\n");
  const auto refusal = [&](const std::vector<std::string>& more) -> std::string {
    std::vector<std::string> arguments = {"--dataset", path("pairs.jsonl"), "--output", path("none")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    try {
      return run(run_preferences_export, arguments);
    } catch (const Error& error) {
      return error.what();
    }
  };
  const auto says = [&](const std::string& said, const std::string& what) {
    EXPECT_NE(said.find(what), std::string::npos) << said;
  };
  says(refusal({"--raters", "nobody"}), "no vote is by the rater nobody; there are ann, ben");
  says(refusal({"--sources", "books"}), "no comparison is of the source books; there are pairs, web");
  says(refusal({"--raters", "ben"}), "left out were 1 (a tie)");
  says(refusal({"--min_votes", "3"}), "--min_votes");
  says(refusal({"--format", "events"}), "events are the log of a store");
  says(refusal({"--format", "events", "--raters", "ann"}), "--raters");
  EXPECT_FALSE(fs::exists(path("none")));
  write_file(folder_ / "pairs.xlsx", "x");
  try {
    run(run_preferences_stats, {"--dataset", path("pairs.xlsx")});
    ADD_FAILURE();
  } catch (const Error& error) {
    says(error.what(), ".csv");
  }
}

TEST_F(PreferencesCommand, AStoresLogIsExportedWithItsManifest) {
  const std::string store = path("answers.store");
  run(run_preferences_import, {"--dataset", candidates({{"a", "b"}}), "--output", store});
  run(run_preferences_export, {"--dataset", store, "--format", "events", "--output", path("log.jsonl")});
  const std::vector<Json> events = read_records(path("log.jsonl"));
  const Json manifest = read_json(path("log.jsonl.manifest.json"));
  EXPECT_EQ(events.at(0)["kind"], "created");
  EXPECT_EQ(manifest["counts"]["records"], events.size());
  EXPECT_EQ(manifest["sha256"], sha256(read_file(path("log.jsonl"))));
  EXPECT_EQ(manifest["source"]["sha256"], events.back()["hash"]);
}

TEST_F(PreferencesCommand, SplitSharesNoPrompt) {
  std::string lines;
  for (int i = 0; i < 40; ++i)
    lines += to_line({{"id", i},
                      {"prompt", std::to_string(i / 2)},
                      {"chosen", std::to_string(i)},
                      {"rejected", "no"}}) +
             "\n";
  write_file(folder_ / "pairs.jsonl", lines);
  run(run_preferences_split,
      {"--dataset", path("pairs.jsonl"), "--output_dir", path("parts"), "--test_share", "0.4"});
  std::set<std::string> prompts[2];
  std::size_t records = 0;
  for (int side = 0; side < 2; ++side)
    for (const Json& record : read_records(folder_ / "parts" / (side == 0 ? "train.jsonl" : "test.jsonl"))) {
      ++records;
      if (record.contains("prompt")) prompts[side].insert(record["prompt"]["text"].get<std::string>());
    }
  EXPECT_EQ(records, 80u);  // 40 comparisons, 40 votes
  EXPECT_EQ(prompts[0].size() + prompts[1].size(), 20u);
  EXPECT_THROW(run(run_preferences_split,
                   {"--dataset", path("pairs.jsonl"), "--output_dir", path("none"), "--by", "rater"}),
               Error);

  // The folder is one product: another split takes the place of both files, and what is not ours stays.
  const auto split_again = [&] {
    run(run_preferences_split, {"--dataset", path("pairs.jsonl"), "--output_dir", path("parts"),
                                "--test_share", "0.4", "--seed", "1"});
  };
  split_again();
  write_file(folder_ / "parts" / "notes.txt", "mine");
  EXPECT_THROW(split_again(), Error);
  EXPECT_EQ(read_file(folder_ / "parts" / "notes.txt"), "mine");
}

TEST_F(PreferencesCommand, PrioritiseAsksWhatTheEnsembleDisputes) {
  write_file(folder_ / "pairs.jsonl",
             "{\"prompt\": \"a\", \"chosen\": \"x\", \"rejected\": \"y\"}\n"
             "{\"prompt\": \"b\", \"chosen\": \"x\", \"rejected\": \"y\"}\n");
  const std::vector<Comparison> pairs = load_comparisons(path("pairs.jsonl")).comparisons;
  const auto scored = [&](std::size_t pair, const Json& scores) {
    return to_line({{"comparison", pairs.at(pair).id}, {"scores", scores}}) + "\n";
  };
  write_file(folder_ / "scores.jsonl", scored(0, {{1, 0}, {1.1, 0}}) + scored(1, {{3, 0}, {0, 4}}));
  auto first_asked = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"--dataset",         path("pairs.jsonl"), "--output",
                                          path("order.jsonl"), "--random_share",    "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    run(run_preferences_prioritise, arguments);
    return read_records(path("order.jsonl")).at(0)["comparison"].get<std::string>();
  };
  EXPECT_EQ(first_asked({"--scores", path("scores.jsonl")}), pairs[1].id);
  EXPECT_EQ(first_asked({"--scores", path("scores.jsonl"), "--by", "uncertainty"}), pairs[1].id);
  first_asked({"--by", "random"});
  EXPECT_EQ(read_records(path("order.jsonl")).at(0)["priority"], 1.0);
  EXPECT_THROW(first_asked({}), UsageError);
  write_file(folder_ / "scores.jsonl", scored(0, {{1, 0}}));
  EXPECT_THROW(first_asked({"--scores", path("scores.jsonl")}), Error);
  write_file(folder_ / "scores.jsonl", scored(0, {{1, 0}}) + scored(1, {{1, 0.9}}));
  EXPECT_THROW(first_asked({"--scores", path("scores.jsonl")}), UsageError);  // one model agrees with itself
  EXPECT_EQ(first_asked({"--scores", path("scores.jsonl"), "--by", "uncertainty"}), pairs[1].id);
}

TEST_F(PreferencesCommand, FilesOfOneNameMeetInOneStore) {
  const std::string store = path("answers.store");
  const auto import_votes = [&](const std::string& folder, const std::string& lines) {
    fs::create_directories(folder_ / folder);
    write_file(folder_ / folder / "pairs.jsonl", lines);
    return run(run_preferences_import, {"--dataset", path(folder + "/pairs.jsonl"), "--output", store});
  };
  const auto says = [](const std::string& printed, const std::string& what) {
    EXPECT_NE(printed.find("new in the store: " + what), std::string::npos) << printed;
  };
  const auto pair = [](const char* prompt, const char* chosen, const char* rejected, const char* rater) {
    return to_line({{"prompt", prompt}, {"chosen", chosen}, {"rejected", rejected}, {"rater", rater}}) + "\n";
  };
  std::string ann, ben;
  for (const char* prompt : {"a", "b", "c", "d", "e", "f"}) {
    ann += pair(prompt, "x", "y", "ann");
    ben += pair(prompt, prompt[0] < 'd' ? "x" : "y", prompt[0] < 'd' ? "y" : "x", "ben");
  }
  says(import_votes("first", ann), "6 comparisons, 6 votes");
  says(import_votes("second", ben + pair("g", "x", "y", "ben")), "1 comparisons, 7 votes");
  says(import_votes("second", ben), "0 comparisons, 0 votes");  // known
  const Imported all = load_comparisons(store);
  std::map<std::string, std::string> preferred[2];  // of each rater
  for (const Vote& vote : all.votes) {
    const auto of = std::ranges::find(all.comparisons, vote.comparison, &Comparison::id);
    preferred[vote.rater == "ben"][of->prompt.text] = of->answers[vote.ranks[0] == 0 ? 0 : 1].content;
  }
  for (const char* prompt : {"a", "b", "c", "d", "e", "f"}) {
    EXPECT_EQ(preferred[0][prompt], "x");
    EXPECT_EQ(preferred[1][prompt], prompt[0] < 'd' ? "x" : "y") << prompt;
  }
}

TEST_F(PreferencesCommand, AStoreIsFilledRatedPrioritisedAndExported) {
  const std::string dataset = candidates({{"short", "rather longer"}, {"one", "three"}, {"a", "bcd"}});
  const std::string store = path("answers.store");
  const std::string printed = run(run_preferences_import, {"--dataset", dataset, "--output", store});
  EXPECT_NE(printed.find("new in the store: 3 comparisons, 0 votes"), std::string::npos) << printed;
  run(run_preferences_prioritise, {"--dataset", store, "--output", store, "--by", "random"});
  run(run_preferences_simulate, simulate(store, store, {"--protocol", "votes", "--scorer", "field:stars"}));
  EXPECT_NE(run(run_preferences_stats, {"--dataset", store}).find("3 votes on 3 comparisons"),
            std::string::npos);
  for (const std::string name : {"a.jsonl", "b.jsonl"})
    run(run_preferences_export, {"--dataset", store, "--output", path(name)});
  EXPECT_EQ(read_file(path("a.jsonl.manifest.json")), read_file(path("b.jsonl.manifest.json")));
  const PairsRead read = read_all(read_records(path("a.jsonl")), preference_pairs);
  ASSERT_EQ(read.pairs.size(), 3u);
  EXPECT_EQ(read.pairs[0].chosen, "rather longer");
  EXPECT_NE(
      run(run_preferences_import, {"--dataset", dataset, "--output", store}).find("store: 0 comparisons"),
      std::string::npos);
}

TEST_F(PreferencesCommand, WorldWritesItsFilesOncePerSeed) {
  const std::vector<std::string> sizes = {"--documents",      "50", "--eval_documents", "5",
                                          "--demonstrations", "7",  "--rl_prompts",     "9",
                                          "--eval_prompts",   "11"};
  for (const std::string name : {"one", "two"}) {
    std::vector<std::string> arguments = {"--output_dir", path(name), "--seed", "5"};
    arguments.insert(arguments.end(), sizes.begin(), sizes.end());
    run(run_world, arguments);
  }
  std::size_t files = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(folder_ / "one")) {
    EXPECT_EQ(read_file(file.path()), read_file(folder_ / "two" / file.path().filename()));
    ++files;
  }
  EXPECT_EQ(files, 12u);
  EXPECT_EQ(read_records(folder_ / "one" / "corpus.jsonl").size(), 50u);
  EXPECT_EQ(read_records(folder_ / "one" / "demonstrations.jsonl").size(), 7u);
  EXPECT_EQ(prompt_of(read_records(folder_ / "one" / "eval_prompts.jsonl").at(3), "eval").extra["split"],
            "eval");
  EXPECT_THROW(run(run_world, {"--output_dir", path("x"), "--documents", "0"}), UsageError);
}

}  // namespace
}  // namespace nudge
