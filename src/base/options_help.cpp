#include "base/options_state.h"
#include "base/terminal.h"

namespace nudge {
namespace {

HelpLine line_of(const Options::State::Item& item) {
  const bool flag = std::holds_alternative<bool*>(item.target);
  HelpLine line{
      .section = item.section, .name = (flag ? "--[no_]" : "--") + item.name, .sentence = item.sentence};
  if (item.positional) {
    line.section = "arguments";
    line.name = item.name;
  } else if (!flag) {
    line.name += " " + (item.choices.empty() ? placeholder_of(item.target) : "CHOICE");
  }
  if (!item.choices.empty()) line.sentence += " One of " + joined(item.choices, ", ") + ".";
  if (item.required) {
    line.sentence += " (required)";
  } else if (!item.default_text.empty()) {
    line.sentence += " (default: " + item.default_text + ")";
  }
  return line;
}

}  // namespace

std::string Options::help(int width) const {
  std::string usage = "usage: nudge " + state_->command;
  std::vector<HelpLine> lines;
  for (const auto& item : state_->items) {
    if (item.positional) usage += item.required ? " " + item.name : " [" + item.name + "]";
    if (item.required && !item.positional) usage += " --" + item.name + " " + placeholder_of(item.target);
    lines.push_back(line_of(item));
  }
  lines.push_back({"general", "--config FILE", "Reads options from a YAML file; the command line wins."});
  lines.push_back({"general", "--help", "Shows this text."});
  return wrap(usage + " [--option value ...]", width) + "\n\n" + wrap(state_->summary, width) + "\n" +
         help_lines(lines, width);
}

std::string Options::resolved_yaml() const {
  std::string text;
  for (const auto& item : state_->items) text += item.name + ": " + yaml_value(item.target) + "\n";
  return text;
}

}  // namespace nudge
