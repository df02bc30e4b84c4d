#include "training/run_inputs.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/temporary_folder.h"

namespace nudge {
namespace {

TEST(RunInputs, AreTheFilesThatOptionsName) {
  const TemporaryFolder folder;
  const auto at = [&](const std::string& name) { return (folder.path() / name).string(); };
  for (const char* name :
       {"data.jsonl", "rewards.py", "model/config.json", "model/model.safetensors", "model/README.md",
        "run/final/config.json", "run/metrics.jsonl", "out/config.json"})
    write_file(folder.path() / name, name);
  const Json inputs =
      run_inputs("model: " + at("model") + "\nreference: " + at("run") + "\ndataset: " + at("data.jsonl") +
                 "\nreward: [\"python:" + at("rewards.py") +
                 ":good,weight=2\", number]\noutput_dir: " + at("out") + "\nbeta: 0.1\n");
  std::vector<std::string> files;
  for (const auto& [option, named] : inputs.items())
    for (const auto& [file, facts] : named.items())
      files.push_back(option + " " + file.substr(at("").size()));
  EXPECT_EQ(files, (std::vector<std::string>{"model model/config.json", "model model/model.safetensors",
                                             "reference run/final/config.json", "dataset data.jsonl",
                                             "reward rewards.py"}));
  EXPECT_EQ(inputs["dataset"][at("data.jsonl")]["bytes"], 10);
  EXPECT_EQ(inputs["dataset"][at("data.jsonl")]["sha256"], sha256("data.jsonl"));
}

TEST(RunInputs, OfADatasetAreTheFilesThatItsCommandReads) {
  const TemporaryFolder folder;
  const auto at = [&](const std::string& name) { return (folder.path() / name).string(); };
  for (const char* name :
       {"set/train.jsonl", "set/test.jsonl", "set/README.md", "more/a.jsonl", "more/b.csv"})
    write_file(folder.path() / name, name);
  for (const char* mixture : {"mix.yaml", "mix.yml"})
    write_file(folder.path() / mixture, "datasets: [{path: set/train.jsonl}]");
  const Json inputs =
      run_inputs("dataset: [" + at("set") + ", \"" + at("more/*.csv") + "\", " + at("mix.yaml") + ", " +
                 at("mix.yml") + "]\neval_dataset: [" + at("set") + "]\nsplit: train\n");
  std::vector<std::string> files;
  for (const auto& [option, named] : inputs.items())
    for (const auto& [file, facts] : named.items())
      files.push_back(option + " " + file.substr(at("").size()));
  EXPECT_EQ(files,
            (std::vector<std::string>{"dataset set/train.jsonl", "dataset more/b.csv", "dataset mix.yaml",
                                      "dataset mix.yml", "eval_dataset set/test.jsonl"}));
}

}  // namespace
}  // namespace nudge
