#include "rewards/external/responder.h"

#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

constexpr std::size_t kShown = 60, kShownError = 500;  // characters of an answer, of an error in messages

ExternalScore failed(std::string why) {
  return {.failure = std::move(why)};
}

std::string shown(const std::string& text, std::size_t most = kShown) {
  return text.size() <= most ? text : text.substr(0, most) + "...";
}

std::map<std::string, double> components_of(const Json& object) {
  std::map<std::string, double> components;
  const auto found = object.find("components");
  if (found == object.end() || !found->is_object()) return components;
  for (const auto& [name, value] : found->items())
    if (value.is_number() && std::isfinite(value.get<double>())) components[name] = value.get<double>();
  return components;
}

}  // namespace

Json request_of(const Trajectory& trajectory) {
  Json prompt = trajectory.prompt.text;
  if (trajectory.prompt.conversational()) {
    prompt = Json::array();
    for (const Message& message : trajectory.prompt.messages) prompt.push_back(to_json(message));
  }
  return {{"prompt", std::move(prompt)},
          {"completion", trajectory.completion},
          {"completion_ids", trajectory.completion_tokens},
          {"ended", trajectory.ended},
          {"policy_version", trajectory.policy_version},
          {"columns", trajectory.prompt.extra}};
}

ExternalScore answer_of(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_number() && std::isfinite(value.get<double>())) return {.score = value.get<double>()};
  if (value.is_object() && value.contains("error")) {
    const Json& error = value["error"];
    return failed("said: " +
                  shown(error.is_string() ? error.get<std::string>() : to_line(error), kShownError));
  }
  if (value.is_object() && value.contains("score") && !value["score"].is_object()) {
    ExternalScore answer = answer_of(value["score"]);
    answer.components = components_of(value);
    return answer;
  }
  return failed(fmt::format("answered {} where a number, null or {{\"score\": number}} was expected",
                            shown(to_line(value))));
}

std::string without_stop(std::string sentence) {
  if (sentence.ends_with('.')) sentence.pop_back();
  return sentence;
}

ExternalScore answer_of_line(const std::string& line) {
  try {
    return answer_of(parse_json(line, "the answer"));
  } catch (const Error& error) {
    return failed(fmt::format("answered \"{}\" where a number was expected ({})", shown(line),
                              without_stop(error.what())));
  }
}

}  // namespace nudge
