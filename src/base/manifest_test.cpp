#include "base/manifest.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/temporary_folder.h"

namespace nudge {
namespace {

TEST(Manifest, SamplesTellFilesApartByTheirSizeAndTheirEnds) {
  const TemporaryFolder folder;
  const auto facts = [&](const std::string& bytes) {
    write_file(folder.path() / "file", bytes);
    return sampled_facts(folder.path() / "file");
  };
  std::string bytes(40'000'003, 'a');
  const Json before = facts(bytes);
  EXPECT_EQ(before["bytes"], 40'000'003);
  EXPECT_EQ(facts(bytes), before);
  bytes.back() = 'b';
  EXPECT_NE(facts(bytes), before);
  bytes.back() = 'a';
  bytes.front() = 'b';
  EXPECT_NE(facts(bytes), before);
  EXPECT_NE(facts(std::string(40'000'004, 'a')), before);
  EXPECT_EQ(facts("")["bytes"], 0);
}

}  // namespace
}  // namespace nudge
