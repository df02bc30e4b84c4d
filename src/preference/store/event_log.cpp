#include "preference/store/event_log.h"

#include <set>

#include "base/error.h"
#include "base/files.h"

namespace nudge {
namespace {

constexpr const char* kColumns = "number, time, kind, rater, comparison, about, nonce, body, hash, digest";

Event event_of(const Statement& row) {
  return {.number = row.integer(0),
          .time = row.text(1),
          .kind = row.text(2),
          .rater = row.optional_integer(3),
          .comparison = row.optional_integer(4),
          .about = row.optional_integer(5),
          .nonce = row.optional_text(6),
          .body = row.text(7),
          .hash = row.text(8)};
}

template <class T>
Json null_if_absent(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string chained(const std::string& before, const Event& event, const std::string& digest) {
  const Json line = {event.number,
                     event.time,
                     event.kind,
                     null_if_absent(event.rater),
                     null_if_absent(event.comparison),
                     null_if_absent(event.about),
                     null_if_absent(event.nonce),
                     digest};
  return sha256(before + "\n" + to_line(line));
}

/// What the chain promises of one event's body, whether or not it was redacted; empty when all is well.
std::string fault_of_body(const Database& database, const Event& event, const std::string& digest,
                          const std::set<std::int64_t>& redacted) {
  if (event.body.empty()) {
    return event.rater && redacted.contains(*event.rater) ? ""
                                                          : "its body is gone, and no rater had it deleted";
  }
  if (sha256(event.body) != digest) return "its body was changed";
  if (event.kind != "added" || !event.comparison) return "";
  Statement content = database.query("SELECT content FROM comparisons WHERE number = ?");
  if (!content.bind(1, *event.comparison).step()) return "the comparison that it added is gone";
  try {
    const bool same =
        get<std::string>(parse_json(event.body, "event"), "sha256", "event") == sha256(content.text(0));
    return same ? "" : "the comparison that it added was changed";
  } catch (const Error& error) {
    return fmt::format("its body cannot be read: {}", error.what());
  }
}

}  // namespace

std::string event_lines(const EventLog& log) {
  std::string lines;
  log.each_after(0, [&](const Event& event) { lines += to_line(to_json(event)) + "\n"; });
  return lines;
}

Json to_json(const Event& event) {
  return {{"number", event.number},
          {"time", event.time},
          {"kind", event.kind},
          {"rater", null_if_absent(event.rater)},
          {"comparison", null_if_absent(event.comparison)},
          {"about", null_if_absent(event.about)},
          {"nonce", null_if_absent(event.nonce)},
          {"body", event.body.empty() ? Json(nullptr) : parse_json(event.body, "event")},
          {"hash", event.hash}};
}

std::string EventLog::append(Event& event) {
  auto [number, hash] = last();
  event.number = number + 1;
  const std::string digest = sha256(event.body);
  event.hash = chained(hash, event, digest);
  Statement insert = database_.prepare(
      "INSERT INTO events (number, time, kind, rater, comparison, about, nonce, body, hash, digest) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, event.number).bind(2, event.time).bind(3, event.kind).bind(4, event.rater);
  insert.bind(5, event.comparison).bind(6, event.about).bind(7, event.nonce).bind(8, event.body);
  insert.bind(9, event.hash).bind(10, digest).run();
  return std::move(hash);
}

std::optional<Event> EventLog::with_nonce(const std::string& nonce) const {
  Statement row = database_.query(fmt::format("SELECT {} FROM events WHERE nonce = ?", kColumns));
  row.bind(1, nonce);
  return row.step() ? std::optional(event_of(row)) : std::nullopt;
}

std::optional<Event> EventLog::numbered(std::int64_t number) const {
  Statement row = database_.query(fmt::format("SELECT {} FROM events WHERE number = ?", kColumns));
  row.bind(1, number);
  return row.step() ? std::optional(event_of(row)) : std::nullopt;
}

void EventLog::each_after(std::int64_t after, const std::function<void(const Event&)>& visit) const {
  Statement row =
      database_.query(fmt::format("SELECT {} FROM events WHERE number > ? ORDER BY number", kColumns));
  row.bind(1, after);
  while (row.step()) visit(event_of(row));
}

std::pair<std::int64_t, std::string> EventLog::last() const {
  Statement last = database_.query("SELECT number, hash FROM events ORDER BY number DESC LIMIT 1");
  if (!last.step()) return {0, ""};
  return {last.integer(0), last.text(1)};
}

std::string EventLog::hash_of(std::int64_t number) const {
  Statement row = database_.query("SELECT hash FROM events WHERE number = ?");
  return row.bind(1, number).step() ? row.text(0) : "";
}

void EventLog::verify() const {
  std::set<std::int64_t> redacted;
  Statement deletions = database_.query("SELECT rater FROM events WHERE kind = 'redacted'");
  while (deletions.step()) redacted.insert(deletions.integer(0));

  std::string before;
  std::int64_t expected = 1;
  Statement row = database_.query(fmt::format("SELECT {} FROM events ORDER BY number", kColumns));
  for (; row.step(); ++expected) {
    const Event event = event_of(row);
    const std::string digest = row.text(9);
    std::string fault;
    if (event.number != expected) fault = fmt::format("event {} before it is missing", expected);
    if (fault.empty() && chained(before, event, digest) != event.hash) fault = "its hash does not fit";
    if (fault.empty()) fault = fault_of_body(database_, event, digest, redacted);
    require(fault.empty(),
            "{}: the log of the store is broken at event {} ({}, {}): {}; go back to a backup, or export the "
            "events and look at what changed it.",
            database_.path().string(), event.number, event.kind, event.time, fault);
    before = event.hash;
  }
  require(database_.integer("SELECT count(*) FROM comparisons") ==
              database_.integer("SELECT count(*) FROM events WHERE kind = 'added'"),
          "{}: the store holds comparisons that no event added; go back to a backup.",
          database_.path().string());
}

}  // namespace nudge
