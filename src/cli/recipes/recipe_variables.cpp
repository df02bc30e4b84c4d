#include "cli/recipes/recipe_variables.h"

#include <algorithm>

#include "base/error.h"
#include "cli/recipes/recipe_keys.h"

namespace nudge {
namespace {

constexpr std::size_t kLongestText = 1 << 16;  // bytes; variables that double would fill the memory

std::vector<std::string> names_in(const YAML::Node& map) {
  std::vector<std::string> names;
  for (const auto& entry : map) names.push_back(entry.first.Scalar());
  return names;
}

// The variant of that name, which gives known variables their values; an empty node where there are none.
YAML::Node variant_of(const YAML::Node& recipe, const std::string& chosen,
                      const std::vector<std::string>& known, std::string_view where) {
  const YAML::Node variants = keyed(recipe["variants"], "variants", where);
  if (!variants || variants.IsNull()) return {};
  const std::vector<std::string> names = names_in(variants);
  require(std::ranges::find(names, chosen) != names.end(), "{} has no variant \"{}\"; {}", where, chosen,
          suggestion(chosen, names));
  const YAML::Node variant = keyed(variants[chosen], chosen, where);
  for (const std::string& name : names_in(variant))
    require(std::ranges::find(known, name) != known.end(),
            "{}: the variant {} names the variable {}, which the recipe has not; {}", where, chosen, name,
            suggestion(name, known));
  return variant;
}

// Every word of `heads` with every one of `tails` behind it.
Words joined_words(const Words& heads, const Words& tails) {
  Words words;
  for (const std::string& head : heads)
    for (const std::string& tail : tails) words.push_back(head + tail);
  return words;
}

// How long the joined words are together, with a blank between them.
std::size_t bytes_joined(const Words& heads, const Words& tails) {
  const std::size_t count = heads.size() * tails.size();
  std::size_t bytes = count == 0 ? 0 : count - 1;
  for (const std::string& head : heads) bytes += head.size() * tails.size();
  for (const std::string& tail : tails) bytes += tail.size() * heads.size();
  return bytes;
}

}  // namespace

RecipeVariables::RecipeVariables(const YAML::Node& recipe, std::string_view where,
                                 const std::map<std::string, std::string>& given)
    : where_(where) {
  const YAML::Node defaults = keyed(recipe["variables"], "variables", where);
  const std::vector<std::string> names = names_in(defaults);
  for (const auto& [name, _] : given) {
    require(std::ranges::find(names, name) != names.end(), "{} has no variable \"{}\"; {}", where, name,
            suggestion(name, names));
  }
  set("here", {std::filesystem::absolute(where).parent_path().string()});
  const auto assign = [&](const std::string& name, const YAML::Node& value) {
    require(value.IsScalar() || value.IsSequence(),
            "{}: the variable {} must be a text, a number or a list of them.", where, name);
    const auto other = given.find(name);
    set(name, other == given.end() ? words(value) : filled(other->second));
  };
  // The variant's own name may come from a variable above it.
  const auto variant_at = std::ranges::find(names, "variant");
  if (variant_at != names.end())
    for (auto name = names.begin(); name <= variant_at; ++name) assign(*name, defaults[*name]);
  const std::string chosen = variant_at == names.end() ? "" : word(YAML::Node("{variant}"));
  const YAML::Node variant = variant_of(recipe, chosen, names, where);
  for (const std::string& name : names) assign(name, variant[name] ? variant[name] : defaults[name]);
  require(words_.contains("folder"), "{}: a recipe needs the variable folder: where everything lands.",
          where);
}

Words RecipeVariables::words(const YAML::Node& value) const {
  if (!value.IsSequence()) {
    require(value.IsScalar(), "{}: expected a text or a number where a list or keys stand.", where_);
    return filled(value.Scalar());
  }
  Words all;
  for (const YAML::Node& each : value) {
    require(each.IsScalar(), "{}: expected a text or a number where a list or keys stand.", where_);
    for (std::string& word : filled(each.Scalar())) all.push_back(std::move(word));
  }
  return all;
}

std::string RecipeVariables::word(const YAML::Node& value) const {
  require(value.IsScalar(), "{}: expected a text or a number where a list or keys stand.", where_);
  const Words all = filled(value.Scalar());
  require(all.size() == 1,
          "{}: \"{}\" stands for {} words where one is expected; \"each\" takes them one by one.", where_,
          value.Scalar(), all.size());
  return all.front();
}

Words RecipeVariables::filled(const std::string& text) const {
  Words result{""};
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = std::min(text.find('{', i), text.size());
    const std::size_t end = text.find('}', begin);
    if (begin > i || end == std::string::npos) {  // what names no variable stays
      const std::size_t stop = end == std::string::npos ? text.size() : begin;
      result = joined_words(result, {text.substr(i, stop - i)});
      i = stop;
      continue;
    }
    const Words& tails = named(text.substr(begin + 1, end - begin - 1), text);
    require(bytes_joined(result, tails) <= kLongestText,
            "{}: \"{}\" becomes longer than {} bytes with its variables filled in; does one hold itself over "
            "and over?",
            where_, text, kLongestText);
    result = joined_words(result, tails);
    i = end + 1;
  }
  return result;
}

const Words& RecipeVariables::named(const std::string& name, const std::string& text) const {
  const auto found = words_.find(name);
  if (found != words_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [each, _] : words_) names.push_back(each);
  fail("{}: \"{}\" names the variable {}, which has no value here; {}", where_, text, name,
       suggestion(name, names));
}

}  // namespace nudge
