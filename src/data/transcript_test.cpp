// Transcripts in the form of HH-RLHF: their white space and the beginnings of answers (the cases
// transcript-space and transcript-prefill).
#include "data/transcript.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/byte_tokenizer_test.h"
#include "data/examples.h"
#include "data/messages.h"
#include "data/preference_tokens.h"
#include "data/read_all_test.h"
#include "data/records_file.h"
#include "text/chat_template.h"

namespace nudge {
namespace {

const std::vector<std::string> kSpecials = {"<|im_start|>", "<|im_end|>"};

const ChatFormat& plain() {
  static const ChatFormat format(std::make_shared<ByteTokenizer>(kSpecials, "<|im_end|>", ""));
  return format;
}

const ChatFormat& chatml() {
  static const ChatFormat format(std::make_shared<ByteTokenizer>(kSpecials, "<|im_end|>", kChatMlTemplate));
  return format;
}

std::string text(const ChatFormat& format, const std::vector<TokenId>& tokens) {
  return format.tokenizer().decode(tokens, true);
}

struct Texts {
  std::string prompt, completion;
};
Texts answered(const ChatFormat& format, const std::string& prompt, const Json& completion) {
  const Json record = {{"prompt", prompt}, {"completion", completion}};
  const Prompt read = prompt_of(record, "record");
  const auto answer = format.encode_answer(read, reply_to(read, record, "completion", "record"));
  return {text(format, answer.prompt), text(format, answer.completion)};
}

TEST(Transcript, StandsAsItCameWhereTheModelHasNoTemplate) {
  for (const char* prompt : {"\n\nHuman: Who said it?\n\nAssistant:", "\n\nHuman:Who \n\n\nAssistant: ",
                             "\n\nHuman:  A\n\nAssistant:B \n\nHuman:\tC\n\nAssistant:"}) {
    for (const char* completion : {" The king said it.", "The king", "  Two", " end \n"}) {
      const Texts read = answered(plain(), prompt, completion);
      EXPECT_EQ(read.prompt, prompt);
      EXPECT_EQ(read.completion, std::string(completion) + "<|im_end|>");
    }
  }
  EXPECT_EQ(text(plain(), plain().encode_prompt(prompt_of({{"prompt", "\n\nHuman: Hi"}}, "x"))),
            "\n\nHuman: Hi\n\nAssistant:");
}

TEST(Transcript, IsTheSameConversationAsItsMessages) {
  const std::string transcript = "\n\nHuman: Hi\n\nAssistant: Yes\n\nHuman: Why?\n\nAssistant:";
  const Prompt messages{.messages = {{"user", "Hi"}, {"assistant", "Yes"}, {"user", "Why?"}}};
  for (const ChatFormat* format : {&plain(), &chatml()}) {
    const Prompt read = prompt_of({{"prompt", transcript}}, "x");
    EXPECT_EQ(format->encode_prompt(read), format->encode_prompt(messages));
    const auto answer = format->encode_answer(read, " So.");
    EXPECT_EQ(answer.completion, format->encode_answer(messages, "So.").completion);
    auto whole = answer.prompt;
    whole.insert(whole.end(), answer.completion.begin(), answer.completion.end());
    whole.insert(whole.end(), answer.behind.begin(), answer.behind.end());
    auto turns = messages.messages;
    turns.push_back({"assistant", "So."});
    EXPECT_EQ(format->encode_conversation(turns).tokens, whole);
    const Texts from_list = answered(*format, transcript, messages_json({{"assistant", "So."}}));
    EXPECT_EQ(from_list.completion, text(*format, answer.completion));
  }
}

TEST(Transcript, TakesASystemColumnInItsOwnForm) {
  const std::string asked = "\n\nHuman: Hi\n\nAssistant:";
  const Json record = {{"system", "Be brief."}, {"prompt", asked}};
  Prompt read = prompt_of(record, "x");
  EXPECT_EQ(text(plain(), plain().encode_answer(read, " Yes").completion), " Yes<|im_end|>");
  EXPECT_EQ(text(plain(), plain().encode_prompt(read)), "\n\nSystem: Be brief." + asked);
  EXPECT_EQ(text(chatml(), chatml().encode_answer(read, " Yes").completion), "Yes<|im_end|>");
  const Prompt again = prompt_of({{"prompt", prompt_json(read)}}, "x");
  EXPECT_EQ(again.messages, read.messages);
  EXPECT_EQ(again.text, read.text);
}

TEST(Transcript, PairsKeepTheAnswersSpaceInEveryForm) {
  const std::string prompt = "\n\nHuman: Who said it?\n\nAssistant:";
  const Json explicit_form = {{"prompt", prompt}, {"chosen", " The king."}, {"rejected", " Ahoy!"}};
  const Json implicit_form = {{"chosen", prompt + " The king."}, {"rejected", prompt + " Ahoy!"}};
  for (const Json& record : {explicit_form, implicit_form}) {
    const auto pair = read_all({record}, preference_pairs).pairs.at(0);
    EXPECT_EQ(pair.chosen, " The king.");
    const auto tokens = preference_tokens({pair}, plain(), 99);
    EXPECT_EQ(text(plain(), tokens.completions[0].prompt_tokens), prompt);
    EXPECT_EQ(text(plain(), tokens.completions[0].completion_tokens), " The king.<|im_end|>");
    EXPECT_EQ(text(chatml(), preference_tokens({pair}, chatml(), 99).completions[0].completion_tokens),
              "The king.<|im_end|>");
    const Json written = pair_record(pair);
    EXPECT_EQ(written["prompt"], prompt);
    EXPECT_EQ(written["rejected"], " Ahoy!");
  }
}

TEST(Transcript, MayEndInTheBeginningOfTheAnswer) {
  const std::string prompt = "\n\nHuman: Name a color.\n\nAssistant: The color is";
  const Texts read = answered(plain(), prompt, " red.");
  EXPECT_EQ(read.prompt, prompt);
  EXPECT_EQ(read.completion, " red.<|im_end|>");
  const Texts rendered = answered(chatml(), prompt, " red.");
  EXPECT_EQ(rendered.prompt,
            "<|im_start|>user\nName a color.<|im_end|>\n<|im_start|>assistant\nThe color is");
  EXPECT_EQ(rendered.completion, " red.<|im_end|>");
  const Prompt begun = prompt_of({{"prompt", prompt}}, "x");
  EXPECT_EQ(text(chatml(), chatml().encode_prompt(begun)), rendered.prompt);
  EXPECT_EQ(begun.question(), "Name a color.");

  const Json pair = {{"prompt", prompt}, {"chosen", " red."}, {"rejected", " blue."}};
  const auto back =
      read_all({pair_record(read_all({pair}, preference_pairs).pairs.at(0))}, preference_pairs).pairs.at(0);
  EXPECT_EQ(back.prompt.text, prompt);
  EXPECT_EQ(back.chosen, " red.");
  const Json liked = {{"prompt", prompt}, {"completion", " red."}, {"label", true}};
  EXPECT_EQ(labelled_record(read_all({liked}, labelled_completions).completions.at(0))["prompt"], prompt);

  // A list of messages that ends so is refused: nothing says whether its last turn goes on.
  const Json turns = messages_json({{"user", "Name a color."}, {"assistant", "The color is"}});
  EXPECT_THROW(chatml().encode_prompt(prompt_of({{"prompt", turns}}, "x")), Error);
  EXPECT_THROW(prompt_of({{"prompt", "\n\nAssistant:"}}, "x"), Error);
}

TEST(Transcript, SamplesAreReadBackAsTheTokensThatTheyWere) {
  const Prompt transcript = prompt_of({{"prompt", "\n\nHuman: Who?\n\nAssistant:"}}, "x");
  const Prompt messages{.id = "m", .messages = {{"user", "Who?"}}};
  const auto decoded = [](const ChatFormat& format, const Prompt& prompt, const std::string& sampled) {
    const auto tokens = format.tokenizer().encode(sampled);
    const std::string answer = format.decode_answer(prompt, format.encode_prompt(prompt), tokens, true);
    EXPECT_EQ(text(format, format.encode_answer(prompt, answer).completion), sampled + "<|im_end|>");
    return answer;
  };
  for (const std::string sampled : {" The king", "The king", "  The", "", " end "}) {
    EXPECT_EQ(decoded(plain(), transcript, sampled), sampled);
    EXPECT_EQ(decoded(chatml(), transcript, sampled), " " + sampled) << "as it stands behind the transcript";
    EXPECT_EQ(decoded(chatml(), messages, sampled), sampled);
  }
  EXPECT_EQ(decoded(plain(), messages, " The king"), "The king") << "as the content of a turn";
}

}  // namespace
}  // namespace nudge
