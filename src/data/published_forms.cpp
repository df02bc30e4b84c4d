#include "data/published_forms.h"

#include <algorithm>
#include <vector>

namespace nudge {
namespace {

bool is_list_of(const Json& record, const char* column, const char* member) {
  const auto found = record.find(column);
  return found != record.end() && found->is_array() && !found->empty() &&
         std::ranges::all_of(*found,
                             [&](const Json& each) { return each.is_object() && each.contains(member); });
}

Json without(Json record, std::initializer_list<const char*> columns) {
  for (const char* column : columns) record.erase(column);
  return record;
}

Json safe_rlhf(const Json& record) {
  Json usual = without(record, {"response_0", "response_1", "better_response_id"});
  const bool second = record.at("better_response_id") == Json(1);
  usual["chosen"] = record.at(second ? "response_1" : "response_0");
  usual["rejected"] = record.at(second ? "response_0" : "response_1");
  return usual;
}

// Whole numbers, as ranks are; the greatest score is the best.
Json ranks_of(const std::vector<double>& scores) {
  Json ranks = Json::array();
  for (const double score : scores)
    ranks.push_back(std::ranges::count_if(scores, [&](double other) { return other > score; }));
  return ranks;
}

Json nectar(const Json& record) {
  Json usual = without(record, {"answers"});
  std::vector<double> scores;
  for (const Json& answer : record.at("answers")) {
    usual["completions"].push_back(answer.at("answer"));
    scores.push_back(-answer.at("rank").get<double>());
  }
  usual["ranks"] = ranks_of(scores);
  return usual;
}

Json ultra_feedback(const Json& record) {
  Json usual = without(record, {"completions"});
  std::vector<double> scores;
  for (const Json& answer : record.at("completions")) {
    usual["completions"].push_back(answer.at("response"));
    scores.push_back(answer.at("overall_score").get<double>());
  }
  usual["ranks"] = ranks_of(scores);
  return usual;
}

bool is_openai_preference(const Json& record) {
  const auto input = record.find("input");
  return input != record.end() && input->is_object() && is_list_of(*input, "messages", "role") &&
         is_list_of(record, "preferred_output", "role") && is_list_of(record, "non_preferred_output", "role");
}

Json openai_preference(const Json& record) {
  Json usual = without(record, {"input", "preferred_output", "non_preferred_output"});
  usual["prompt"] = record.at("input").at("messages");
  for (const char* shown : {"tools", "functions"})
    if (const Json value = record.at("input").value(shown, Json()); !value.empty()) usual[shown] = value;
  usual["chosen"] = record.at("preferred_output");
  usual["rejected"] = record.at("non_preferred_output");
  return usual;
}

bool all_numbers(const Json& list, const char* member) {
  return std::ranges::all_of(list, [&](const Json& each) { return each.at(member).is_number(); });
}

}  // namespace

std::optional<Json> usual_form(const Json& record) {
  if (record.contains("response_0") && record.contains("response_1") && record.contains("better_response_id"))
    return safe_rlhf(record);
  if (is_openai_preference(record)) return openai_preference(record);
  if (is_list_of(record, "answers", "answer") && is_list_of(record, "answers", "rank") &&
      all_numbers(record.at("answers"), "rank"))
    return nectar(record);
  if (is_list_of(record, "completions", "response") && is_list_of(record, "completions", "overall_score") &&
      all_numbers(record.at("completions"), "overall_score"))
    return ultra_feedback(record);
  return std::nullopt;
}

}  // namespace nudge
