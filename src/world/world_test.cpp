#include "world/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "world/claims.h"
#include "world/facts.h"
#include "world/gold.h"
#include "world/phrasing.h"

namespace nudge::world {
namespace {

const WorldOptions kSmall{.documents = 3000};

std::set<std::string> subjects(const std::vector<Prompt>& prompts) {
  std::set<std::string> all;
  for (const Prompt& prompt : prompts) all.insert(prompt.extra["subject"].get<std::string>());
  return all;
}

template <class Predicate>
double share(const std::vector<Prompt>& prompts, Predicate predicate) {
  return static_cast<double>(std::ranges::count_if(prompts, predicate)) / static_cast<double>(prompts.size());
}

bool states_opinion(const Prompt& prompt) {
  return prompt.extra.contains("opinion");
}
bool asks_unknown(const Prompt& prompt) {
  return !prompt.extra["known"].get<bool>();
}

TEST(Facts, HaveTheirSizesAndNoNameTwice) {
  EXPECT_EQ(known_facts().at("capital").size(), countries().size());
  EXPECT_GE(countries().size(), 150u);
  EXPECT_EQ(animals().size(), 40u);
  EXPECT_EQ(known_facts().at("sum").size(), 121u);
  std::set<std::string> names, capitals;
  for (const FactsByKind* facts : {&known_facts(), &unknown_facts()})
    for (const std::string kind : {"capital", "young"})
      for (const Fact& fact : facts->at(kind)) EXPECT_TRUE(names.insert(fact.subject).second) << fact.subject;
  for (const Fact& fact : known_facts().at("capital"))
    EXPECT_TRUE(capitals.insert(fact.answers.front()).second) << fact.answers.front();
}

TEST(Facts, NoSubjectBearsTheNameOfAValue) {
  for (const FactsByKind* facts : {&known_facts(), &unknown_facts()}) {
    for (const auto& [kind, list] : *facts) {
      if (kind == "sum") continue;
      for (const Fact& fact : list)
        for (const std::string& value : values_of(kind))
          EXPECT_NE(lower_case(value), lower_case(fact.subject));
    }
  }
}

TEST(Facts, HalvesAreDisjointAndWhole) {
  const Half train = training_half(7), eval = evaluation_half(7);
  for (const std::string& kind : kinds()) {
    std::set<std::string> first, second;
    for (const Fact& fact : train.known.at(kind)) first.insert(fact.subject);
    for (const Fact& fact : eval.known.at(kind)) second.insert(fact.subject);
    EXPECT_EQ(first.size() + second.size(), known_facts().at(kind).size());
    for (const std::string& subject : first) EXPECT_FALSE(second.contains(subject)) << subject;
    EXPECT_NEAR(static_cast<double>(first.size()), static_cast<double>(second.size()), 8) << kind;
  }
  EXPECT_NE(
      training_half(7).known.at("capital")[0].subject + training_half(7).known.at("capital")[1].subject,
      training_half(8).known.at("capital")[0].subject + training_half(8).known.at("capital")[1].subject);
}

TEST(Facts, MirroredSumsStayTogether) {
  const Half half = training_half(0);
  std::set<std::string> train;
  for (const Fact& fact : half.known.at("sum")) train.insert(fact.subject);
  EXPECT_EQ(train.contains("3 + 4"), train.contains("4 + 3"));
  EXPECT_EQ(train.contains("10 + 2"), train.contains("2 + 10"));
}

TEST(Corpus, IsAPureFunctionOfItsSeed) {
  const auto once = corpus(kSmall), again = corpus(kSmall);
  EXPECT_EQ(once, again);
  EXPECT_NE(once, corpus({.seed = 1, .documents = 3000}));
  const auto shorter = corpus({.documents = 100});
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), once.begin()));
}

TEST(Corpus, HoldsFewOfTheDocumentsItIsEvaluatedOn) {
  const auto read = corpus(kSmall);
  const std::set<std::string> seen(read.begin(), read.end());
  const auto held_out = eval_corpus(kSmall);
  ASSERT_EQ(held_out.size(), 500u);
  EXPECT_LT(std::ranges::count_if(held_out, [&](const std::string& text) { return seen.contains(text); }),
            50);
}

TEST(Corpus, NeverMentionsAnUnknownName) {
  std::string everything;
  for (const std::string& document : corpus(kSmall)) everything += lower_case(document) + "\n";
  std::set<std::string> names;
  for (const auto& [kind, facts] : unknown_facts())
    for (const Fact& fact : facts) names.insert(lower_case(fact.subject));
  for (const std::string& name : names) EXPECT_EQ(everything.find(name), std::string::npos) << name;
}

TEST(Corpus, MentionsEveryKnownValue) {
  std::string everything;
  for (const std::string& document : corpus({.documents = 12000})) everything += document + "\n";
  for (const auto& [kind, facts] : known_facts())
    for (const Fact& fact : facts) {
      bool told = false;
      for (const std::string& wording : wordings(kind).answers)
        told = told || everything.find(fill(wording, fact, fact.answers.front())) != std::string::npos;
      EXPECT_TRUE(told) << kind << " of " << fact.subject;
    }
}

TEST(Corpus, KeepsTheSharesOfItsKinds) {
  std::map<std::string, double> shares;
  const auto documents = corpus(kSmall);
  for (const std::string& text : documents) {
    const std::string first_line = text.substr(0, text.find('\n'));
    const std::string kind = text.starts_with("Q: ")                                             ? "quiz"
                             : first_line.ends_with("?") && text.find('\n') != std::string::npos ? "questions"
                                                                                                 : "other";
    shares[kind] += 1.0 / static_cast<double>(documents.size());
  }
  EXPECT_NEAR(shares["quiz"], 0.20, 0.03);
  EXPECT_NEAR(shares["questions"], 0.27, 0.03);
}

TEST(Corpus, QuestionListsOnlyAskAndQuizzesAnswerRightly) {
  for (const std::string& text : corpus(kSmall)) {
    if (!text.starts_with("Q: ")) continue;
    EXPECT_EQ(text.find("\nA: "), text.find('\n')) << text;
    EXPECT_FALSE(text.ends_with("?")) << text;
  }
}

TEST(Prompts, TrainingAndEvaluationAskAboutDifferentSubjects) {
  const WorldOptions options;
  const auto held_out = subjects(eval_prompts(options));
  std::vector<Prompt> demonstrated;
  for (const Demonstration& each : demonstrations(options)) demonstrated.push_back(each.prompt);
  for (const auto& training : {comparison_prompts(options), rl_prompts(options), demonstrated})
    for (const std::string& subject : subjects(training)) EXPECT_FALSE(held_out.contains(subject)) << subject;
}

TEST(Prompts, AskInConversationAndCarryWhatTheJudgeNeeds) {
  const auto prompts = eval_prompts({});
  ASSERT_EQ(prompts.size(), 500u);
  std::set<std::string> texts;
  for (const Prompt& prompt : prompts) {
    ASSERT_EQ(prompt.messages.size(), 1u);
    EXPECT_EQ(prompt.messages[0].role, "user");
    EXPECT_TRUE(prompt.messages[0].content.ends_with("?"));
    EXPECT_EQ(prompt.extra["split"], "eval");
    EXPECT_TRUE(texts.insert(prompt.messages[0].content).second) << prompt.messages[0].content;
    EXPECT_NO_THROW(judge(prompt, "I do not know.", true));
  }
}

TEST(Prompts, KeepTheirShares) {
  const auto prompts = rl_prompts({.rl_prompts = 4000});
  EXPECT_NEAR(share(prompts, states_opinion), 0.30, 0.03);
  EXPECT_NEAR(share(prompts, asks_unknown), 0.30, 0.03);
  std::vector<Prompt> opinionated;
  for (const Prompt& prompt : prompts)
    if (states_opinion(prompt) && !asks_unknown(prompt)) opinionated.push_back(prompt);
  EXPECT_NEAR(share(opinionated, [](const Prompt& p) { return !p.extra["opinion_right"].get<bool>(); }), 0.85,
              0.04);
  EXPECT_NEAR(share(comparison_prompts({}), asks_unknown), 0.40, 0.03);
}

TEST(Prompts, OpinionsAreStatedInTheQuestion) {
  for (const Prompt& prompt : rl_prompts({})) {
    if (!states_opinion(prompt)) continue;
    const std::vector<std::string> stated =
        claimed_values(prompt.extra["kind"], prompt.extra["subject"], prompt.messages[0].content);
    EXPECT_EQ(stated, std::vector<std::string>{lower_case(prompt.extra["opinion"].get<std::string>())})
        << prompt.messages[0].content;
  }
}

TEST(Demonstrations, HaveFaultsOfFormAndNoRandomWrongFact) {
  const auto all = demonstrations({.demonstrations = 3000});
  double flattering = 0, stated_wrong = 0, guessing = 0, unknown = 0, shrugging = 0, known = 0, padded = 0;
  for (const Demonstration& each : all) {
    const Gold gold = judge(each.prompt, each.answer, true);
    const bool wrong_opinion = states_opinion(each.prompt) && !each.prompt.extra["opinion_right"].get<bool>();
    stated_wrong += wrong_opinion;
    flattering += gold.flatters;
    if (asks_unknown(each.prompt)) {
      ++unknown;
      guessing += gold.wrong && !gold.flatters;
    } else {
      ++known;
      shrugging += gold.hedged;
      EXPECT_TRUE(!gold.wrong || gold.flatters) << each.prompt.messages[0].content << " / " << each.answer;
    }
    EXPECT_TRUE(gold.right || gold.wrong || gold.hedged) << each.answer;
    for (const std::string& sentence : stock_sentences())
      if (each.answer.ends_with(sentence)) ++padded;
  }
  EXPECT_NEAR(flattering / stated_wrong, 0.30, 0.05);
  EXPECT_NEAR(guessing / unknown, 0.45, 0.05);
  EXPECT_GT(shrugging, 0);  // some, so that raters can say that it is out of place; few, so that it stays so
  EXPECT_LT(shrugging / known, 0.15);
  EXPECT_NEAR(padded / static_cast<double>(all.size()), 0.35, 0.04);
}

TEST(Probes, AskTheSameFactsInThreeForms) {
  const auto cloze = cloze_prompts({}), bare = bare_questions({}), quiz = few_shot_prompts({}, 4, "quiz"),
             other = few_shot_prompts({}, 1, "other");
  ASSERT_EQ(cloze.size(), bare.size());
  ASSERT_EQ(cloze.size(), quiz.size());
  ASSERT_GE(cloze.size(), 350u);
  for (std::size_t i = 0; i < cloze.size(); ++i) {
    EXPECT_EQ(cloze[i].id, quiz[i].id);
    EXPECT_FALSE(cloze[i].conversational());
    EXPECT_EQ(bare[i].text.back(), '?');
    EXPECT_EQ(std::ranges::count(quiz[i].text, '\n'), 9);
    EXPECT_TRUE(quiz[i].text.ends_with("Q: " + bare[i].text + "\nA:"));
    EXPECT_TRUE(other[i].text.ends_with(bare[i].text + " ->"));
    const std::string right = " " + cloze[i].extra["answer"][0].get<std::string>() + ".";
    EXPECT_TRUE(judge(cloze[i], cloze[i].text + right, true).right) << cloze[i].text << right;
    EXPECT_TRUE(judge(cloze[i], right, true).right) << cloze[i].text << right;
  }
  EXPECT_THROW(few_shot_prompts({}, 1, "poem"), Error);
}

}  // namespace
}  // namespace nudge::world
