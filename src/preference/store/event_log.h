#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/json.h"
#include "preference/store/database.h"

namespace nudge {

/// Something that happened to a store. Kinds: "created", "settings", "guidelines", "added" (a comparison),
/// "prioritised", "joined" (a rater), "shown", "decided", "undone", "redacted".
struct Event {
  std::int64_t number = 0;  // 1, 2, ... without a gap; given by append
  std::string time;         // as utc_time writes it
  std::string kind;
  std::optional<std::int64_t> rater;       // numbers, not names: names can be deleted
  std::optional<std::int64_t> comparison;  // number
  std::optional<std::int64_t> about;       // the decision that is undone
  std::optional<std::string> nonce;        // unique in the store
  std::string body = "{}";                 // JSON; empty once redacted
  std::string hash;                        // over all of this and the hash before; given by append
};

/// The append-only log. Event n has hash_n = SHA-256(hash_{n-1}, newline, [number, time, kind, rater,
/// comparison, about, nonce, SHA-256(body)] as one JSON line), hash_0 empty: whoever knows the last hash
/// knows whether any event before it was changed, and a redacted body leaves the chain whole.
class EventLog {
 public:
  explicit EventLog(Database& database) : database_(database) {}

  /// Adds the event behind the last one, gives it number and hash, and returns the hash of that last one.
  /// Call it inside a transaction.
  std::string append(Event& event);

  /// The event with this nonce.
  std::optional<Event> with_nonce(const std::string& nonce) const;
  std::optional<Event> numbered(std::int64_t number) const;
  /// Events after number `after`, in order.
  void each_after(std::int64_t after, const std::function<void(const Event&)>& visit) const;

  /// Number and hash of the last event; 0 and empty without any.
  std::pair<std::int64_t, std::string> last() const;
  std::int64_t last_number() const { return last().first; }
  std::string last_hash() const { return last().second; }
  /// Empty when there is no such event.
  std::string hash_of(std::int64_t number) const;

  /// Recomputes the chain, the digests of bodies and of added comparisons. Throws Error naming the first
  /// event that does not fit.
  void verify() const;

 private:
  Database& database_;
};

/// The export of all events, one a line: what the panel's download and `preferences export --format events`
/// write.
std::string event_lines(const EventLog& log);

/// As exports of events hold it: what the hash is over, the body as JSON, null once redacted.
Json to_json(const Event& event);

}  // namespace nudge
