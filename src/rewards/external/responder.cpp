#include "rewards/external/responder.h"

#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

constexpr std::size_t kShown = 60;  // characters of a wrong answer in messages

ExternalScore failed(std::string why) {
  return {.failure = std::move(why)};
}

std::string shown(const std::string& text) {
  return text.size() <= kShown ? text : text.substr(0, kShown) + "...";
}

}  // namespace

Json request_of(const Trajectory& trajectory) {
  Json prompt = trajectory.prompt.text;
  if (trajectory.prompt.conversational()) {
    prompt = Json::array();
    for (const Message& message : trajectory.prompt.messages)
      prompt.push_back({{"role", message.role}, {"content", message.content}});
  }
  return {{"prompt", std::move(prompt)},
          {"completion", trajectory.completion},
          {"completion_ids", trajectory.completion_tokens},
          {"ended", trajectory.ended},
          {"columns", trajectory.prompt.extra}};
}

ExternalScore answer_of(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_number() && std::isfinite(value.get<double>())) return {.score = value.get<double>()};
  if (value.is_object() && value.contains("error")) {
    const Json& error = value["error"];
    return failed("said: " + shown(error.is_string() ? error.get<std::string>() : to_line(error)));
  }
  if (value.is_object() && value.contains("score") && !value["score"].is_object())
    return answer_of(value["score"]);
  return failed(fmt::format("answered {} where a number, null or {{\"score\": number}} was expected",
                            shown(to_line(value))));
}

ExternalScore answer_of_line(const std::string& line) {
  const Json value = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!value.is_discarded()) return answer_of(value);
  return failed("answered \"" + shown(line) + "\" where a number was expected");
}

}  // namespace nudge
