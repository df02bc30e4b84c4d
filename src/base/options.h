#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nudge {

/// The options of one command, each declared once with a default and a sentence. The same declaration serves
/// the command line (`--learning_rate 1e-4`, dashes and underscores alike, `--flag` / `--no_flag` for
/// booleans), the YAML file given by `--config FILE` (the command line wins), `--help`, and the resolved
/// configuration written beside a run. Unknown names fail with the nearest known name; bad values with the
/// option, what was expected and what came.
class Options {
 public:
  /// `command` as typed after `nudge`, for example "tokenizer train"; `summary` is one sentence.
  Options(std::string command, std::string summary);
  ~Options();
  Options(Options&&) noexcept;

  /// Options declared after this call stand under this heading in --help.
  void section(const std::string& title);

  /// Declares `--name`; `target` holds the default and receives the value, and must outlive parse().
  void add(const std::string& name, bool& target, const std::string& sentence);
  void add(const std::string& name, std::int64_t& target, const std::string& sentence);
  void add(const std::string& name, std::uint64_t& target, const std::string& sentence);
  void add(const std::string& name, double& target, const std::string& sentence);
  void add(const std::string& name, std::string& target, const std::string& sentence);
  void add(const std::string& name, std::optional<double>& target, const std::string& sentence);
  void add(const std::string& name, std::optional<std::int64_t>& target, const std::string& sentence);
  void add(const std::string& name, std::vector<std::string>& target, const std::string& sentence);
  void add(const std::string& name, std::vector<double>& target, const std::string& sentence);
  void add(const std::string& name, std::vector<std::int64_t>& target, const std::string& sentence);

  /// As add, but parse() fails when the value is given neither on the command line nor in the file.
  void require(const std::string& name, std::string& target, const std::string& sentence);
  /// As add, and the value must be one of `choices`.
  void choose(const std::string& name, std::string& target, const std::vector<std::string>& choices,
              const std::string& sentence);
  /// Positional arguments, in order.
  void positional(const std::string& name, std::string& target, const std::string& sentence);

  /// Another default for a declared option, as on the command line (a list's words apart by blanks), as if
  /// the program had been written so (presets). Call it before parse(). Throws UsageError.
  void set_default(const std::string& name, const std::string& word);

  /// Fills the targets. Throws UsageError. Returns false when --help was asked for (and printed to stdout).
  bool parse(std::span<const std::string> arguments);

  /// The help text, wrapped at `width` columns.
  std::string help(int width) const;

  /// Every option with its value now, as YAML in declaration order: reading it back gives the same
  /// configuration.
  std::string resolved_yaml() const;

  struct State;  // base/options_state.h; for this room only

 private:
  std::unique_ptr<State> state_;
};

/// The member of `known` with the smallest edit distance to `name`, or "" when none is near.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace nudge
