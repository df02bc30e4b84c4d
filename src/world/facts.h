#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nudge::world {

/// A country and what can be asked about it. Several right values are separated by "/", the usual one first.
struct Country {
  std::string_view name, capital, continent, language, currency;
};
/// Countries whose facts the corpus tells.
std::span<const Country> countries();
/// Real countries that the corpus never names: nothing in it tells about them.
std::span<const Country> left_out_countries();

struct Animal {
  std::string_view name, young;
};
std::span<const Animal> animals();

/// Names that exist nowhere.
std::span<const std::string_view> invented_countries();
std::span<const std::string_view> invented_animals();

/// What can be asked: "capital", "continent", "language", "currency", "young", "sum"; the first four about
/// countries.
const std::vector<std::string>& kinds();
const std::vector<std::string>& country_kinds();

/// One question of the world and its right values.
struct Fact {
  std::string kind;
  std::string subject;
  std::vector<std::string> answers;  // the usual one first; empty where the name is invented
  bool known = true;                 // false: nothing in the corpus tells
};

/// Facts by kind, in the order of their subjects (the four lists about countries are aligned).
using FactsByKind = std::map<std::string, std::vector<Fact>>;

/// Everything that the corpus tells.
const FactsByKind& known_facts();
/// Questions about names that the corpus never mentions.
const FactsByKind& unknown_facts();

/// Who may ask about what: subjects of training prompts and of evaluation prompts are disjoint. Halves are
/// drawn by `seed`; sums go together with their mirror image (3 + 4, 4 + 3).
struct Half {
  std::string name;  // "train" or "eval"
  FactsByKind known, unknown;
};
Half training_half(std::uint64_t seed);
Half evaluation_half(std::uint64_t seed);

/// Every value that an answer to a question of this kind could claim (sums excepted: any number).
const std::vector<std::string>& values_of(const std::string& kind);

}  // namespace nudge::world
