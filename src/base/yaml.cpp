#include "base/yaml.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"

namespace nudge {
namespace {

constexpr int kMostValues = 100'000;

/// Looks at every value as a reader that follows aliases meets it.
class Inspection {
 public:
  explicit Inspection(std::string_view where) : where_(where) {}

  void visit(const YAML::Node& node) {
    require(++values_ <= kMostValues, "{} unfolds to more than {} values; write fewer aliases (*name).",
            where_, kMostValues);
    if (node.IsScalar() || node.IsNull()) return;
    require(std::ranges::none_of(within_, [&](const YAML::Node& outer) { return outer.is(node); }),
            "{}, line {}: an alias (*name) stands inside of what it names, so this would hold itself.",
            where_, node.Mark().line + 1);
    within_.push_back(node);
    if (node.IsMap()) refuse_doubles(node);
    for (const auto& entry : node) visit(node.IsMap() ? entry.second : entry);
    within_.pop_back();
  }

 private:
  void refuse_doubles(const YAML::Node& map) const {
    std::set<std::string> keys;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) continue;
      require(keys.insert(entry.first.Scalar()).second,
              "{}, line {}: the key \"{}\" stands twice in one place; keep one of them.", where_,
              entry.first.Mark().line + 1, entry.first.Scalar());
    }
  }

  std::string_view where_;
  std::vector<YAML::Node> within_;
  int values_ = 0;
};

std::vector<YAML::Node> documents(std::string_view text, std::string_view where) {
  try {
    return YAML::LoadAll(std::string(text));
  } catch (const YAML::Exception& error) {
    fail("{} is not valid YAML: {}.", where, error.what());
  }
}

}  // namespace

YAML::Node read_yaml(std::string_view text, std::string_view where) {
  const std::vector<YAML::Node> found = documents(text, where);
  require(found.size() < 2,
          "{} holds {} documents (separated by ---) where one is read; make them files of their own.", where,
          found.size());
  if (found.empty()) return YAML::Node();
  Inspection(where).visit(found.front());
  return found.front();
}

}  // namespace nudge
