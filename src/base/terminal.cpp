#include "base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace nudge {
namespace {

constexpr int kNarrowest = 40;

std::string name_and_sentence(std::string_view name, std::string_view sentence, int name_columns, int width) {
  const bool narrow = width < 72;
  const int indent = narrow ? 6 : name_columns + 4;
  std::string text = "  " + std::string(name);
  if (narrow || columns(name) > name_columns) {
    text += "\n" + std::string(indent, ' ');
  } else {
    text += std::string(indent - 2 - columns(name), ' ');
  }
  return text + wrap(sentence, width, indent) + "\n";
}

}  // namespace

int terminal_columns(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return std::max<int>(size.ws_col, kNarrowest);
  if (const char* columns = std::getenv("COLUMNS")) {
    if (const int wanted = std::atoi(columns); wanted > 0) return std::max(wanted, kNarrowest);
  }
  return 80;
}

int columns(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string wrap(std::string_view text, int width, int indent) {
  std::string lines;
  int column = indent;
  while (!text.empty()) {
    const auto space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (word.empty()) continue;
    if (column > indent && column + 1 + columns(word) > width) {
      lines += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += columns(word);
  }
  return lines;
}

std::string help_lines(std::span<const HelpLine> lines, int width) {
  int name_columns = 0;
  for (const HelpLine& line : lines) name_columns = std::max(name_columns, columns(line.name));
  name_columns = std::min(name_columns, std::max(24, width / 3));
  std::vector<std::string> sections;
  for (const HelpLine& line : lines) {
    const bool known = std::find(sections.begin(), sections.end(), line.section) != sections.end();
    if (!known) sections.push_back(line.section);
  }
  std::string text;
  for (const std::string& section : sections) {
    text += "\n" + section + "\n";
    for (const HelpLine& line : lines) {
      if (line.section == section) text += name_and_sentence(line.name, line.sentence, name_columns, width);
    }
  }
  return text;
}

}  // namespace nudge
