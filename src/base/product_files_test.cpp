#include "base/product_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/temporary_folder.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

bool write_both(const fs::path& file, const std::string& bytes) {
  const fs::path manifest = file.string() + ".manifest.json";
  const NamedBytes beside{manifest, bytes};
  return write_with_companions({file, bytes}, {&beside, 1});
}

TEST(ProductFiles, AreReplacedTogether) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "votes.csv";
  for (const char* bytes : {"one", "two"}) {
    EXPECT_TRUE(write_both(file, bytes));
    EXPECT_EQ(read_file(file), bytes);
    EXPECT_EQ(read_file(file.string() + ".manifest.json"), bytes);
  }
}

TEST(ProductFiles, AFailureLeavesTheOldOnes) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "votes.csv";
  write_both(file, "one");
  const std::string two = "two";
  const NamedBytes nowhere{"/proc/no/such/folder", two};
  EXPECT_THROW(write_with_companions({file, two}, {&nowhere, 1}), Error);
  EXPECT_EQ(read_file(file), "one");
  EXPECT_EQ(read_file(file.string() + ".manifest.json"), "one");
}

/// Killed at moments all over two hundred replacements: never the bytes of one beside the manifest of
/// another.
TEST(ProductFiles, AKillLeavesNoFileBesideOneOfAnotherTime) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "votes.csv", manifest = file.string() + ".manifest.json";
  for (int round = 0; round < 60; ++round) {
    const pid_t child = fork();
    if (child == 0)
      for (int turn = 0;; ++turn) write_both(file, std::to_string(turn));
    usleep(static_cast<useconds_t>(1000 + 137 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (fs::exists(manifest)) {
      ASSERT_EQ(read_file(file), read_file(manifest)) << round;
    }
  }
}

TEST(ProductFiles, AStreamHasNoCompanions) {
  const TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const pid_t child = fork();
  if (child == 0) _exit(read_file(pipe) == "records" ? 0 : 1);
  EXPECT_FALSE(write_both(pipe, "records"));
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(fs::exists(pipe.string() + ".manifest.json"));
}

}  // namespace
}  // namespace nudge
