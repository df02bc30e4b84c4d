#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace nudge::gguf {

/// A list of values of one type. Its place in the variant is the type's number in the file, as Value's is.
/// 9, a list of lists, is not read: llama.cpp reads none either.
using List = std::variant<std::vector<std::uint8_t>, std::vector<std::int8_t>, std::vector<std::uint16_t>,
                          std::vector<std::int16_t>, std::vector<std::uint32_t>, std::vector<std::int32_t>,
                          std::vector<float>, std::vector<bool>, std::vector<std::string>, std::monostate,
                          std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<double>>;

/// One value of the metadata. Strings are bytes as the file has them, usually UTF-8.
using Value = std::variant<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                           std::int32_t, float, bool, std::string, List, std::uint64_t, std::int64_t, double>;

/// The keys and values that open a GGUF file, in its order.
class Metadata {
 public:
  /// `where` begins every message about a key.
  explicit Metadata(std::string where) : where_(std::move(where)) {}

  /// Error when the key is there already.
  void add(const std::string& key, Value value);

  const std::vector<std::pair<std::string, Value>>& entries() const { return entries_; }
  const std::string& where() const { return where_; }
  /// Null when the file says nothing.
  const Value* find(const std::string& key) const;

  /// The value as a T: std::int64_t takes every kind of integer, double every kind of number, bool,
  /// std::string, and vectors of these (of std::int32_t and float instead, which vocabularies are full of).
  /// Error naming the key when it is missing or of another kind.
  template <class T>
  T get(const std::string& key) const;
  /// Absent when the key is missing.
  template <class T>
  std::optional<T> maybe(const std::string& key) const {
    return find(key) ? std::optional<T>(get<T>(key)) : std::nullopt;
  }
  template <class T>
  T get_or(const std::string& key, T fallback) const {
    return find(key) ? get<T>(key) : std::move(fallback);
  }

 private:
  std::string where_;
  std::vector<std::pair<std::string, Value>> entries_;
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace nudge::gguf
