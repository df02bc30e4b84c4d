#include "reward_models/opened_thought.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/temporary_folder.h"
#include "rewards/catalogue.h"
#include "text/bpe_trainer.h"

namespace nudge {
namespace {

class Opened : public testing::Test {
 protected:
  Opened() {
    write_file(folder_.path() / "tokenizer.json", train_bpe({"ab ba"}, {.vocab_size = 259}));
    write_file(folder_.path() / "tokenizer_config.json", R"({"eos_token": "<|endoftext|>"})");
    tokenizer_ = Tokenizer::load(folder_.path());
  }

  double score(const std::string& form, const std::string& rendered, const std::string& completion) const {
    OpenedThought reward(make_reward(parse_reward_spec(form)), tokenizer_.get());
    std::vector<Trajectory> one = {{.completion = completion}};
    one[0].prompt_tokens = tokenizer_->encode(rendered);
    reward.score(one);
    EXPECT_EQ(one[0].completion, completion);
    EXPECT_EQ(one[0].components.size(), 1U);
    return one[0].score;
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

TEST_F(Opened, ATemplateThatOpensTheThoughtBeginsTheForm) {
  const std::string plain = "<|user|>How many?<|assistant|>", opened = plain + "<think>\n";
  for (const std::string form : {"think_format", "tags:think,answer"}) {
    const std::string rest = "two and two</think> <answer>4</answer>";
    EXPECT_EQ(score(form, plain, "<think>" + rest), 1) << form;
    EXPECT_EQ(score(form, plain, rest), 0) << form;
    EXPECT_EQ(score(form, opened, rest), 1) << form;
    EXPECT_EQ(score(form, opened, "<think>" + rest), 0) << form << ": opened twice";
    EXPECT_EQ(score(form, opened, "no end"), 0) << form;
    EXPECT_EQ(score(form, plain + "<think>is what I do</think>", rest), 0) << form;
  }
}

TEST_F(Opened, WithoutTokensThePromptsTextSaysIt) {
  OpenedThought reward(make_reward(parse_reward_spec("think_format")), nullptr);
  std::vector<Trajectory> two = {{.prompt = {.text = "Q: <think>\n"}, .completion = "a</think>b"},
                                 {.prompt = {.text = "Q:"}, .completion = "a</think>b"}};
  reward.score(two);
  EXPECT_EQ(two[0].score, 1);
  EXPECT_EQ(two[1].score, 0);
}

}  // namespace
}  // namespace nudge
