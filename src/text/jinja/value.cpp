#include "text/jinja/value.h"

#include <algorithm>

#include "base/error.h"

namespace nudge::jinja {
namespace {

constexpr int kMaxDataDepth = 100;

constexpr std::size_t kMaxWeight = std::size_t{4} << 20;
constexpr std::size_t kElementWeight = 16;

/// Depth and weight of a container, element by element. Only data and namespaces may be stored, and in
/// namespaces only data, so that nothing refers back to its holder; shared elements count as often as they
/// would be printed.
struct Extent {
  int depth = 1;
  std::size_t weight = 0;
  bool holds_namespace = false;

  void add(const Value& value) {
    bool data =
        !value.as<Macro>() && !value.as<Function>() && !value.as<Method>() && !value.as<const Loop*>();
    require(data, "A chat template tried to store a {} in a list, dictionary or namespace.",
            value.type_name());
    holds_namespace = holds_namespace || value.as<std::shared_ptr<Namespace>>() ||
                      (value.list() && value.list()->holds_namespace) ||
                      (value.dict() && value.dict()->holds_namespace);
    weight += kElementWeight;
    if (auto* text = value.string()) weight += text->size();
    if (auto* list = value.list()) add_inner(list->depth, list->weight);
    if (auto* dict = value.dict()) add_inner(dict->depth, dict->weight);
    require(depth <= kMaxDataDepth, "A chat template nests its data deeper than {} levels.", kMaxDataDepth);
    require(weight <= kMaxWeight, "A chat template builds data larger than {} bytes.", kMaxWeight);
  }

 private:
  void add_inner(int inner_depth, std::size_t inner_weight) {
    depth = std::max(depth, inner_depth + 1);
    weight += inner_weight;
  }
};

template <class Members, class Name>
auto* find_member(Members& members, const Name& key) {
  auto found =
      std::find_if(members.begin(), members.end(), [&](auto& member) { return member.first == key; });
  return found == members.end() ? nullptr : &found->second;
}

bool equal_dicts(const Dict& a, const Dict& b) {
  return a.members.size() == b.members.size() &&
         std::all_of(a.members.begin(), a.members.end(), [&](const auto& member) {
           auto* other = b.find_key(member.first);
           return other != nullptr && equal(member.second, *other);
         });
}

}  // namespace

Value Value::list(std::vector<Value> items, bool tuple) {
  Extent extent;
  for (const Value& item : items) extent.add(item);
  return {std::make_shared<const List>(
      List{std::move(items), tuple, extent.depth, extent.weight, extent.holds_namespace})};
}

Value Value::dict(std::vector<std::pair<Key, Value>> members) {
  Extent extent;
  for (const auto& [key, value] : members) {
    extent.weight += key.text.size();
    extent.add(value);
  }
  return {std::make_shared<const Dict>(
      Dict{std::move(members), extent.depth, extent.weight, extent.holds_namespace})};
}

Value Value::from_json(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return none();
    case Json::value_t::boolean:
      return of(json.get<bool>());
    case Json::value_t::number_integer:
      return of(json.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      if (json.get<std::uint64_t>() > INT64_MAX) return of(json.get<double>());
      return of(json.get<std::int64_t>());
    case Json::value_t::number_float:
      return of(json.get<double>());
    case Json::value_t::string:
      return of(json.get<std::string>());
    case Json::value_t::array: {
      std::vector<Value> items;
      for (const Json& item : json) items.push_back(from_json(item));
      return list(std::move(items));
    }
    case Json::value_t::object: {
      std::vector<std::pair<Key, Value>> members;
      for (const auto& [key, value] : json.items()) members.emplace_back(key, from_json(value));
      return dict(std::move(members));
    }
    default:
      fail("A chat template's variable holds binary JSON.");
  }
}

const List* Value::list() const {
  auto* pointer = as<std::shared_ptr<const List>>();
  return pointer ? pointer->get() : nullptr;
}

const Dict* Value::dict() const {
  auto* pointer = as<std::shared_ptr<const Dict>>();
  return pointer ? pointer->get() : nullptr;
}

std::optional<std::int64_t> Value::integer() const {
  if (auto* truth = as<bool>()) return *truth;
  if (auto* value = as<std::int64_t>()) return *value;
  return std::nullopt;
}

std::optional<double> Value::number() const {
  if (auto* value = as<double>()) return *value;
  if (auto value = integer()) return static_cast<double>(*value);
  return std::nullopt;
}

bool Value::truthy() const {
  if (is_undefined() || is_none()) return false;
  if (auto value = number()) return *value != 0;
  if (auto* text = string()) return !text->empty();
  if (auto* items = list()) return !items->items.empty();
  if (auto* members = dict()) return !members->members.empty();
  return true;
}

const char* Value::type_name() const {
  static constexpr const char* kNames[] = {"undefined value", "none",   "boolean",    "integer",   "float",
                                           "string",          "list",   "dictionary", "namespace", "macro",
                                           "function",        "method", "loop"};
  return kNames[data.index()];
}

const Value* Dict::find(std::string_view key) const {
  return find_member(members, key);
}
const Value* Dict::find_key(const Key& key) const {
  return find_member(members, key);
}

std::optional<Key> Key::of(const Value& value) {
  if (value.string()) return Key(*value.string());
  if (const auto* number = value.as<std::int64_t>()) return Key(*number);
  return std::nullopt;
}

Value Key::value() const {
  return is_number ? Value::of(std::int64_t{std::stoll(text)}) : Value::of(text);
}

const Value* Namespace::find(std::string_view key) const {
  return find_member(members, key);
}

void Namespace::set(const std::string& key, Value value) {
  Extent extent;
  extent.add(value);
  require(!extent.holds_namespace, "A chat template tried to store a namespace in a namespace.");
  if (auto* known = find_member(members, key))
    *known = std::move(value);
  else
    members.emplace_back(key, std::move(value));
}

bool equal(const Value& a, const Value& b) {
  if (a.integer() && b.integer()) return *a.integer() == *b.integer();
  if (a.number() && b.number()) return *a.number() == *b.number();
  if (a.string() && b.string()) return *a.string() == *b.string();
  if (a.list() && b.list())
    return a.list()->tuple == b.list()->tuple &&
           std::equal(a.list()->items.begin(), a.list()->items.end(), b.list()->items.begin(),
                      b.list()->items.end(), equal);
  if (a.dict() && b.dict()) return equal_dicts(*a.dict(), *b.dict());
  if (auto *one = a.as<std::shared_ptr<Namespace>>(), *other = b.as<std::shared_ptr<Namespace>>();
      one && other)
    return *one == *other;
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

std::optional<bool> less(const Value& a, const Value& b) {
  if (a.integer() && b.integer()) return *a.integer() < *b.integer();
  if (a.number() && b.number()) return *a.number() < *b.number();
  if (a.string() && b.string()) return *a.string() < *b.string();  // UTF-8 orders as code points do
  if (a.list() && b.list() && a.list()->tuple == b.list()->tuple) {
    const auto& ours = a.list()->items;
    const auto& theirs = b.list()->items;
    const auto [one, other] = std::ranges::mismatch(ours, theirs, equal);
    if (one == ours.end() || other == theirs.end()) return ours.size() < theirs.size();
    return less(*one, *other);
  }
  return std::nullopt;
}

}  // namespace nudge::jinja
