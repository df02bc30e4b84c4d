#pragma once

#include <fmt/format.h>

#include <optional>
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
    std::vector<std::string> other_names;
    std::optional<Range> range;
    bool first = false;
    std::string placeholder;   // "": by the kind of its value
    std::string default_text;  // as shown by --help
    std::string default_yaml;
    bool given = false;
    std::string called;  // the name by which the command line gives it
    const std::string& shown() const { return called.empty() ? name : called; }
    /// What it takes, in words: "a number, 0 or more".
    std::string expected() const;
  };

  std::string command, summary, section = "Options", example;
  std::vector<Item> items;
  std::vector<std::string> notes;  // what parse() has to tell
  std::vector<std::function<void()>> rules;
  struct Presets {
    std::vector<std::string> names;
    std::function<std::vector<Decided>()> set;
  };
  std::vector<Presets> presets;
  std::vector<Decided> decided;

  Item& declare(const std::string& name, OptionTarget target, const std::string& sentence);
  /// The option of this name, or of which it is another name.
  Item* find(const std::string& name);
  Declared require(const std::string& name, OptionTarget target, const std::string& sentence);
  void set_default_texts(Item& item);
  void set(Item& item, const std::vector<std::string>& words, const std::string& shown_name);
  /// Misuse, telling what came, when a number of the item is outside its range.
  void check_range(const Item& item, const std::string& shown_name, const std::string& came) const;
  /// What the command line says, not yet interpreted.
  struct Given {
    std::vector<std::pair<Item*, std::vector<std::string>>> words;
    std::string file;  // behind --config
    struct InFile {
      Item* item;
      std::vector<std::string> words;
      std::string shown_name;
    };
    std::vector<InFile> in_file;
    std::vector<UnknownOption::Name> unknown;
  };
  Given given;  // what parse() read
  void read(std::span<const std::string> arguments);
  /// Sets what was read: all of it, or what `names` are given.
  void put(const std::vector<std::string>& names = {});
  void apply_presets();
  void require_complete() const;
  void tell() const;
  Given split(std::span<const std::string> arguments);
  std::vector<std::string> normalised(std::span<const std::string> arguments);
  /// Of a single value that is given several times, the one.
  std::vector<std::string> only(const Item& item, const std::vector<std::string>& words);
  void read_file_of_options(const std::string& path, Given& given);
  std::vector<UnknownOption::Name> unknown_among(const std::vector<std::string>& extras) const;
  UnknownOption::Name unknown(const std::string& where, const std::string& name,
                              const std::string& dashes) const;
};

template <class... Args>
[[noreturn]] void misuse(fmt::format_string<Args...> format, Args&&... args) {
  throw UsageError(fmt::format(format, std::forward<Args>(args)...));
}

/// The words with `between` between them.
std::string joined(const std::vector<std::string>& words, const std::string& between);

}  // namespace nudge
