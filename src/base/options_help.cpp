#include "base/options_state.h"
#include "base/terminal.h"

namespace nudge {
namespace {

constexpr const char* kFirst = "Start with these";

std::string placeholder(const Options::State::Item& item) {
  if (!item.placeholder.empty()) return item.placeholder + (is_list(item.target) ? " ..." : "");
  return placeholder_of(item.target);
}

/// " [from 0 to 1; also --lambda] (default: 0.5)": what stands behind the sentence.
std::string notes(const Options::State::Item& item) {
  std::vector<std::string> notes;
  if (item.range && !item.range->text().empty()) notes.push_back(item.range->text());
  if (!item.other_names.empty()) notes.push_back("also --" + joined(item.other_names, ", --"));
  std::string text = notes.empty() ? "" : " [" + joined(notes, "; ") + "]";
  if (item.required) return text + " (required)";
  return item.default_text.empty() ? text : text + " (default: " + item.default_text + ")";
}

HelpLine line_of(const Options::State::Item& item) {
  const bool flag = std::holds_alternative<bool*>(item.target);
  HelpLine line{.section = item.first ? kFirst : item.section,
                .name = (flag ? "--[no_]" : "--") + item.name,
                .sentence = item.sentence};
  if (item.positional) {
    line.section = "Arguments";
    line.name = item.name;
  } else if (!flag) {
    line.name += " " + placeholder(item);
  }
  if (const auto names = names_taken_by(item.target); !names.empty())
    line.sentence += (is_list(item.target) ? " One or several: " : " One of ") + joined(names, ", ") + ".";
  line.sentence += notes(item);
  return line;
}

/// The command line under a heading, each line but the last with a backslash behind, so that it can be
/// pasted.
std::string wrapped_example(const std::string& line, int width) {
  if (line.empty()) return "";
  std::string text = wrap("  " + line, width - 2, 4);
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', end + 3))
    text.insert(end, " \\");
  return "\nExample\n  " + text + "\n";
}

}  // namespace

std::string Options::help(int width) const {
  std::string usage = "usage: nudge " + state_->command;
  std::vector<HelpLine> arguments, first, rest;
  for (const auto& item : state_->items) {
    if (item.positional) usage += item.required ? " " + item.name : " [" + item.name + "]";
    if (item.required && !item.positional) usage += " --" + item.name + " " + placeholder(item);
    (item.positional ? arguments : item.first ? first : rest).push_back(line_of(item));
  }
  std::vector<HelpLine> lines = arguments;
  lines.insert(lines.end(), first.begin(), first.end());
  lines.insert(lines.end(), rest.begin(), rest.end());
  lines.push_back({"General", "--config FILE", "Reads options from a YAML file; the command line wins."});
  lines.push_back({"General", "--help", "Shows this text."});
  return wrap(usage + " [--option value ...]", width) + "\n\n" + wrap(state_->summary, width) + "\n" +
         wrapped_example(state_->example, width) + help_lines(lines, width);
}

std::string Options::resolved_yaml() const {
  std::string text;
  for (const auto& item : state_->items) text += item.name + ": " + yaml_value(item.target) + "\n";
  return text;
}

}  // namespace nudge
