#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace nudge {

using Words = std::vector<std::string>;

/// What the variables of a recipe stand for while its stages are unrolled: one word each, or as many as a
/// list has.
class RecipeVariables {
 public:
  /// Those of the key `variables`, each filled with those above it; in place of their values count those of
  /// the variant that the variable `variant` names, and in place of both the `given` ones. `here` is the
  /// folder of the file `where`. Throws Error naming `where`.
  RecipeVariables(const YAML::Node& recipe, std::string_view where,
                  const std::map<std::string, std::string>& given);

  /// The words that a value stands for: a text with {name} replaced, once for each word of the variable, or
  /// each text of a list. Throws Error.
  Words words(const YAML::Node& value) const;
  /// Of a value that is one word. Throws Error.
  std::string word(const YAML::Node& value) const;

  void set(const std::string& name, Words words) { words_[name] = std::move(words); }
  void forget(const std::string& name) { words_.erase(name); }

 private:
  Words filled(const std::string& text) const;
  const Words& named(const std::string& name, const std::string& text) const;

  std::string where_;
  std::map<std::string, Words> words_;
};

}  // namespace nudge
