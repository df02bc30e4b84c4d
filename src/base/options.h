#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/option_range.h"

namespace nudge {

/// The options of one command, each declared once with a default and a sentence. The same declaration serves
/// the command line (`--learning_rate 1e-4`, dashes and underscores alike, `--flag` / `--no_flag` for
/// booleans), the YAML file given by `--config FILE` (the command line wins), `--help`, and the resolved
/// configuration written beside a run. Unknown names fail with the nearest known name; bad values with the
/// option, what was expected and what came; two texts where one is taken fail, and of two numbers the last
/// counts, aloud.
class Options {
 public:
  struct State;  // base/options_state.h; for this room only

  /// A declared option, of which more can be said; each call returns the same one.
  class Declared {
   public:
    Declared(State& state, std::size_t index) : state_(state), index_(index) {}
    /// What a number may be; of a list, each. Every number has a range, said beside its default.
    Declared& within(const Range& range);
    /// Another name of the same option: of an older version, or of another command or program.
    Declared& also(const std::string& name);
    /// What stands for the value in --help: FILE, DIR ...
    Declared& shown_as(const std::string& placeholder);

   private:
    State& state_;
    std::size_t index_;
  };

  /// `command` as typed after `nudge`, for example "tokenizer train"; `summary` is one sentence.
  Options(std::string command, std::string summary);
  ~Options();
  Options(Options&&) noexcept;

  /// Options declared after this call stand under this heading in --help.
  void section(const std::string& title);

  /// Declares `--name`; `target` holds the default and receives the value, and must outlive parse().
  Declared add(const std::string& name, bool& target, const std::string& sentence);
  Declared add(const std::string& name, std::int64_t& target, const std::string& sentence);
  Declared add(const std::string& name, std::uint64_t& target, const std::string& sentence);
  Declared add(const std::string& name, double& target, const std::string& sentence);
  Declared add(const std::string& name, std::string& target, const std::string& sentence);
  Declared add(const std::string& name, std::optional<double>& target, const std::string& sentence);
  Declared add(const std::string& name, std::optional<std::int64_t>& target, const std::string& sentence);
  Declared add(const std::string& name, std::vector<std::string>& target, const std::string& sentence);
  Declared add(const std::string& name, std::vector<double>& target, const std::string& sentence);
  Declared add(const std::string& name, std::vector<std::int64_t>& target, const std::string& sentence);

  /// As add, but parse() fails when the value is given neither on the command line nor in the file.
  Declared require(const std::string& name, std::string& target, const std::string& sentence);
  Declared require(const std::string& name, std::vector<std::string>& target, const std::string& sentence);
  /// As add, and the value must be one of `choices`.
  Declared choose(const std::string& name, std::string& target, const std::vector<std::string>& choices,
                  const std::string& sentence);
  /// Positional arguments, in order.
  Declared positional(const std::string& name, std::string& target, const std::string& sentence);

  /// What --help shows first: under the summary a command line that works, and behind the options that must
  /// be given the few that matter most.
  void start_with(const std::vector<std::string>& names, const std::string& example);

  /// Another default for a declared option, as on the command line (a list's words apart by blanks), as if
  /// the program had been written so (presets). Call it before parse(). Throws UsageError.
  void set_default(const std::string& name, const std::string& word);

  /// Fills the targets. Throws UsageError. Returns false when --help was asked for (and printed to stdout).
  bool parse(std::span<const std::string> arguments);

  /// As parse(), but without a word about what it met: for a first look.
  bool read(std::span<const std::string> arguments);

  /// The help text, wrapped at `width` columns.
  std::string help(int width) const;

  /// Whether the command line or its file gave the option, by whatever name.
  bool given(const std::string& name) const;

  /// UsageError naming the first number that is outside its range now.
  void check() const;

  /// Every option with its value now, as YAML in declaration order: reading it back gives the same
  /// configuration.
  std::string resolved_yaml() const;

  /// What an earlier program wrote as resolved_yaml(), as this one would have: names that have changed are
  /// today's, and options that it did not have stand at their defaults. Throws Error unless it is YAML.
  std::string renamed_yaml(const std::string& earlier) const;

 private:
  std::unique_ptr<State> state_;
};

/// An option that the command does not have. Who knows more of the names says it instead of what().
class UnknownOption : public UsageError {
 public:
  struct Name {
    std::string where;   // "", or the file it stands in and ": "
    std::string dashes;  // as given
    std::string name;    // with underscores
    std::string hint;    // "did you mean --beta?", "see nudge sft --help."
  };
  explicit UnknownOption(std::vector<Name> names);
  const std::vector<Name>& names() const { return names_; }

 private:
  std::vector<Name> names_;
};

/// UsageError naming the first number of `config` that is outside the range that declare(Options&, Config&)
/// gives it: for who fills a config without a command line.
template <class Config>
void check_ranges(Config config) {
  Options options("", "");
  declare(options, config);
  options.check();
}

/// The member of `known` with the smallest edit distance to `name`, or "" when none is near.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace nudge
