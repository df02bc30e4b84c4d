#include "world/facts.h"

#include <algorithm>
#include <set>

#include "base/random.h"

namespace nudge::world {
namespace {

/// "Asia/Europe" -> {"Asia", "Europe"}.
std::vector<std::string> alternatives(std::string_view text) {
  std::vector<std::string> values;
  while (true) {
    const std::size_t slash = text.find('/');
    values.emplace_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return values;
    text.remove_prefix(slash + 1);
  }
}

void add_country(FactsByKind& facts, const Country& country, bool known) {
  const std::string name(country.name);
  facts["capital"].push_back({"capital", name, alternatives(country.capital), known});
  facts["continent"].push_back({"continent", name, alternatives(country.continent), known});
  facts["language"].push_back({"language", name, alternatives(country.language), known});
  facts["currency"].push_back({"currency", name, alternatives(country.currency), known});
}

FactsByKind make_known() {
  FactsByKind facts;
  for (const Country& country : countries()) add_country(facts, country, true);
  for (const Animal& animal : animals())
    facts["young"].push_back({"young", std::string(animal.name), alternatives(animal.young)});
  for (int a = 0; a <= 10; ++a)
    for (int b = 0; b <= 10; ++b)
      facts["sum"].push_back({"sum", std::to_string(a) + " + " + std::to_string(b), {std::to_string(a + b)}});
  return facts;
}

FactsByKind make_unknown() {
  FactsByKind facts;
  for (const Country& country : left_out_countries()) add_country(facts, country, false);
  for (const std::string_view name : invented_countries())
    for (const std::string& kind : country_kinds())
      facts[kind].push_back({kind, std::string(name), {}, false});
  for (const std::string_view name : invented_animals())
    facts["young"].push_back({"young", std::string(name), {}, false});
  return facts;
}

/// The name under which a subject is dealt to a half: the two orders of a sum share one.
std::string dealt_name(const Fact& fact) {
  if (fact.kind != "sum") return fact.subject;
  const std::size_t plus = fact.subject.find(" + ");
  std::string first = fact.subject.substr(0, plus), second = fact.subject.substr(plus + 3);
  return first < second ? first + " + " + second : second + " + " + first;
}

/// Every second subject of a shuffled list; countries keep their four facts together.
FactsByKind half_of(const FactsByKind& facts, const std::string& purpose, std::uint64_t seed,
                    std::size_t parity) {
  FactsByKind half;
  std::map<std::string, std::set<std::string>> dealt;  // by a kind that stands for its family
  for (const auto& [kind, list] : facts) {
    const bool country = std::ranges::count(country_kinds(), kind) > 0;
    const std::string family = country ? "country" : kind;
    if (!dealt.contains(family)) {
      std::set<std::string> names;
      for (const Fact& fact : list) names.insert(dealt_name(fact));
      std::vector<std::string> order(names.begin(), names.end());
      Stream stream(seed, "world-half-" + purpose + "-" + family);
      stream.shuffle(order);
      for (std::size_t i = parity; i < order.size(); i += 2) dealt[family].insert(order[i]);
    }
    for (const Fact& fact : list)
      if (dealt[family].contains(dealt_name(fact))) half[kind].push_back(fact);
  }
  return half;
}

}  // namespace

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> all = {"capital",  "continent", "language",
                                               "currency", "young",     "sum"};
  return all;
}

const std::vector<std::string>& country_kinds() {
  static const std::vector<std::string> all = {"capital", "continent", "language", "currency"};
  return all;
}

const FactsByKind& known_facts() {
  static const FactsByKind facts = make_known();
  return facts;
}

const FactsByKind& unknown_facts() {
  static const FactsByKind facts = make_unknown();
  return facts;
}

Half training_half(std::uint64_t seed) {
  return {"train", half_of(known_facts(), "known", seed, 0), half_of(unknown_facts(), "unknown", seed, 0)};
}

Half evaluation_half(std::uint64_t seed) {
  return {"eval", half_of(known_facts(), "known", seed, 1), half_of(unknown_facts(), "unknown", seed, 1)};
}

const std::vector<std::string>& values_of(const std::string& kind) {
  static const std::map<std::string, std::vector<std::string>> values = [] {
    std::map<std::string, std::set<std::string>> seen;
    for (const FactsByKind* facts : {&known_facts(), &unknown_facts()})
      for (const auto& [each, list] : *facts)
        for (const Fact& fact : list) seen[each].insert(fact.answers.begin(), fact.answers.end());
    std::map<std::string, std::vector<std::string>> lists;
    for (const auto& [each, set] : seen) lists[each].assign(set.begin(), set.end());
    return lists;
  }();
  return values.at(kind);
}

}  // namespace nudge::world
