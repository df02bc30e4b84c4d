#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/options.h"
#include "base/options_value.h"

namespace nudge {

/// What was declared, shared by the files that declare, parse and describe options.
struct Options::State {
  struct Item {
    std::string name, sentence, section;
    OptionTarget target;
    bool required = false, positional = false;
    std::vector<std::string> choices;
    std::string default_text;  // as shown by --help
    bool given = false;
  };

  std::string command, summary, section = "options";
  std::vector<Item> items;

  Item& declare(const std::string& name, OptionTarget target, const std::string& sentence);
  Item* find(const std::string& name);
  void set(Item& item, const std::vector<std::string>& words, const std::string& shown_name);
  /// What the command line says, not yet interpreted.
  struct Given {
    std::vector<std::pair<Item*, std::vector<std::string>>> words;
    std::string file;  // behind --config
  };
  Given split(std::span<const std::string> arguments);
  std::vector<std::string> normalised(std::span<const std::string> arguments);
  void refuse(const std::vector<std::string>& extras) const;
  void read_file_of_options(const std::string& path);
  [[noreturn]] void unknown(const std::string& what, const std::string& name,
                            const std::string& dashes) const;
};

template <class... Args>
[[noreturn]] void misuse(fmt::format_string<Args...> format, Args&&... args) {
  throw UsageError(fmt::format(format, std::forward<Args>(args)...));
}

/// The words with `between` between them.
std::string joined(const std::vector<std::string>& words, const std::string& between);

}  // namespace nudge
