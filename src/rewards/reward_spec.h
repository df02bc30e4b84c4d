#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/names.h"

namespace nudge {

/// One reward as written on the command line: `[WEIGHT*]NAME[,KEY=VALUE ...][:ARGUMENT]`, for example
/// `number`, `0.5*think_format`, `number,column=solution`, `regex,full=true:^\d+$`, `python:FILE:FUNCTION`,
/// `http://localhost:8000/score`. Everything behind the first colon is the argument, taken as it is.
struct RewardSpec {
  std::string text;  // as given, for messages
  double weight = 1;
  std::string name;
  std::vector<std::pair<std::string, std::string>> settings;
  std::string argument;
};

/// Throws UsageError.
RewardSpec parse_reward_spec(const std::string& text);

/// Reads the settings of a spec into an options struct, one call a field; `finish` then refuses what nobody
/// asked for. All throw UsageError naming the spec.
class SpecReader {
 public:
  explicit SpecReader(const RewardSpec& spec) : spec_(spec) {}

  void read(const std::string& key, std::string& target);
  void read(const std::string& key, double& target);
  void read(const std::string& key, std::int64_t& target);
  void read(const std::string& key, bool& target);
  /// A value of an enum by its name (base/names.h).
  template <class Enum>
    requires std::is_enum_v<Enum>
  void read(const std::string& key, Enum& target) {
    if (const auto place = read_one_of(key, names_of<Enum>())) target = names_table(Enum{})[*place].value;
  }
  template <class Enum>
  void read(const std::string& key, std::optional<Enum>& target) {
    if (const auto place = read_one_of(key, names_of<Enum>())) target = names_table(Enum{})[*place].value;
  }
  /// The part behind the colon; `what` says what is expected there.
  const std::string& argument(const std::string& what);
  /// How its component is called: the setting `name`, else `otherwise`, else the reward's own name.
  std::string component_name(const std::string& otherwise = "");
  void finish() const;

  /// Throws UsageError: the spec, then `reason`.
  [[noreturn]] void refuse(const std::string& reason) const;

 private:
  /// Which of the names is given, if any is.
  std::optional<std::size_t> read_one_of(const std::string& key, const std::vector<std::string>& names);
  const std::string* value_of(const std::string& key);
  const RewardSpec& spec_;
  std::vector<std::string> known_;
  bool takes_argument_ = false;
};

}  // namespace nudge
