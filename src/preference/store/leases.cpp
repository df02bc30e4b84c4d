#include "preference/store/leases.h"

namespace nudge {
namespace {

constexpr const char* kSelect = "SELECT nonce, rater, comparison, role, taken, expires FROM leases ";

Lease lease_of(const Statement& row) {
  return {row.text(0), row.integer(1), row.integer(2), rater_role(row.text(3)), row.number(4), row.number(5)};
}

}  // namespace

void Leases::put(const Lease& lease) {
  Statement insert = database_.prepare(
      "INSERT OR REPLACE INTO leases (nonce, rater, comparison, role, taken, expires) VALUES (?, ?, ?, ?, ?, "
      "?)");
  insert.bind(1, lease.nonce).bind(2, lease.rater).bind(3, lease.comparison).bind(4, to_string(lease.role));
  insert.bind(5, lease.taken).bind(6, lease.expires).run();
}

void Leases::end(const Lease& lease) {
  database_.prepare("DELETE FROM leases WHERE nonce = ?").bind(1, lease.nonce).run();
}

std::optional<Lease> Leases::find(const std::string& nonce) const {
  Statement row = database_.query(std::string(kSelect) + "WHERE nonce = ?");
  row.bind(1, nonce);
  return row.step() ? std::optional(lease_of(row)) : std::nullopt;
}

std::vector<Lease> Leases::of(std::int64_t rater) const {
  Statement row = database_.query(std::string(kSelect) + "WHERE rater = ? ORDER BY taken DESC");
  row.bind(1, rater);
  std::vector<Lease> leases;
  while (row.step()) leases.push_back(lease_of(row));
  return leases;
}

HeldByOthers Leases::held_by_others(std::int64_t rater, double now) const {
  Statement row = database_.query(
      "SELECT comparison, count(*) FROM leases WHERE rater <> ? AND expires > ? AND expires <= ? AND role = "
      "'vote' GROUP BY comparison");
  row.bind(1, rater).bind(2, now).bind(3, now + kLongestLease);
  HeldByOthers held;
  while (row.step()) held[row.integer(0)] = row.integer(1);
  return held;
}

std::int64_t Leases::live(double now) const {
  Statement row = database_.query("SELECT count(*) FROM leases WHERE expires > ? AND expires <= ?");
  row.bind(1, now).bind(2, now + kLongestLease);
  return row.step() ? row.integer(0) : 0;
}

double Leases::next_expiry(std::int64_t rater, double now) const {
  Statement row =
      database_.query("SELECT min(expires) FROM leases WHERE rater <> ? AND expires > ? AND expires <= ?");
  row.bind(1, rater).bind(2, now).bind(3, now + kLongestLease);
  return row.step() && !row.null(0) ? row.number(0) : now;
}

}  // namespace nudge
