// Filters that put values in order: sort, dictsort, min, max.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/strings.h"

namespace nudge::jinja {
namespace {

bool asked(const std::optional<Value>& argument) {
  return argument && argument->truthy();
}

/// Python's <, paid for by what is compared.
bool comes_before(Engine& engine, const Value& a, const Value& b) {
  engine.charge(1 + (a.string() ? std::ssize(*a.string()) / 64 : a.list() ? std::ssize(a.list()->items) : 0));
  const auto result = less(a, b);
  if (!result) engine.fail("a {} and a {} have no order.", a.type_name(), b.type_name());
  return *result;
}

/// What a value is ordered by: itself or its attribute, letters of both cases alike unless told otherwise.
Value order_key(Engine& engine, const Value& value, const std::optional<Value>& path, bool case_sensitive) {
  Value key = path && !path->is_none() ? nested(engine, value, *path) : value;
  return key.string() && !case_sensitive ? engine.text(lower(*key.string())) : key;
}

struct Keyed {
  Value key, value;
};

Value in_order(Engine& engine, std::vector<Keyed> entries, bool descending) {
  std::ranges::stable_sort(entries, [&](const Keyed& a, const Keyed& b) {
    return descending ? comes_before(engine, b.key, a.key) : comes_before(engine, a.key, b.key);
  });
  std::vector<Value> values;
  for (Keyed& entry : entries) values.push_back(std::move(entry.value));
  return Value::list(std::move(values));
}

/// The first element that no other precedes, or with `least` false the first that precedes no other.
Value extreme(Engine& engine, const Value& subject, const Arguments& arguments, bool least) {
  std::optional<Keyed> best;
  for (Value& value : elements(engine, subject)) {
    Value key = order_key(engine, value, arguments[1], asked(arguments[0]));
    if (!best || (least ? comes_before(engine, key, best->key) : comes_before(engine, best->key, key)))
      best = Keyed{std::move(key), std::move(value)};
  }
  return best ? best->value : Value::undefined("the least or greatest element of an empty sequence");
}

}  // namespace

Value sorted(Engine& engine, const Value& subject, const Arguments& arguments) {
  // Several attributes stand with commas between; keys are lists, so that equal keys need no order.
  std::vector<std::optional<Value>> paths = {arguments[2]};
  if (arguments[2] && arguments[2]->string()) {
    paths.clear();
    for (std::string& part : split(*arguments[2]->string(), ",", -1))
      paths.emplace_back(Value::of(std::move(part)));
  }
  std::vector<Keyed> entries;
  for (Value& value : elements(engine, subject)) {
    std::vector<Value> keys;
    for (const auto& path : paths) keys.push_back(order_key(engine, value, path, asked(arguments[1])));
    entries.push_back({Value::list(std::move(keys)), std::move(value)});
  }
  return in_order(engine, std::move(entries), asked(arguments[0]));
}

Value sorted_members(Engine& engine, const Value& subject, const Arguments& arguments) {
  const std::string by = arguments[1] ? to_text(*arguments[1]) : "key";
  if (by != "key" && by != "value") engine.fail("'dictsort' sorts by 'key' or 'value', not '{}'.", by);
  if (subject.dict() == nullptr) engine.fail("'dictsort' needs a dictionary, not a {}.", subject.type_name());
  std::vector<Keyed> entries;
  for (const auto& [key, value] : subject.dict()->members) {
    const Value name = key.value();
    entries.push_back({order_key(engine, by == "key" ? name : value, std::nullopt, asked(arguments[0])),
                       Value::list({name, value}, true)});
  }
  return in_order(engine, std::move(entries), asked(arguments[2]));
}

Value smallest(Engine& engine, const Value& subject, const Arguments& arguments) {
  return extreme(engine, subject, arguments, true);
}

Value largest(Engine& engine, const Value& subject, const Arguments& arguments) {
  return extreme(engine, subject, arguments, false);
}

}  // namespace nudge::jinja
