#include "text/jinja/builtins.h"

#include <algorithm>

#include "text/jinja/renderer.h"
#include "text/jinja/strings.h"
#include "text/utf8.h"

namespace nudge::jinja {

void Engine::charge(std::int64_t steps) {
  steps_ += steps;
  if (steps_ > kMaxSteps) fail("rendering takes more than {} steps.", kMaxSteps);
}

Value Engine::text(std::string text) {
  if (text.size() > kMaxText) fail("a text grows beyond {} bytes.", kMaxText);
  charge(text.size() / 64);
  return Value::of(std::move(text));
}

Value call_builtin(Engine& engine, const Builtin& builtin, const Value& subject,
                   std::vector<Value> positional, std::vector<std::pair<std::string, Value>> named) {
  const auto& parameters = builtin.parameters;
  if (parameters.size() == 1 && parameters.front() == "*") {
    if (!positional.empty() && !named.empty())
      engine.fail("'{}' takes arguments in order or by name, not both.", builtin.name);
    Value all =
        named.empty() ? Value::list(std::move(positional), true) : Value::dict({named.begin(), named.end()});
    return builtin.call(engine, subject, {std::move(all)});
  }
  if (positional.size() > parameters.size())
    engine.fail("'{}' takes at most {} arguments, not {}.", builtin.name, parameters.size(),
                positional.size());
  Arguments arguments(parameters.size());
  std::move(positional.begin(), positional.end(), arguments.begin());
  for (auto& [name, value] : named) {
    auto place = std::find(parameters.begin(), parameters.end(), name);
    if (place == parameters.end()) engine.fail("'{}' has no argument named '{}'.", builtin.name, name);
    auto& argument = arguments[place - parameters.begin()];
    if (argument) engine.fail("'{}' is given its argument '{}' twice.", builtin.name, name);
    argument = std::move(value);
  }
  return builtin.call(engine, subject, arguments);
}

const std::string& text_of(const Engine& engine, const Value& value, std::string_view what) {
  if (value.string() == nullptr) engine.fail("{} must be a string, not a {}.", what, value.type_name());
  return *value.string();
}

std::int64_t integer_of(const Engine& engine, const Value& value, std::string_view what) {
  auto integer = value.integer();
  if (!integer) engine.fail("{} must be an integer, not a {}.", what, value.type_name());
  return *integer;
}

std::vector<Value> elements(Engine& engine, const Value& value) {
  std::vector<Value> all;
  if (auto* list = value.list()) {
    all = list->items;
  } else if (auto* dict = value.dict()) {
    for (const auto& member : dict->members) all.push_back(member.first.value());
  } else if (auto* text = value.string()) {
    engine.charge(std::ssize(*text));
    for (std::string& character : characters(*text)) all.push_back(Value::of(std::move(character)));
  } else if (!value.is_undefined()) {
    engine.fail("a {} cannot be gone through.", value.type_name());
  }
  engine.charge(std::ssize(all));
  return all;
}

namespace {

std::optional<Value> method(const Value& subject, std::string_view name) {
  if (find_method(subject, name) == nullptr) return std::nullopt;
  return Value{Method{std::make_shared<const Value>(subject), std::string(name)}};
}

/// The element at a Python index, which counts from the end when negative.
std::optional<Value> element(const Value& subject, std::int64_t index) {
  auto place = [&](std::size_t size) -> std::optional<std::size_t> {
    auto count = static_cast<std::int64_t>(size);
    std::int64_t from_start = index < 0 ? index + count : index;
    if (from_start < 0 || from_start >= count) return std::nullopt;
    return from_start;
  };
  if (auto* list = subject.list()) {
    if (auto at = place(list->items.size())) return list->items[*at];
  } else if (auto* text = subject.string()) {
    if (auto at = place(count_code_points(*text))) return Value::of(characters(*text)[*at]);
  }
  return std::nullopt;
}

}  // namespace

Value attribute(Engine& engine, const Value& subject, const std::string& name) {
  if (auto* missing = subject.as<Undefined>())
    engine.fail("'{}' is undefined, it has no '{}'.", missing->name, name);
  if (auto* loop = subject.as<const Loop*>()) return (*loop)->attribute(name);
  if (auto found = method(subject, name)) return *found;
  if (changes_data(subject, name)) return Value::undefined(name);
  const Value* member = nullptr;
  if (auto* dict = subject.dict()) member = dict->find(name);
  if (auto* space = subject.as<std::shared_ptr<Namespace>>()) member = (*space)->find(name);
  return member ? *member : Value::undefined(name);
}

Value item(Engine& engine, const Value& subject, const Value& key) {
  if (auto* missing = subject.as<Undefined>())
    engine.fail("'{}' is undefined, it has no elements.", missing->name);
  if (const auto* dict = subject.dict(); dict && key.as<std::int64_t>()) {
    const auto* member = dict->find_key(*Key::of(key));
    return member ? *member : Value::undefined(to_text(key));
  }
  if (auto index = key.integer()) {
    if (subject.string()) engine.charge(subject.string()->size() / 64);
    auto found = element(subject, *index);
    return found ? *found : Value::undefined(std::to_string(*index));
  }
  if (auto* name = key.string()) {
    auto* dict = subject.dict();
    if (auto* member = dict ? dict->find(*name) : nullptr) return *member;
    return attribute(engine, subject, *name);
  }
  return Value::undefined(to_text(key));
}

Value nested(Engine& engine, Value value, const Value& path) {
  if (path.integer()) return item(engine, value, path);
  for (const std::string& part : split(text_of(engine, path, "attribute"), ".", -1)) {
    bool digits =
        !part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == std::string::npos;
    value = item(engine, value, digits ? Value::of(std::int64_t{std::stoi(part)}) : Value::of(part));
  }
  return value;
}

bool changes_data(const Value& subject, std::string_view name) {
  static constexpr std::string_view kOfLists[] = {"append", "clear", "pop",    "reverse",
                                                  "insert", "sort",  "extend", "remove"};
  static constexpr std::string_view kOfDicts[] = {"clear", "pop", "popitem", "setdefault", "update"};
  if (subject.list() && !subject.list()->tuple)
    return std::ranges::find(kOfLists, name) != std::end(kOfLists);
  return subject.dict() && std::ranges::find(kOfDicts, name) != std::end(kOfDicts);
}

bool contains(Engine& engine, const Value& container, const Value& wanted) {
  if (auto* text = container.string()) {
    engine.charge(text->size() / 64);
    return text->find(text_of(engine, wanted, "what is looked for in a string")) != std::string::npos;
  }
  if (auto* dict = container.dict()) {
    const auto key = Key::of(wanted);
    return key && dict->find_key(*key);
  }
  std::vector<Value> all = elements(engine, container);
  return std::any_of(all.begin(), all.end(), [&](const Value& value) { return equal(value, wanted); });
}

Value replaced(Engine& engine, const std::string& text, const std::string& from, const std::string& to,
               const std::optional<Value>& limit) {
  if (from.empty()) engine.fail("replacing an empty string is not supported.");
  std::int64_t times = limit && !limit->is_none() ? integer_of(engine, *limit, "count") : -1;
  std::size_t found = 0;  // counted first, so that nothing huge is ever built
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + from.size())) ++found;
  if (times >= 0) found = std::min(found, static_cast<std::size_t>(times));
  if (found * to.size() > Engine::kMaxText) engine.fail("a text grows beyond {} bytes.", Engine::kMaxText);
  return engine.text(replace(text, from, to, static_cast<long>(found)));
}

}  // namespace nudge::jinja
