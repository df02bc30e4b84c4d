// Programs as they come: good ones, and ones that hang, crash, babble, flood, ignore signals.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <fstream>

#include "base/files.h"
#include "base/temporary_folder.h"
#include "rewards/catalogue.h"
#include "rewards/external/external_reward.h"
#include "rewards/external/program_pool.h"

namespace nudge {
namespace {

std::vector<ExternalScore> ask(const std::string& shell, std::size_t count, ProgramOptions options = {}) {
  ProgramPool pool({"sh", "-c", shell}, options);
  std::vector<Json> requests;
  for (std::size_t i = 0; i < count; ++i)
    requests.push_back(request_of({.prompt = {.text = "p"}, .completion = std::string(i, 'x')}));
  return pool.ask(requests);
}

// Scores the length of the completion; `body` runs first, with the completion's length in `n`.
std::string python(const std::string& body, const std::string& before = "") {
  return "exec python3 -u -c '\nimport json, os, signal, sys, time\n" + before +
         "\nfor line in sys.stdin:\n request = json.loads(line)\n n = len(request[\"completion\"])\n" + body +
         "\n print(n)\n'";
}

std::string scores_of(const std::vector<ExternalScore>& answers) {
  std::string text;
  for (const ExternalScore& answer : answers)
    text += std::isnan(answer.score) ? "? " : fmt::format("{} ", answer.score);
  return text;
}

// No child of ours is left, running or undead.
void expect_no_children() {
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

class HostilePrograms : public testing::Test {
 protected:
  void TearDown() override { expect_no_children(); }
};
using Programs = HostilePrograms;

// Gone, or undead because nobody has asked how it ended.
bool is_over(pid_t process) {
  std::ifstream stat(fmt::format("/proc/{}/stat", process));
  std::string id, name, state;
  return !(stat >> id >> name >> state) || state == "Z" || state == "X";
}

TEST_F(Programs, EndWithUsEvenWhenWeAreKilled) {
  const TemporaryFolder folder;
  const std::filesystem::path ids = folder.path() / "ids";
  const pid_t run = fork();
  if (run == 0) {  // a run that waits for a program which never answers, and which has a child of its own
    ask(fmt::format("sleep 1000 & echo $$ $! > {0}.new; mv {0}.new {0}; wait", ids.string()), 1);
    _exit(0);
  }
  while (!std::filesystem::exists(ids)) usleep(1000);
  kill(run, SIGKILL);
  waitpid(run, nullptr, 0);
  pid_t program = 0, child = 0;
  std::ifstream(ids) >> program >> child;
  ASSERT_GT(program, 0);
  ASSERT_GT(child, 0);
  while (!is_over(program) || !is_over(child)) usleep(1000);
}

TEST_F(Programs, ScoreInOrderInAnyNumberOfBatchesAndProcesses) {
  for (const std::int64_t workers : {1, 3})
    for (const std::int64_t batch : {0, 1, 4})
      EXPECT_EQ(scores_of(ask(python(""), 10, {.workers = workers, .batch_size = batch})),
                "0 1 2 3 4 5 6 7 8 9 ");
  EXPECT_TRUE(ask(python(""), 0).empty());
}

TEST_F(Programs, MayBeAShellLoop) {
  EXPECT_EQ(scores_of(ask("while read -r line; do echo 0.5; done", 3)), "0.5 0.5 0.5 ");
}

TEST_F(Programs, MayWaitForTheWholeBatch) {
  const std::string whole =
      "exec python3 -c '\nimport json, sys\nbatch = []\nfor line in sys.stdin:\n "
      "batch.append(json.loads(line))\n"
      " if batch[-1][\"remaining\"] == 0:\n  for r in batch: print(len(batch))\n  sys.stdout.flush(); batch "
      "= []\n'";
  EXPECT_EQ(scores_of(ask(whole, 5, {.batch_size = 3})), "3 3 3 2 2 ");
}

// reward-nested-answer: writing what cannot be used into a sentence overflowed the stack.
TEST_F(Programs, AnswersNestedTooDeepAreNoScore) {
  for (const char* around :
       {"%s", "{\\\"score\\\": %s}", "{\\\"error\\\": %s}", "{\\\"score\\\": 1, \\\"components\\\": %s}"}) {
    const auto answers =
        ask(python(" print(\"" + std::string(around) + "\" % (\"[\" * 60000 + \"]\" * 60000)); continue"), 1);
    EXPECT_EQ(scores_of(answers), "? ") << around;
    EXPECT_NE(answers[0].failure.find("nested deeper than 64 levels"), std::string::npos)
        << answers[0].failure;
  }
}

TEST_F(Programs, MayAnswerNullOrObjects) {
  const auto answers = ask(
      python(" print([\"null\", \"{\\\"score\\\": 7}\", \"{\\\"error\\\": \\\"no idea\\\"}\"][n]); continue"),
      3);
  EXPECT_EQ(scores_of(answers), "? 7 ? ");
  EXPECT_EQ(answers[0].failure, "");
  EXPECT_EQ(answers[2].failure, "said: no idea");
}

TEST_F(HostilePrograms, CrashOnOneCompletionCostsOnlyThatOne) {
  const auto answers = ask(python(" if n == 3: sys.exit(\"cannot bear three\")"), 6);
  EXPECT_EQ(scores_of(answers), "0 1 2 ? 4 5 ");
  EXPECT_EQ(answers[3].failure, "ended with exit code 1, saying: cannot bear three");
}

TEST_F(HostilePrograms, DeathByASignalIsTold) {
  EXPECT_EQ(ask(python(" if n == 1: os.kill(os.getpid(), signal.SIGSEGV)"), 3)[1].failure,
            "was killed by signal 11");
}

TEST_F(HostilePrograms, OnesThatNeverStartAreGivenUp) {
  const std::string starts = testing::TempDir() + "hostile_starts";
  std::filesystem::remove(starts);
  const auto answers = ask("echo x >> " + starts + "; no_such_program_anywhere", 50);
  EXPECT_EQ(scores_of(answers).find_first_not_of("? "), std::string::npos);
  EXPECT_NE(answers[49].failure.find("exit code 127"), std::string::npos) << answers[49].failure;
  EXPECT_EQ(read_file(starts), "x\nx\nx\nx\n");  // the batch, then three of it one by one
}

TEST_F(HostilePrograms, HangOnOneCompletionCostsItsTime) {
  const auto answers = ask(python(" if n == 2: time.sleep(1000)"), 4, {.timeout = 3, .start_timeout = 60});
  EXPECT_EQ(scores_of(answers), "0 1 ? 3 ");
  EXPECT_TRUE(answers[2].failure.starts_with("gave no answer within ")) << answers[2].failure;
}

TEST_F(HostilePrograms, HangForeverIsGivenUp) {
  const auto answers = ask("sleep 1000", 20, {.timeout = 0.2, .start_timeout = 0.2});
  EXPECT_EQ(scores_of(answers).find_first_not_of("? "), std::string::npos);
}

TEST_F(HostilePrograms, IgnoringSignalsDoesNotHelp) {
  const std::string deaf =
      python(" time.sleep(1000)",
             "for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)");
  // TearDown sees that it is gone.
  EXPECT_EQ(scores_of(ask(deaf, 1, {.timeout = 0.3, .start_timeout = 1})), "? ");
}

TEST_F(HostilePrograms, ChildrenOfAProgramEndWithIt) {
  const std::string pid_file = testing::TempDir() + "hostile_child";
  ask("sleep 1000 & echo $! > " + pid_file + "; read line; sleep 1000", 1,
      {.timeout = 0.3, .start_timeout = 3});
  const std::string child = read_file(pid_file);
  const std::string status = "/proc/" + child.substr(0, child.find('\n')) + "/stat";
  const auto runs = [&] {
    return std::filesystem::exists(status) && read_file(status).find(") Z ") == std::string::npos;
  };
  for (int tries = 0; runs() && tries < 3000; ++tries) usleep(10000);
  EXPECT_FALSE(runs());
}

TEST_F(HostilePrograms, SlowStartHasItsOwnTime) {
  EXPECT_EQ(scores_of(ask(python("", "time.sleep(3.5)"), 2, {.timeout = 3, .start_timeout = 60})), "0 1 ");
}

TEST_F(HostilePrograms, GarbageFailsLineByLine) {
  const auto answers = ask(python(" if n % 2: print(\"hello \\xff [[[\"); continue"), 4);
  EXPECT_EQ(scores_of(answers), "0 ? 2 ? ");
  EXPECT_NE(answers[1].failure.find("hello"), std::string::npos) << answers[1].failure;
  EXPECT_EQ(scores_of(ask("while read -r line; do echo NaN; echo >&2; done", 2)), "? ? ");
  EXPECT_EQ(scores_of(ask("while read -r line; do echo; done", 2)), "? ? ");
  EXPECT_EQ(scores_of(ask("while read -r line; do echo 1e999; done", 2)), "? ? ");
}

TEST_F(HostilePrograms, TooFewLinesTimeOut) {
  const auto answers = ask(python(" if n == 1: continue"), 3, {.timeout = 3, .start_timeout = 60});
  EXPECT_EQ(scores_of(answers), "0 ? 2 ");
}

TEST_F(HostilePrograms, TooManyLinesAreNotTrusted) {
  const auto answers = ask("while read -r line; do printf '1\\n2\\n'; done", 3, {.batch_size = 1});
  EXPECT_EQ(scores_of(answers), "? ? ? ");
  EXPECT_EQ(answers[0].failure, "wrote more lines than it was asked for");
}

TEST_F(HostilePrograms, AHugeLineIsRefused) {
  const auto answers = ask("read line; exec yes | tr -d '\\n'", 1);
  EXPECT_EQ(answers[0].failure, "wrote a line of more than 1 MiB");
}

TEST_F(HostilePrograms, AFloodOnStderrBlocksNobody) {
  const auto answers = ask(python(" sys.stderr.write(\"noise \" * 100000)"), 3);
  EXPECT_EQ(scores_of(answers), "0 1 2 ");
}

TEST_F(HostilePrograms, NotReadingAtAllIsNoSigpipe) {
  std::vector<Json> large(4, Json{{"completion", std::string(1 << 20, 'x')}});
  ProgramPool deaf({"sh", "-c", "exec <&-; for i in 1 2 3 4; do echo $i; done; sleep 1000"},
                   {.batch_size = 4});
  EXPECT_EQ(scores_of(deaf.ask(large)), "1 2 3 4 ");
  ProgramPool gone({"true"}, {});
  EXPECT_EQ(scores_of(gone.ask(large)), "? ? ? ? ");
}

TEST_F(HostilePrograms, LargeRequestsAndAnswersDoNotDeadlock) {
  std::vector<Json> large(64, Json{{"completion", std::string(100000, 'x')}});
  ProgramPool pool(
      {"sh", "-c", python(" sys.stderr.write(\"x\" * 10000); print(\" \" * 50000 + str(n)); continue")},
      {.batch_size = 0});
  for (const ExternalScore& answer : pool.ask(large)) EXPECT_EQ(answer.score, 100000);
}

TEST_F(HostilePrograms, ARewardRecoversOnceTheProgramDoes) {
  const std::string flag = testing::TempDir() + "hostile_flag";
  std::filesystem::remove(flag);
  const auto reward =
      make_reward(parse_reward_spec("program:test -e " + flag + " && while read -r l; do echo 1; done"));
  std::vector<Trajectory> two(2);
  reward->score(two);
  EXPECT_TRUE(std::isnan(two[0].score));
  EXPECT_TRUE(std::isnan(two[1].score));
  write_file(flag, "");
  reward->score(two);
  EXPECT_EQ(two[1].score, 1);
}

}  // namespace
}  // namespace nudge
