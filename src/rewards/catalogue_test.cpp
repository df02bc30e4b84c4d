#include "rewards/catalogue.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

std::string misuse_of(const std::string& spec) {
  try {
    make_reward(parse_reward_spec(spec));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "nothing";
}

double score_of(const std::string& spec, const std::string& completion, Json columns = Json::object(),
                std::int64_t tokens = 0) {
  std::vector<Trajectory> one(1);
  one[0].prompt.extra = std::move(columns);
  one[0].completion = completion;
  one[0].completion_tokens.resize(static_cast<std::size_t>(tokens), 1);
  const auto reward = make_reward(parse_reward_spec(spec));
  reward->score(one);
  EXPECT_EQ(one[0].components.at(0).first, reward->name());
  return one[0].score;
}

TEST(RewardSpec, HasWeightNameSettingsArgument) {
  const RewardSpec spec = parse_reward_spec("-0.5*regex,full=true,name=polite:^a*b:c,d=e$");
  EXPECT_EQ(spec.weight, -0.5);
  EXPECT_EQ(spec.name, "regex");
  ASSERT_EQ(spec.settings.size(), 2u);
  EXPECT_EQ(spec.settings[1], (std::pair<std::string, std::string>("name", "polite")));
  EXPECT_EQ(spec.argument, "^a*b:c,d=e$");
  EXPECT_EQ(parse_reward_spec("regex:2*3").weight, 1);
  EXPECT_EQ(parse_reward_spec("http://host:80/a,b=c*").argument, "//host:80/a,b=c*");
}

TEST(Catalogue, EveryEntryIsMadeFromItsOwnName) {
  for (const CatalogueEntry& entry : reward_catalogue()) {
    EXPECT_TRUE(entry.usage.starts_with(entry.name)) << entry.usage;
    EXPECT_TRUE(entry.meaning.ends_with(".")) << entry.meaning;
  }
  EXPECT_EQ(make_reward(parse_reward_spec("number"))->name(), "number");
  EXPECT_EQ(make_reward(parse_reward_spec("number,name=right"))->name(), "right");
}

TEST(Catalogue, KnowsTrlsNames) {
  EXPECT_EQ(make_reward(parse_reward_spec("think_format_reward"))->name(), "think_format");
  EXPECT_EQ(score_of("get_soft_overlong_punishment,max_completion_len=100,soft_punish_cache=20", "x", {}, 90),
            -0.5);
}

TEST(Catalogue, RewardsMayHoldOthers) {
  const std::string spec = "cosine_scaled,max_len=100:final_answer:number,column=solution";
  EXPECT_NEAR(score_of(spec, "<think>2</think> 3", {{"solution", "3"}}, 25), 0.92678, 1e-5);
  EXPECT_NEAR(score_of(spec, "<think>3</think> 2", {{"solution", "3"}}, 25), -0.92678, 1e-5);
  EXPECT_TRUE(std::isnan(score_of(spec, "<think></think> 3", {{"solution", nullptr}}, 25)));
  EXPECT_EQ(score_of("final_answer:number", "3", {{"answer", 3}}), 0);
}

TEST(Catalogue, SaysWhatIsWrongWithASpec) {
  EXPECT_NE(misuse_of("nmber").find("did you mean number?"), std::string::npos) << misuse_of("nmber");
  EXPECT_NE(misuse_of("number,colum=x").find("did you mean column?"), std::string::npos);
  EXPECT_NE(misuse_of("heavy*number").find("weight"), std::string::npos);
  EXPECT_NE(misuse_of("number:5").find("nothing behind a colon"), std::string::npos);
  EXPECT_NE(misuse_of("number,strict").find("key=value"), std::string::npos);
  EXPECT_NE(misuse_of("number,strict=yes").find("true or false"), std::string::npos);
  EXPECT_NE(misuse_of("number,tolerance=-1").find("negative"), std::string::npos);
  EXPECT_NE(misuse_of("length").find("min or max"), std::string::npos);
  EXPECT_NE(misuse_of("regex").find("pattern"), std::string::npos);
  EXPECT_NE(misuse_of("regex:(").find("regular expression"), std::string::npos);
  EXPECT_NE(misuse_of("cosine_scaled,max_len=5:2*number").find("weight"), std::string::npos);
  EXPECT_NE(misuse_of("soft_overlong_punishment").find("max_completion_len"), std::string::npos);
  EXPECT_NE(misuse_of("").find("needs a name"), std::string::npos);
}

}  // namespace
}  // namespace nudge
