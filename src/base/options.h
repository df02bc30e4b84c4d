#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/names.h"
#include "base/option_range.h"
#include "base/options_value.h"

namespace nudge {

/// Options that belong together under one name: a published method, another program's conventions.
template <class Config>
struct Preset {
  std::string title;  // "preset dapo (Yu et al. 2025)"
  std::function<void(Config&)> set;
};

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
  const std::string& section() const;

  /// Declares a part of a config by declare(Options&, Part&); the section that was open is open behind it.
  template <class Part>
  void nest(Part& part) {
    const std::string open = section();
    declare(*this, part);
    section(open);
  }

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
  /// As add, for a value of an enum, or a list of such, by their names (base/names.h).
  template <class Enum>
    requires std::is_enum_v<Enum>
  Declared choose(const std::string& name, Enum& target, const std::string& sentence) {
    return choose(name, NamedTarget::of(target), sentence);
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  Declared choose(const std::string& name, std::vector<Enum>& target, const std::string& sentence) {
    return choose(name, NamedTarget::of(target), sentence);
  }
  /// As choose, among some of the enum's values.
  template <class Enum>
    requires std::is_enum_v<Enum>
  Declared choose(const std::string& name, Enum& target, std::initializer_list<Enum> among,
                  const std::string& sentence) {
    NamedTarget named = *NamedTarget::of(target);
    named.names.clear();
    for (const Enum value : among) named.names.push_back(name_of(value));
    return choose(name, std::make_shared<const NamedTarget>(std::move(named)), sentence);
  }
  /// As add, and the value must be one of `choices`.
  Declared choose(const std::string& name, std::string& target, const std::vector<std::string>& choices,
                  const std::string& sentence);
  /// Positional arguments, in order.
  Declared positional(const std::string& name, std::string& target, const std::string& sentence);

  /// What --help shows first: under the summary a command line that works, and behind the options that must
  /// be given the few that matter most.
  void start_with(const std::vector<std::string>& names, const std::string& example);

  /// `names` give others their defaults: once they are read, `chosen` says by which presets, which then set
  /// fields of `config`. What the command line or the file gives still counts, wherever it stands; --help
  /// shows the defaults of the presets, and parse() says what each has decided.
  template <class Config>
  void presets(const std::vector<std::string>& names, Config& config,
               std::function<std::vector<Preset<Config>>()> chosen) {
    presets(names, [&config, chosen = std::move(chosen)] {
      std::vector<Decided> decided;
      for (const Preset<Config>& preset : chosen()) {
        preset.set(config);
        decided.push_back({preset.title, decided_by(preset)});
      }
      return decided;
    });
  }

  /// What numbers must obey together: asked behind parse(), and by check_options(). Throws UsageError.
  void rule(std::function<void()> holds);

  /// Fills the targets and checks them. Throws UsageError. Returns false when --help was asked for (and
  /// printed to stdout).
  bool parse(std::span<const std::string> arguments);

  /// Gives the targets again what parse() read, after they became something else: what the command line and
  /// the file do not say stays so.
  void put_given();

  /// The help text, wrapped at `width` columns.
  std::string help(int width) const;

  /// Whether the command line or its file gave the option, by whatever name.
  bool given(const std::string& name) const;

  /// UsageError naming the first number that is outside its range now, or telling which rule is broken.
  void check() const;

  /// Every option with its value now, as YAML in declaration order: reading it back gives the same
  /// configuration.
  std::string resolved_yaml() const;

  /// What an earlier program wrote as resolved_yaml(), as this one would have: names that have changed are
  /// today's, and options that it did not have stand at their defaults. Throws Error unless it is YAML.
  std::string renamed_yaml(const std::string& earlier) const;

  /// Gives every target another value than it has.
  void change_all();
  /// The options that have the same value here as in `other`, which declares the same ones.
  std::vector<OptionValue> in_common_with(const Options& other) const;

 private:
  /// What a preset has decided.
  struct Decided {
    std::string title;
    std::vector<OptionValue> values;
  };
  Declared choose(const std::string& name, OptionTarget target, const std::string& sentence);
  void presets(const std::vector<std::string>& names, std::function<std::vector<Decided>()> set);

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
/// gives it, or telling which rule is broken: the command line's checks, for who fills a config without one.
template <class Config>
void check_options(Config config) {
  Options options("", "");
  declare(options, config);
  options.check();
}

/// What a preset sets: the options that come out the same from two configs that differed in all of them.
template <class Config>
std::vector<OptionValue> decided_by(const Preset<Config>& preset) {
  Config one, other;
  Options options("", ""), others("", "");
  declare(options, one);
  declare(others, other);
  others.change_all();
  preset.set(one);
  preset.set(other);
  return options.in_common_with(others);
}

/// The member of `known` with the smallest edit distance to `name`, or "" when none is near.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace nudge
