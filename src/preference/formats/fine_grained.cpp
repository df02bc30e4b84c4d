// Fine-grained RLHF (Wu et al. 2023): K answers, and a person's choice in each of the C(K, 2) pairs of them.
#include <array>
#include <span>
#include <string>

#include "base/error.h"
#include "preference/formats/importers.h"

namespace nudge {
namespace {

/// choices[i][j]: 1 answer i is better than j, -1 worse, 0 a tie.
using Choices = std::vector<std::vector<int>>;

Choices choices_of(const std::vector<std::int64_t>& listed, std::size_t answers) {
  require(listed.size() == answers * (answers - 1) / 2,
          "there are {} preferences for the pairs of {} answers", listed.size(), answers);
  Choices choices(answers, std::vector<int>(answers));
  auto next = listed.begin();
  for (std::size_t i = 0; i < answers; ++i)
    for (std::size_t j = i + 1; j < answers; ++j) {
      require(*next >= 0 && *next <= 2, "a preference is 1, 2 or 0 for a tie, but came {}", *next);
      choices[i][j] = *next == 0 ? 0 : *next == 1 ? 1 : -1;
      choices[j][i] = -choices[i][j];
      ++next;
    }
  return choices;
}

/// By how many answers are better; of choices in one order (ties included) that is the order itself.
std::vector<std::int64_t> ranks_of(const Choices& choices) {
  std::vector<double> beaten_by;
  for (const std::vector<int>& row : choices) {
    double better = 0;
    for (const int choice : row) better += choice < 0;
    beaten_by.push_back(better);
  }
  return dense_ranks(beaten_by);
}

bool in_order(const Choices& choices, std::span<const std::size_t> answers) {
  Choices part;
  for (const std::size_t i : answers) {
    part.emplace_back();
    for (const std::size_t j : answers) part.back().push_back(choices[i][j]);
  }
  const auto ranks = ranks_of(part);
  for (std::size_t i = 0; i < part.size(); ++i)
    for (std::size_t j = 0; j < part.size(); ++j) {
      const int by_rank = ranks[i] < ranks[j] ? 1 : ranks[i] == ranks[j] ? 0 : -1;
      if (part[i][j] != by_rank) return false;
    }
  return true;
}

/// Triples that no order explains: A better than B and C, B as good as C, and the like.
int intransitive_triples(const Choices& choices) {
  int count = 0;
  for (std::size_t a = 0; a < choices.size(); ++a)
    for (std::size_t b = a + 1; b < choices.size(); ++b)
      for (std::size_t c = b + 1; c < choices.size(); ++c) count += !in_order(choices, std::array{a, b, c});
  return count;
}

std::vector<Answer> answers_of(const Json& record) {
  std::vector<Answer> answers;
  for (std::size_t i = 1;; ++i) {
    const std::string column = fmt::format("prediction {}", i);
    if (!record.contains(column)) break;
    answers.push_back({.content = get<std::string>(record, column, kThisRecord)});
  }
  return answers;
}

void import_item(const Json& record, ImportCollector& out) {
  Comparison whole;
  whole.prompt = instruction_prompt(get<std::string>(record, "question", kThisRecord), "");
  for (const char* column : {"passages", "gold", "feedback"})
    if (record.contains(column)) whole.prompt.extra[column] = record.at(column);
  whole.answers = answers_of(record);
  const Choices choices =
      choices_of(get<std::vector<std::int64_t>>(record, "preference", kThisRecord), whole.answers.size());
  Vote vote = vote_of(record);
  const int broken = intransitive_triples(choices);
  if (broken == 0) {
    vote.ranks = ranks_of(choices);
    out.add(std::move(whole), {std::move(vote)});
    return;
  }
  for (int i = 0; i < broken; ++i)
    out.note("a triple of answers in no order (intransitive); its record is taken apart into pairs");
  for (std::size_t i = 0; i < choices.size(); ++i)
    for (std::size_t j = i + 1; j < choices.size(); ++j) {
      const int choice = choices[i][j];
      vote.ranks = {choice < 0, choice > 0};
      out.add({.prompt = whole.prompt, .answers = {whole.answers[i], whole.answers[j]}}, {vote});
    }
}

}  // namespace

void import_fine_grained(const ImportRecords& records, ImportCollector& out) {
  out.each(records, [&](const Json& record) { import_item(record, out); });
}

}  // namespace nudge
