#include "training/run.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/temporary_folder.h"
#include "model/checkpoint.h"
#include "model/tiny_config_test.h"
#include "tensor/aten.h"
#include "training/run_config.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

/// Only what a run needs of a tokenizer: that it writes itself.
class SavedTokenizer final : public Tokenizer {
 public:
  std::vector<TokenId> encode(std::string_view) const override { return {}; }
  RenderedIds encode_rendered(std::string_view, std::string_view) const override { return {}; }
  const TextFrame& frame() const override { return frame_; }
  std::string decode(std::span<const TokenId>, bool) const override { return ""; }
  std::int64_t vocab_size() const override { return 0; }
  std::optional<TokenId> id_of(std::string_view) const override { return {}; }
  std::string token(TokenId) const override { return ""; }
  bool is_special(TokenId) const override { return false; }
  std::optional<TokenId> bos() const override { return {}; }
  std::optional<TokenId> eos() const override { return {}; }
  std::optional<TokenId> pad() const override { return {}; }
  const std::string& chat_template() const override { return empty_; }
  std::shared_ptr<const Tokenizer> with_chat(const std::string&, const std::string&) const override {
    return {};
  }
  std::shared_ptr<const Tokenizer> with_pad(TokenId) const override { return {}; }
  const std::string& fingerprint() const override { return empty_; }
  void save(const fs::path& folder) const override { write_file(folder / "tokenizer.json", "{}"); }

 private:
  std::string empty_;
  TextFrame frame_;
};

/// The options of a command with one setting of its own.
struct Command {
  explicit Command(const std::vector<std::string>& arguments) : options("sft", "Trains.") {
    declare(options, run);
    options.add("beta", beta, "A setting.");
    options.add("dataset", dataset, "A file.");
    options.parse(arguments);
  }
  RunOptions run;
  double beta = 0.5;
  std::string dataset;
  Options options;
};

Run open(const fs::path& folder, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"--output_dir", folder.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Command command(arguments);
  return Run(command.run.output_dir, config_of(command.options), command.run.start);
}

/// Six steps of a command whose state is one number, saving every second step; killed after writing what
/// `killed_at` says of a step, without its checkpoint.
void train(Run& run, std::int64_t killed_at = 0) {
  double value = 0;
  std::int64_t step = 0;
  if (const auto state = run.latest()) {
    value = state->tensor("value").item<double>();
    step = state->values["step"];
  }
  while (step < 6) {
    ++step;
    value += 1.0 / static_cast<double>(step);
    Metrics metrics, timing;
    metrics.set("loss", value);
    timing.set("seconds", static_cast<double>(step + killed_at));
    run.log(step, metrics, timing);
    run.log_sample("answers", step, {{"text", std::to_string(value)}});
    if (step == killed_at) return;
    if (step % 2 == 0) {
      State state;
      state.tensors["value"] = at::full({}, value, at::kDouble);
      state.values["step"] = step;
      run.save_checkpoint(step, state);
    }
  }
  run.save_final(Decoder(tiny_config(), 3), SavedTokenizer(), {{"notes.json", "{\"a\":1}"}});
}

TEST(Run, ADirectoryHoldsEverything) {
  const TemporaryFolder folder;
  auto run = open(folder.path() / "run");
  EXPECT_FALSE(run.finished());
  train(run);
  EXPECT_TRUE(run.finished());
  EXPECT_EQ(run.folder(), folder.path() / "run");
  EXPECT_NE(read_file(run.folder() / "config.yaml").find("beta: 0.5"), std::string::npos);
  EXPECT_TRUE(read_file(run.folder() / "metrics.jsonl")
                  .starts_with("{\"step\":1,\"loss\":1.0}\n{\"step\":2,\"loss\":1.5}\n"));
  EXPECT_TRUE(read_file(run.folder() / "timing.jsonl").starts_with("{\"step\":1,\"seconds\":1.0}\n"));
  EXPECT_TRUE(
      read_file(run.folder() / "samples/answers.jsonl").starts_with("{\"step\":1,\"text\":\"1.000000\"}\n"));
  EXPECT_TRUE(fs::exists(run.folder() / "checkpoints/step-6/manifest.json"));
  EXPECT_TRUE(fs::exists(run.folder() / "tensorboard"));
  EXPECT_EQ(read_file(run.folder() / "final/notes.json"), "{\"a\":1}");
  EXPECT_EQ(read_file(run.folder() / "final/tokenizer.json"), "{}");
  const auto model = load_model(run.folder() / "final");
  EXPECT_TRUE(model->parameters().flat().equal(Decoder(tiny_config(), 3).parameters().flat()));
}

std::string refused(const fs::path& folder, const std::vector<std::string>& more) {
  try {
    open(folder, more);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Run, GoesOnOnlyWithWhatItBeganWith) {
  const TemporaryFolder folder;
  const fs::path data = folder.path() / "data.jsonl", path = folder.path() / "run";
  const std::vector<std::string> resume{"--resume", "--dataset", data.string()};
  write_file(data, "one");
  {
    auto run = open(path, {"--dataset", data.string()});
    train(run, 3);
  }
  EXPECT_EQ(refused(path, resume), "");
  write_file(data, "two");
  EXPECT_NE(refused(path, resume).find("data.jsonl has changed"), std::string::npos);
  fs::remove(data);
  EXPECT_NE(refused(path, resume).find("data.jsonl is gone"), std::string::npos);
  write_file(data, "one");
  fs::remove(path / "inputs.json");
  EXPECT_NE(refused(path, resume).find("inputs.json is missing"), std::string::npos);
  EXPECT_EQ(refused(path, {"--resume", "--allow_changed_inputs", "--dataset", data.string()}), "");
  EXPECT_EQ(refused(path, resume), "");
  fs::remove(path / "config.yaml");
  EXPECT_NE(refused(path, resume).find("not its config.yaml"), std::string::npos);
  EXPECT_NE(refused(path, {}).find("not its config.yaml"), std::string::npos);
}

TEST(Run, IsFinishedWhenEveryFileOfFinalIs) {
  const TemporaryFolder folder;
  auto run = open(folder.path() / "run");
  train(run);
  write_file(run.folder() / "final/README.md", "added later");
  EXPECT_TRUE(run.finished());
  write_file(run.folder() / "final/notes.json", "{\"a\":2}");
  EXPECT_FALSE(run.finished());
  fs::remove(run.folder() / "final/notes.json");
  EXPECT_FALSE(run.finished());
}

TEST(Run, KilledAnywhereAndResumedEndsWithTheSameBytes) {
  const TemporaryFolder folder;
  auto whole = open(folder.path() / "whole");
  train(whole);
  for (std::int64_t killed_at = 1; killed_at <= 6; ++killed_at) {
    const fs::path path = folder.path() / ("killed-" + std::to_string(killed_at));
    {
      auto killed = open(path);
      train(killed, killed_at);
    }
    {
      auto killed_again = open(path, {"--resume"});
      train(killed_again, std::min<std::int64_t>(6, killed_at + 1));
    }
    AppendFile(path / "metrics.jsonl").write_line("{\"step\":");  // torn
    auto resumed = open(path, {"--resume"});
    EXPECT_FALSE(resumed.finished());
    train(resumed);
    EXPECT_TRUE(resumed.finished());
    for (const char* file :
         {"metrics.jsonl", "samples/answers.jsonl", "final/model.safetensors", "final/config.json",
          "final/notes.json", "checkpoints/step-6/state.safetensors"}) {
      EXPECT_EQ(read_file(path / file), read_file(folder.path() / "whole" / file)) << file << killed_at;
    }
  }
}

TEST(Run, ResumeStartsWhereThereIsNothingYet) {
  const TemporaryFolder folder;
  auto run = open(folder.path() / "run", {"--resume"});
  EXPECT_FALSE(run.latest());
  EXPECT_TRUE(fs::exists(folder.path() / "run/config.yaml"));
}

TEST(Run, AnExistingRunIsNeitherMixedNorLost) {
  const TemporaryFolder folder;
  {
    auto run = open(folder.path());
    train(run);
  }
  write_file(folder.path() / "mine.txt", "not the run's");
  try {
    open(folder.path());
    ADD_FAILURE() << "opened a directory that holds a run";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("--resume"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("--overwrite"), std::string::npos);
  }
  EXPECT_TRUE(fs::exists(folder.path() / "final"));

  auto run = open(folder.path(), {"--overwrite"});
  EXPECT_FALSE(run.finished());
  EXPECT_FALSE(run.latest());
  EXPECT_FALSE(fs::exists(folder.path() / "metrics.jsonl"));
  EXPECT_TRUE(fs::exists(folder.path() / "mine.txt"));
}

TEST(Run, IsTakenBackOnlyWhileItHasProducedNothing) {
  const TemporaryFolder folder;
  open(folder.path() / "run").take_back();
  EXPECT_FALSE(fs::exists(folder.path() / "run"));
  auto run = open(folder.path() / "run");
  run.log(1, {});
  run.take_back();
  EXPECT_TRUE(fs::exists(folder.path() / "run/config.yaml"));
  EXPECT_TRUE(fs::exists(folder.path() / "run/metrics.jsonl"));
}

TEST(Run, WhatIsToBeReplacedStaysUntilTheNewRunProducesSomething) {
  const TemporaryFolder folder;
  const fs::path metrics = folder.path() / "metrics.jsonl", config = folder.path() / "config.yaml";
  {
    auto run = open(folder.path());
    train(run);
  }
  const std::string old_metrics = read_file(metrics), old_config = read_file(config);
  open(folder.path(), {"--overwrite", "--beta", "0.25"});  // killed before it produced anything
  open(folder.path(), {"--overwrite", "--beta", "0.75"}).take_back();
  EXPECT_EQ(read_file(metrics), old_metrics);
  EXPECT_EQ(read_file(config), old_config);
  EXPECT_TRUE(fs::exists(folder.path() / "checkpoints"));
  EXPECT_FALSE(fs::exists(folder.path() / ".replaced"));

  auto run = open(folder.path(), {"--overwrite", "--beta", "0.25"});
  run.log(1, {});
  EXPECT_FALSE(fs::exists(folder.path() / ".replaced"));
  run.take_back();
  EXPECT_NE(read_file(config), old_config);
  EXPECT_NE(read_file(metrics), old_metrics);
}

TEST(Run, HasItsDirectoryToItself) {
  const TemporaryFolder folder;
  {
    auto run = open(folder.path());
    run.log(1, {});
    EXPECT_THROW(open(folder.path(), {"--resume"}), Error);
    EXPECT_THROW(open(folder.path(), {"--overwrite"}), Error);
    EXPECT_TRUE(fs::exists(folder.path() / "metrics.jsonl"));
  }
  EXPECT_NO_THROW(open(folder.path(), {"--resume"}));
}

TEST(Run, AReplacementThatIsCutOffIsUndone) {
  const TemporaryFolder folder;
  const fs::path metrics = folder.path() / "metrics.jsonl", config = folder.path() / "config.yaml",
                 aside = folder.path() / ".replaced";
  {
    auto run = open(folder.path());
    train(run);
  }
  const std::string old_metrics = read_file(metrics);
  const auto expect_old = [&] {
    EXPECT_THROW(open(folder.path()), Error);  // holds a run
    EXPECT_EQ(read_file(metrics), old_metrics);
    EXPECT_TRUE(fs::exists(config));
    EXPECT_FALSE(fs::exists(aside));
  };
  fs::create_directories(aside);  // killed among the moves
  fs::rename(metrics, aside / "metrics.jsonl");
  expect_old();
  fs::create_directories(aside);  // killed after them
  fs::rename(metrics, aside / "metrics.jsonl");
  fs::rename(config, aside / "config.yaml");
  expect_old();
}

TEST(Run, TakenBackKeepsADirectoryThatWasThereBefore) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "disk");
  fs::create_directory_symlink(folder.path() / "disk", folder.path() / "link");
  open(folder.path() / "link").take_back();
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_TRUE(fs::is_empty(folder.path() / "disk"));
}

TEST(Run, ResumingWithAnotherConfigurationNamesTheOption) {
  const TemporaryFolder folder;
  open(folder.path());
  EXPECT_NO_THROW(open(folder.path(), {"--resume", "--save_steps", "7", "--logging_steps", "1"}));
  try {
    open(folder.path(), {"--resume", "--beta", "0.25"});
    ADD_FAILURE() << "resumed with another beta";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("beta 0.5"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace nudge
