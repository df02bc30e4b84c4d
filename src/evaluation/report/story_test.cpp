#include "evaluation/report/story.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nudge::report {
namespace {

Json around(double value, double half) {
  return {{"value", value}, {"low", value - half}, {"high", value + half}};
}

Json model(const std::string& name, double kl_coef, double gold, double proxy, double kl, double win_rate) {
  return {{"name", name},
          {"kind", "ppo"},
          {"kl_coef", kl_coef},
          {"judge", around(gold, .08)},
          {"proxy", around(proxy, .08)},
          {"kl", around(kl, .05)},
          {"win_rate", around(win_rate, .025)},
          {"length_words", around(8, .3)},
          {"distinct", .5},
          {"world", {{"right_plain", around(.7, .05)}, {"guess_unknown", around(.05, .03)}}}};
}

Json small_report() {
  Json sft = {{"name", "sft"},
              {"kind", "sft"},
              {"judge", around(.24, .08)},
              {"proxy", around(0, .08)},
              {"length_words", around(9, .3)},
              {"distinct", .72},
              {"world",
               {{"right_plain", around(.76, .05)},
                {"guess_unknown", around(.28, .05)},
                {"flattery", around(.3, .05)}}}};
  return {{"seed", 7},
          {"leash", 1.0},
          {"models", {sft, model("loose", 0, .05, 1.8, 5.5, .4), model("tied", 1, .5, .38, .47, .6)}}};
}

Json full_report() {
  Json report = small_report();
  report["base"] = {{"cloze", {{"all", around(.94, .02)}, {"capital", around(.85, .05)}}},
                    {"bare",
                     {{"answered", around(.01, .005)},
                      {"next_is_question", around(.86, .03)},
                      {"texts", {{{"prompt", "Where is Chad?"}, {"answer", "\nWhere is Peru?"}}}}}},
                    {"few_shot",
                     {{{"form", "quiz"}, {"shots", 1}, {"right", around(.6, .05)}},
                      {{"form", "other"}, {"shots", 4}, {"right", around(.01, .01)}}}}};
  report["raters"] = {{"pairs", 1908}, {"agreement", around(.66, .03)}, {"gold_agreement", around(.69, .02)}};
  report["reward_model"] = {{"accuracy", around(.63, .05)},
                            {"ece", .061},
                            {"temperature", 1.4},
                            {"length_correlation", .3},
                            {"reliability", {{{"predicted", .6}, {"observed", .55}, {"count", 9}}}}};
  report["ppo_curves"] = {{{"name", "tied"},
                           {"steps",
                            {{{"step", 1}, {"objective/scores", .1}, {"monitor/gold", .1}},
                             {{"step", 2}, {"objective/scores", .2}, {"monitor/gold", .3}}}}}};
  report["best_of_n"] = {{{"n", 1}, {"kl", 0}, {"proxy", around(0, .1)}, {"gold", around(.2, .08)}},
                         {{"n", 4}, {"kl", .64}, {"proxy", around(.6, .1)}, {"gold", around(.46, .07)}}};
  report["texts"] = {{{"question", "<i>Where</i> is Chad?"},
                      {"tags", {"continent"}},
                      {"answers",
                       {{{"model", "sft"}, {"answer", "<script>alert(1)</script>"}, {"gold", -1}},
                        {{"model", "loose"}, {"answer", "I do not know."}}}}}};
  report["stages"] = {{{"title", "Fine-tune"}, {"command", "nudge sft --seed 7"}}};
  report["settings"] = {{"temperature", .7}};
  return report;
}

TEST(Story, AsksRealQuestionsAtEveryStage) {
  Json report = small_report();
  const auto asked = [](const char* model, const char* form, double answered) {
    return Json{{"model", model},
                {"form", form},
                {"count", 247},
                {"answered", around(answered, .02)},
                {"asks_on", around(.3, .02)},
                {"repeats", around(.1, .02)},
                {"texts", {{{"prompt", "What is <b>ice</b>?"}, {"answer", "Water."}}}}};
  };
  report["title"] = "A real model";
  report["questions"] = {asked("base", "bare", .33), asked("base", "few-shot", .62),
                         asked("sft", "chat", .49)};
  report["tasks"] = {{{"model", "sft"}, {"task", "GSM8K"}, {"count", 32}, {"right", around(.05, .04)}}};
  report["reward_models"] = {{{"name", "PandaLM"},
                              {"accuracy", around(.7, .05)},
                              {"length_alone", around(.76, .04)},
                              {"ceiling", nullptr}}};
  const std::string page = story(report);
  for (const char* words : {"A real model", "it in 33.0", "it answers 62.0", "answers 49.0",
                            "What is &lt;b&gt;ice", "GSM8K", "PandaLM: length alone"})
    EXPECT_NE(page.find(words), std::string::npos) << words;
  EXPECT_EQ(page.find("a rater with the others"), std::string::npos);
  EXPECT_EQ(page.find("Of the questions at the beginning"), std::string::npos);
  const auto name = report["models"][2]["name"].get<std::string>();  // the leashed one
  report["questions"].push_back(asked(name.c_str(), "chat", .48));
  EXPECT_EQ(story(report).find("Of the questions at the beginning"), std::string::npos) << "within chance";
  report["questions"].back() = asked(name.c_str(), "chat", .31);
  EXPECT_NE(story(report).find("it answers 31.0\u202F% [29.0, 33.0] where SFT answered 49.0"),
            std::string::npos);
}

bool tells(const Json& report, const std::string& words) {
  return story(report).find(words) != std::string::npos;
}

TEST(Story, TellsEveryChapterInOrder) {
  const std::string page = story(full_report());
  std::size_t last = 0;
  for (const char* title :
       {"It knows, and does not answer", "Worked examples help", "Demonstrations do most", "Raters compare",
        "A reward model learns", "On the leash, PPO beats SFT", "Without the leash, the reward rises",
        "How far to go", "best of n", "What goes wrong", "How it was made"}) {
    const auto at = page.find(std::string("</span>") + title);
    const auto heading = at == std::string::npos ? page.find(std::string(title) + "</h2>") : at;
    ASSERT_NE(heading, std::string::npos) << title;
    EXPECT_GT(heading, last) << title;
    last = heading;
  }
  EXPECT_NE(page.find("60.0\u202F% [57.5, 62.5]"), std::string::npos);
  EXPECT_NE(page.find("Gold score during PPO"), std::string::npos);
  EXPECT_NE(page.find("nudge sft --seed 7"), std::string::npos);
  EXPECT_NE(page.find("seed 7"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<i>"), std::string::npos);
  EXPECT_EQ(page.find(">nan"), std::string::npos);
}

Json successor(const std::string& kind, const std::string& label, double gold) {
  Json json = model(label, 1, gold, .4, .5, .56);
  json["kind"] = kind;
  json["label"] = label;
  json.erase("kl_coef");
  return json;
}

TEST(Story, SetsTheSuccessorsBesideTheLeash) {
  Json report = full_report();
  EXPECT_FALSE(tells(report, "Other ways"));
  const auto gold_rising_to = [](double last) {
    std::vector<double> gold;
    for (int step = 1; step <= 10; ++step) gold.push_back(last * step / 10);
    return gold;
  };
  report["models"][2]["training"] = {{"samples", 1000}, {"gold_by_step", gold_rising_to(.49)}};
  Json quick = successor("online", "GRPO", .5), slow = successor("online", "RLOO", .3);
  quick["training"] = {{"samples", 1280}, {"gold_by_step", gold_rising_to(1)}};
  slow["training"] = {{"samples", 1280}, {"gold_by_step", gold_rising_to(.2)}};
  Json dpo = successor("offline", "DPO", .4);
  dpo["win_rate"] = around(.5, .03);
  dpo["training"] = {{"pairs", 21000}};
  for (const Json& each : {quick, slow, dpo}) report["models"].push_back(each);
  EXPECT_TRUE(tells(report, "Other ways from the same comparisons"));
  EXPECT_TRUE(tells(report, "Better than SFT by the gold judge: GRPO, RLOO."));
  EXPECT_TRUE(tells(report, "50\u202F% or lower): DPO."));
  EXPECT_TRUE(tells(report, ">768<"));  // GRPO: six rollouts of 128 average .4; the last five of PPO .392
  EXPECT_TRUE(tells(report, "not reached"));
}

TEST(Story, LeavesOutWhatWasNotMeasured) {
  const std::string page = story(small_report());
  EXPECT_EQ(page.find("Raters compare"), std::string::npos);
  EXPECT_EQ(page.find("best of n</h2>"), std::string::npos);
  EXPECT_NE(page.find("What goes wrong"), std::string::npos);
}

TEST(Story, SaysSoWhenTheNumbersSettleNothing) {
  Json report = small_report();
  EXPECT_TRUE(tells(report, "PPO beats SFT"));
  report["models"][2]["win_rate"] = around(.51, .03);
  EXPECT_FALSE(tells(report, "PPO beats SFT"));
  EXPECT_TRUE(tells(report, "the interval includes 50"));
  report["models"][2]["win_rate"] = around(.4, .03);
  EXPECT_TRUE(tells(report, "worse than SFT"));
}

TEST(Story, SaysSoWhenOverOptimisationDoesNotShow) {
  Json report = small_report();
  EXPECT_TRUE(tells(report, "This is over-optimisation"));
  report["models"][1]["judge"] = around(.45, .08);
  EXPECT_FALSE(tells(report, "This is over-optimisation"));
  EXPECT_TRUE(tells(report, "these prompts do not settle"));
  report["models"][1]["proxy"] = around(.3, .08);
  EXPECT_TRUE(tells(report, "does not show in this run"));
}

TEST(Story, SaysSoWhenTheBaseModelAnswers) {
  Json report = full_report();
  report["base"]["bare"]["answered"] = around(.3, .03);
  EXPECT_FALSE(tells(report, "It knows, and does not answer"));
  EXPECT_TRUE(tells(report, "is not complete"));
}

TEST(Story, NamesWhatIsWrongWithItsInput) {
  EXPECT_THROW(story(Json::object()), Error);
  Json report = small_report();
  report["models"].erase(0);
  EXPECT_THROW(story(report), Error);
  report = small_report();
  report["models"][1]["judge"] = "high";
  try {
    story(report);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("model loose, judge"), std::string::npos);
  }
}

TEST(Story, BearsNumbersThatAreNotFinite) {
  Json report = full_report();
  report["models"][1]["judge"] = {{"value", nullptr}, {"low", nullptr}, {"high", nullptr}};
  report["models"][1]["perplexity"] = nullptr;
  report["reward_model"]["length_correlation"] = nullptr;
  EXPECT_FALSE(story(report).empty());
}

}  // namespace
}  // namespace nudge::report
