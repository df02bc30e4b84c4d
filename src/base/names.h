#pragma once

#include <array>
#include <string>
#include <vector>

namespace nudge {

/// A value of an enum and its name. The names are spelt in one place, beside the enum, in the order in which
/// --help lists them; options, YAML, JSON and messages read them there:
///   enum class Fall { linear, cosine };
///   constexpr auto names_table(Fall) {
///     return std::to_array<Named<Fall>>({{Fall::linear, "linear"}, {Fall::cosine, "cosine"}});
///   }
template <class Enum>
struct Named {
  Enum value;
  const char* name;
};

/// Throws UsageError: "`what` is one of k1, k2, k3, but got "k4"."
[[noreturn]] void refuse_name(const std::string& what, const std::vector<std::string>& known,
                              const std::string& name);

template <class Enum>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  for (const auto& named : names_table(Enum{})) names.emplace_back(named.name);
  return names;
}

/// "" for a value that is no enumerator.
template <class Enum>
std::string name_of(Enum value) {
  for (const auto& named : names_table(Enum{}))
    if (named.value == value) return named.name;
  return "";
}

/// UsageError that begins with `what` ("The KL estimator") unless the name is one of the enum's.
template <class Enum>
Enum value_of(const std::string& name, const std::string& what) {
  for (const auto& named : names_table(Enum{}))
    if (named.name == name) return named.value;
  refuse_name(what, names_of<Enum>(), name);
}

}  // namespace nudge
