#include "cli/program.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/out_of_memory.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

struct Outcome {
  int code;
  std::string out, err;
};

Outcome run(std::vector<std::string> words) {
  words.insert(words.begin(), "nudge");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = run_program(static_cast<int>(arguments.size()), arguments.data());
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(Program, HelpListsEveryCommandUnderItsStage) {
  const Outcome help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const Command& command : commands()) {
    EXPECT_NE(help.out.find(fmt::format("\n  {}", command.name)), std::string::npos) << command.name;
    EXPECT_NE(help.out.find(fmt::format("\n{}\n", command.stage)), std::string::npos) << command.stage;
  }
  EXPECT_EQ(help.err, "");
}

TEST(Program, NamesAreUniqueAndEveryCommandExplainsItself) {
  std::set<std::string> names;
  for (const Command& command : commands()) {
    EXPECT_TRUE(names.emplace(command.name).second) << command.name;
    testing::internal::CaptureStdout();
    const std::vector<std::string> arguments{"--help"};
    EXPECT_EQ(command.run(arguments), 0);
    const std::string help = testing::internal::GetCapturedStdout();
    EXPECT_TRUE(help.starts_with("usage: nudge " + std::string(command.name))) << help;
  }
}

TEST(Program, WrongUseIsOneSentenceAndTwo) {
  const Outcome unknown = run({"stf"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_EQ(unknown.err, "nudge: unknown command \"stf\"; did you mean \"sft\"?\n");
  EXPECT_EQ(run({"tokenizer", "trian"}).err,
            "nudge: unknown command \"tokenizer trian\"; did you mean \"tokenizer train\"?\n");
  EXPECT_EQ(run({"qqqqqqqq"}).err, "nudge: unknown command \"qqqqqqqq\"; see nudge --help.\n");
  const Outcome option = run({"inspect", "x", "--bogus"});
  EXPECT_EQ(option.code, 2);
  EXPECT_EQ(option.err, "nudge inspect: unknown option --bogus; see nudge inspect --help.\n");
  const Outcome nothing = run({});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_TRUE(nothing.err.starts_with("usage: "));
}

TEST(Program, HelpOfACommandIsTheSameWhicheverWay) {
  EXPECT_EQ(run({"help", "ppo"}).out, run({"ppo", "--help"}).out);
  EXPECT_EQ(run({"help", "tokenizer", "train"}).out, run({"tokenizer", "train", "--help"}).out);
  EXPECT_EQ(run({"help", "ppo"}).code, 0);
}

TEST(Program, GuessesWhatACommandWasMeantToBe) {
  for (const auto& [typed, meant] :
       std::vector<std::pair<std::string, std::string>>{{"snetsft", "sft"},
                                                        {"trainer", "sft"},
                                                        {"DPO", "dpo"},
                                                        {"online_dpo", "online-dpo"},
                                                        {"evaluate", "eval"},
                                                        {"grpo-trainer", "grpo"},
                                                        {"generate", "sample"},
                                                        {"pass_at_k", "pass-at-k"}})
    EXPECT_EQ(run({typed}).err,
              "nudge: unknown command \"" + typed + "\"; did you mean \"" + meant + "\"?\n");
}

TEST(Program, AnOptionOfTrlIsToldWhatToDoHere) {
  EXPECT_EQ(
      run({"sft", "--report_to", "wandb"}).err,
      "nudge sft: --report_to is an option of TRL; here: leave it out; nudge always writes TensorBoard files "
      "and metrics.jsonl.\n");
  const Outcome several = run({"grpo", "--use_vllm", "--bf16", "True", "--zzz", "1"});
  EXPECT_EQ(several.code, 2);
  EXPECT_EQ(std::count(several.err.begin(), several.err.end(), '\n'), 3) << several.err;
  EXPECT_NE(several.err.find("nudge grpo: unknown option --zzz; see nudge grpo --help.\n"),
            std::string::npos);
}

TEST(Program, AConfigurationOfTrlIsToldAllAtOnce) {
  const auto file =
      std::filesystem::temp_directory_path() / ("nudge-trl-" + std::to_string(getpid()) + ".yaml");
  std::ofstream(file) << "learning_rate: 2e-5\nreport_to: wandb\nbf16: true\nmodel_name_or_path: a/b\n";
  const Outcome told = run({"sft", "--config", file.string()});
  std::filesystem::remove(file);
  EXPECT_EQ(std::count(told.err.begin(), told.err.end(), '\n'), 3) << told.err;
  EXPECT_NE(told.err.find(file.string() + ": bf16 is an option of TRL; here: "), std::string::npos)
      << told.err;
}

TEST(Program, SaysItsNameOnce) {
  const Outcome buffer =
      run({"grpo", "--model", "x", "--dataset", "y", "--output_dir", "z", "--overlong_buffer", "999"});
  EXPECT_EQ(buffer.err, "nudge grpo: --overlong_buffer 999 is longer than --max_new_tokens, 256.\n");
  const Outcome shares =
      run({"dpo", "--model", "x", "--dataset", "y", "--output_dir", "z", "--loss_weights", "1", "2"});
  EXPECT_TRUE(shares.err.starts_with("nudge dpo: --loss_weights")) << shares.err;
}

TEST(Program, AModelOfAnotherFamilyIsNamedBeforeItsTokenizerIsRead) {
  const auto folder = std::filesystem::temp_directory_path() / ("nudge-family-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json")
      << R"({"model_type": "qwen3_moe", "architectures": ["Qwen3MoeForCausalLM"]})";
  std::ofstream(folder / "tokenizer.json")
      << R"({"pre_tokenizer": {"type": "Split", "pattern": {"String": " "}}})";
  std::ofstream(folder / "prompts.jsonl") << R"({"prompt": "a"})" << '\n';
  const std::string model = folder.string(), data = (folder / "prompts.jsonl").string();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"chat", model},
           {"sample", "--model", model, "--prompt", "a"},
           {"sft", "--model", model, "--dataset", data, "--output_dir", model + "/run"},
           {"dpo", "--model", model, "--dataset", data, "--output_dir", model + "/run"},
           {"reward", "--model", model, "--dataset", data, "--output_dir", model + "/run"},
           {"eval", "--model", model, "--dataset", data},
           {"ppo", "--model", model, "--reward", "number", "--dataset", data, "--output_dir", model + "/run"},
           {"score", "--reward", model, "--dataset", data},
           {"inspect", model}}) {
    const Outcome refused = run(words);
    EXPECT_EQ(refused.code, 1) << words[0];
    EXPECT_NE(refused.err.find("qwen3_moe"), std::string::npos) << words[0] << ": " << refused.err;
  }
  std::filesystem::remove_all(folder);
}

TEST(Program, ANameOnTheHubIsToldHowToFetch) {
  EXPECT_EQ(run({"chat", "meta-llama/Llama-3.2-1B"}).err,
            "nudge chat: meta-llama/Llama-3.2-1B: no such model directory. If it is a name on the Hugging "
            "Face hub, "
            "fetch it first: hf download meta-llama/Llama-3.2-1B --local-dir Llama-3.2-1B.\n");
}

TEST(Program, KnowsThatMemoryIsFullWhoeverSaysSo) {
  EXPECT_TRUE(out_of_memory(std::bad_alloc()));
  EXPECT_FALSE(out_of_memory(std::runtime_error("cannot allocate a reason")));
  try {
    at::empty({std::int64_t{1} << 50});
    FAIL() << "no machine has that much";
  } catch (const std::exception& error) {
    EXPECT_TRUE(out_of_memory(error)) << error.what();
  }
}

TEST(Program, AGroupListsItsCommands) {
  const Outcome group = run({"tokenizer", "--help"});
  EXPECT_EQ(group.code, 0);
  EXPECT_NE(group.out.find("tokenizer train"), std::string::npos);
  EXPECT_EQ(group.out.find("pretrain"), std::string::npos);
}

TEST(Program, AFailureIsOneSentenceAndOne) {
  const Outcome failure = run({"inspect", "/no/such/place"});
  EXPECT_EQ(failure.code, 1);
  EXPECT_EQ(failure.err, "nudge inspect: /no/such/place: no such file or directory.\n");
  EXPECT_EQ(failure.out, "");
}

TEST(Program, InspectPassesOverFoldersThatAreNoStep) {
  const auto folder = std::filesystem::temp_directory_path() / ("nudge-inspect-" + std::to_string(getpid()));
  for (const char* name : {"step-20", "step-99999999999999999999", "step--5", "step-", "step-3x"})
    std::filesystem::create_directories(folder / "checkpoints" / name);
  std::ofstream(folder / "config.yaml") << "seed: 0\n";
  const Outcome run_folder = run({"inspect", folder.string()});
  std::filesystem::remove_all(folder);
  EXPECT_EQ(run_folder.code, 0) << run_folder.err;
  EXPECT_NE(run_folder.out.find("at step 20\n"), std::string::npos) << run_folder.out;
}

TEST(Program, VersionNamesTorchToo) {
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("nudge 0.") && version.out.find("torch 2.") != std::string::npos)
      << version.out;
}

}  // namespace
}  // namespace nudge
