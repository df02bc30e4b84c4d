#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "preference/store/event_log.h"
#include "preference/store/label_settings.h"
#include "records/comparison.h"

namespace nudge {

/// Why a rater got a comparison. Only `vote` and `surplus` are labels; the other two measure the rater.
enum class Role { vote, surplus, repeat, gold };
std::string to_string(Role role);
Role rater_role(const std::string& name);

/// What the store knows of one decision without reading its body.
struct Decision {
  std::int64_t event = 0;
  std::int64_t rater = 0;       // number
  std::int64_t comparison = 0;  // number
  Outcome outcome = Outcome::compared;
  Role role = Role::vote;
  double seconds = 0;
  std::string day;      // "2026-01-31"
  bool undone = false;  // or deleted by its rater
};

struct ComparisonState {
  std::string id;
  bool gold = false;
  double priority = 0;
  double draw = 0;                    // uniform in [0, 1), a function of seed and number: who is shared
  std::int64_t votes = 0;             // that count for the quota: labels in force, skips left out
  std::vector<std::int64_t> seen_by;  // raters with a decision in force, skips included, repeats left out
};

struct RaterState {
  std::string name;
  std::vector<std::int64_t> decisions;  // in force, in order
  std::string last_day;                 // of the last decision: "2026-01-31"
  std::int64_t on_last_day = 0;         // decisions in force
  // Of the comparisons that ask for votes, and of the gold items, those that this rater has decided.
  std::int64_t asking_seen = 0, gold_seen = 0;

  /// Decisions in force of a day; the last that has any, or a later one.
  std::int64_t decisions_on(const std::string& day) const { return day == last_day ? on_last_day : 0; }
};

/// Raters that a comparison should have: `overlap`, and one more for the share of comparisons that serve to
/// measure agreement. A larger share keeps the comparisons of a smaller one.
std::int64_t wanted_raters(const LabelSettings& settings, const ComparisonState& comparison);

/// The present state of a store, a fold over its events: what the scheduler needs, in memory. Raters and
/// comparisons are numbered from 1, as in the store.
class Ledger {
 public:
  void apply(const Event& event);

  std::int64_t last_event() const { return last_event_; }
  const LabelSettings& settings() const { return settings_; }
  std::int64_t guidelines_version() const { return guidelines_version_; }
  const std::string& guidelines() const { return guidelines_; }
  /// Grows when something already closed may be open again.
  std::int64_t revision() const { return revision_; }

  std::int64_t comparison_count() const { return std::ssize(comparisons_); }
  std::int64_t rater_count() const { return std::ssize(raters_); }
  const ComparisonState& comparison(std::int64_t number) const { return comparisons_[index(number)]; }
  const RaterState& rater(std::int64_t number) const { return raters_[index(number)]; }
  /// Comparisons (gold items left out) that still ask for votes; gold items.
  std::int64_t asking_count() const { return asking_count_; }
  std::int64_t gold_count() const { return gold_count_; }
  /// 0 when no rater has this name.
  std::int64_t rater_named(const std::string& name) const;
  const Decision* decision(std::int64_t event) const;
  const std::unordered_map<std::int64_t, Decision>& decisions() const { return decisions_; }

 private:
  static std::size_t index(std::int64_t number) { return number - 1; }
  void add_comparison(const Json& body);
  void decide(const Event& event, const Json& body);
  void withdraw(Decision& decision);
  void redact(std::int64_t rater);
  void set(const LabelSettings& settings);
  void count(const ComparisonState& comparison, std::int64_t sign);

  std::int64_t last_event_ = 0, revision_ = 0;
  LabelSettings settings_;
  std::int64_t guidelines_version_ = 0;
  std::string guidelines_;
  std::vector<ComparisonState> comparisons_;
  std::int64_t asking_count_ = 0, gold_count_ = 0;
  std::vector<RaterState> raters_;
  std::unordered_map<std::string, std::int64_t> rater_numbers_;
  std::unordered_map<std::int64_t, Decision> decisions_;
};

}  // namespace nudge
