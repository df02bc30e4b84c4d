#include "data/hub_hint.h"

#include <gtest/gtest.h>

namespace nudge {
namespace {

TEST(HubHint, KnowsANameOnTheHubFromAPath) {
  EXPECT_EQ(hub_hint("meta-llama/Llama-3.2-1B", ""),
            " If it is a name on the Hugging Face hub, fetch it first: hf download meta-llama/Llama-3.2-1B "
            "--local-dir Llama-3.2-1B.");
  EXPECT_NE(hub_hint("trl-lib/Capybara", "dataset").find(" --repo-type dataset "), std::string::npos);
  for (const char* path : {"sft", "/tmp/sft", "./runs/sft", "../sft", "runs/tour/sft", "a b/c", "", "x/"})
    EXPECT_EQ(hub_hint(path, ""), "") << path;
}

}  // namespace
}  // namespace nudge
