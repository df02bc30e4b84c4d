#pragma once

#include <optional>
#include <string>
#include <vector>

#include "preference/store/assignment.h"

namespace nudge {

/// No lease is longer, and one that ends later was taken by a clock that ran ahead: it has ended.
inline constexpr double kLongestLease = 3600;  // seconds

/// One rater's hold on one comparison. An expired lease stays until the same rater gets the comparison again
/// or answers it after all: a late answer is still an answer.
struct Lease {
  std::string nonce;
  std::int64_t rater = 0, comparison = 0;  // numbers
  Role role = Role::vote;
  double taken = 0, expires = 0;  // seconds since 1970

  bool live(double now) const { return expires > now && expires <= now + kLongestLease; }
};

/// The table of leases. Call its members inside an immediate transaction, so that two raters never get the
/// same one.
class Leases {
 public:
  explicit Leases(Database& database) : database_(database) {}

  void put(const Lease& lease);  // ends the rater's earlier lease of this comparison
  void end(const Lease& lease);
  std::optional<Lease> find(const std::string& nonce) const;
  std::vector<Lease> of(std::int64_t rater) const;  // newest first, expired ones too
  HeldByOthers held_by_others(std::int64_t rater, double now) const;
  std::int64_t live(double now) const;
  /// When the first live lease of another rater ends; `now` without one.
  double next_expiry(std::int64_t rater, double now) const;

 private:
  Database& database_;
};

}  // namespace nudge
