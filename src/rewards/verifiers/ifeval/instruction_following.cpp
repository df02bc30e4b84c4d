#include "rewards/verifiers/ifeval/instruction_following.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "rewards/verifiers/ifeval/instruction.h"
#include "rewards/verifiers/match.h"

namespace nudge {
namespace {

std::string without_asterisks(std::string text) {
  std::erase(text, '*');
  return text;
}

// The published loose forms: models open with "Sure, here it is:" and mark words with asterisks.
std::vector<std::string> loose_forms(const std::string& text) {
  const auto first = text.find('\n'), last = text.rfind('\n');
  std::vector<std::string> forms = {text};
  if (first != std::string::npos) {
    forms.emplace_back(trimmed(text.substr(first + 1)));
    forms.emplace_back(trimmed(text.substr(0, last)));
    forms.emplace_back(first < last ? trimmed(std::string_view(text).substr(first + 1, last - first - 1))
                                    : "");
  }
  for (std::size_t i = 0, plain = forms.size(); i < plain; ++i) forms.push_back(without_asterisks(forms[i]));
  return forms;
}

bool follows(const ifeval::Check& check, const std::vector<std::string>& forms) {
  return std::ranges::any_of(forms,
                             [&](const std::string& form) { return !trimmed(form).empty() && check(form); });
}

// One for each instruction of the record; none where it has none.
std::vector<ifeval::Check> checks_of(const Prompt& prompt) {
  const Json& columns = prompt.extra;
  const auto ids = columns.find("instruction_id_list"), kwargs = columns.find("kwargs");
  if (ids == columns.end() || kwargs == columns.end() || ids->empty()) return {};
  require(ids->is_array() && kwargs->is_array() && ids->size() == kwargs->size(),
          "ifeval: instruction_id_list and kwargs must be lists of one length.");
  std::vector<ifeval::Check> checks;
  for (std::size_t i = 0; i < ids->size(); ++i) {
    require((*ids)[i].is_string(), "ifeval: instruction_id_list must hold the names of instructions.");
    checks.push_back(ifeval::make_check((*ids)[i].get<std::string>(), (*kwargs)[i]));
  }
  return checks;
}

}  // namespace

double InstructionFollowing::operator()(const Trajectory& trajectory) const {
  const std::vector<ifeval::Check> checks = checks_of(trajectory.prompt);
  if (checks.empty()) return std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::string> forms =
      loose ? loose_forms(trajectory.completion) : std::vector{trajectory.completion};
  double followed = 0;
  for (const ifeval::Check& check : checks) followed += follows(check, forms);
  const auto all = static_cast<double>(checks.size());
  return score == Following::all ? followed == all : followed / all;
}

std::string InstructionFollowing::objection(const Prompt& prompt) const {
  try {
    checks_of(prompt);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

void declare(SpecReader& spec, InstructionFollowing& following) {
  spec.read("loose", following.loose);
  spec.read("score", following.score);
}

}  // namespace nudge
