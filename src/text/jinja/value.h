#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"

namespace nudge::jinja {

struct Value;
struct Key;
struct List;
struct Dict;
struct Namespace;
struct Statement;
class Scope;
struct Loop;

/// What a missing name or key yields; `name` is for error messages.
struct Undefined {
  std::string name;
};
struct None {};
/// A macro and the scope in which it was defined, which outlives every use: macros cannot be stored in data.
struct Macro {
  const Statement* definition;
  Scope* scope;
};
/// A built-in function, by name.
struct Function {
  std::string name;
};
/// A method of a string, list or dictionary, waiting for its call.
struct Method {
  std::shared_ptr<const Value> self;
  std::string name;
};

/// A value of a running template. Strings, lists and dictionaries are immutable and shared; a namespace is
/// one object wherever it stands.
struct Value {
  using String = std::shared_ptr<const std::string>;
  std::variant<Undefined, None, bool, std::int64_t, double, String, std::shared_ptr<const List>,
               std::shared_ptr<const Dict>, std::shared_ptr<Namespace>, Macro, Function, Method, const Loop*>
      data;

  static Value undefined(std::string name) { return {Undefined{std::move(name)}}; }
  static Value none() { return {None{}}; }
  static Value of(bool value) { return {value}; }
  static Value of(std::int64_t value) { return {value}; }
  static Value of(double value) { return {value}; }
  static Value of(std::string text) { return {std::make_shared<const std::string>(std::move(text))}; }
  static Value of(const char*) = delete;  // would become a bool
  /// Throws Error when an element is neither data nor a namespace, or the whole is too deep or too large.
  static Value list(std::vector<Value> items, bool tuple = false);
  static Value dict(std::vector<std::pair<Key, Value>> members);
  static Value from_json(const Json& json);

  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  bool is_undefined() const { return as<Undefined>() != nullptr; }
  bool is_none() const { return as<None>() != nullptr; }
  /// Null when it is something else.
  const std::string* string() const { return as<String>() ? as<String>()->get() : nullptr; }
  const List* list() const;
  const Dict* dict() const;
  /// Booleans count as 0 and 1, as in Python.
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;

  bool truthy() const;
  /// "string", "list", ...: for error messages.
  const char* type_name() const;
};

struct List {
  std::vector<Value> items;
  bool tuple = false;
  int depth = 1;
  std::size_t weight = 0;  // bytes of all strings inside and a share for each element
  bool holds_namespace = false;
};

/// A dictionary's key: a text or, as Seed-OSS has them, a whole number.
struct Key {
  std::string text;  // of a number: its decimals
  bool is_number = false;

  Key(std::string key) : text(std::move(key)) {}  // NOLINT(google-explicit-constructor)
  explicit Key(std::int64_t key) : text(std::to_string(key)), is_number(true) {}
  /// None of a value that can be no key here.
  static std::optional<Key> of(const Value& value);
  Value value() const;

  bool operator==(const Key&) const = default;
  bool operator==(std::string_view name) const { return !is_number && text == name; }
};

/// In the order of insertion.
struct Dict {
  std::vector<std::pair<Key, Value>> members;
  int depth = 1;
  std::size_t weight = 0;
  bool holds_namespace = false;

  /// Null when absent.
  const Value* find(std::string_view key) const;
  const Value* find_key(const Key& key) const;
};

struct Namespace {
  std::vector<std::pair<std::string, Value>> members;

  const Value* find(std::string_view key) const;
  /// Throws Error for a value that is or holds a namespace, so that none refers back to itself.
  void set(const std::string& key, Value value);
};

/// Python's ==.
bool equal(const Value& a, const Value& b);
/// Python's <; absent when the two have no order.
std::optional<bool> less(const Value& a, const Value& b);
/// str(): what {{ }} prints.
std::string to_text(const Value& value);
/// repr(): how a list prints its elements.
std::string to_repr(const Value& value);

/// json.dumps as transformers' tojson calls it.
struct JsonStyle {
  std::optional<std::int64_t> indent;
  bool ensure_ascii = false;
  bool sort_keys = false;
  std::string between_items = ", ", behind_key = ": ";
};
/// Throws Error for what JSON cannot hold.
std::string to_json(const Value& value, const JsonStyle& style, int level = 0);

}  // namespace nudge::jinja
