#include "preference/store/schema.h"

#include <array>
#include <map>
#include <string>

#include "base/error.h"

namespace nudge {
namespace {

constexpr std::int64_t kApplication = 0x6e756467;  // "nudg", PRAGMA application_id

// Step N brings version N to N + 1. Steps are history: they are added to, never edited.
constexpr std::array<const char*, 4> kSteps{
    R"sql(
CREATE TABLE raters (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE comparisons (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  content TEXT NOT NULL          -- the record as JSON; an event "added" holds its SHA-256
) STRICT;

-- What happened, in order; never changed, never deleted. `hash` chains each event to the one before it.
CREATE TABLE events (
  number INTEGER PRIMARY KEY,
  time TEXT NOT NULL,
  kind TEXT NOT NULL,
  rater INTEGER REFERENCES raters(number),
  comparison INTEGER REFERENCES comparisons(number),
  about INTEGER REFERENCES events(number),  -- the decision that is undone
  nonce TEXT UNIQUE,                        -- the client's: the same request twice is one event
  body TEXT NOT NULL,                       -- JSON; empty once its rater had it deleted
  digest TEXT NOT NULL,                     -- SHA-256 of the body as it was written
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX events_about ON events(about) WHERE about IS NOT NULL;
CREATE INDEX events_comparison ON events(comparison, kind);
CREATE INDEX events_rater ON events(rater, kind);

-- One change is possible: what a rater wrote can be emptied, after an event "redacted" that says so.
CREATE TRIGGER events_stay BEFORE UPDATE ON events
  WHEN NEW.body <> '' OR NEW.number <> OLD.number OR NEW.time <> OLD.time OR NEW.kind <> OLD.kind
    OR NEW.rater IS NOT OLD.rater OR NEW.comparison IS NOT OLD.comparison OR NEW.about IS NOT OLD.about
    OR NEW.nonce IS NOT OLD.nonce OR NEW.digest <> OLD.digest OR NEW.hash <> OLD.hash
    OR NOT EXISTS (SELECT 1 FROM events r
                   WHERE r.kind = 'redacted' AND r.rater = OLD.rater AND r.number > OLD.number)
  BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_kept BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER events_follow BEFORE INSERT ON events
  WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM events)
  BEGIN SELECT RAISE(ABORT, 'events are numbered without a gap'); END;
CREATE TRIGGER comparisons_stay BEFORE UPDATE OF number, id, content ON comparisons
  BEGIN SELECT RAISE(ABORT, 'comparisons are never changed'); END;
CREATE TRIGGER comparisons_are_kept BEFORE DELETE ON comparisons
  BEGIN SELECT RAISE(ABORT, 'comparisons are never deleted'); END;

-- Who holds which comparison until when (seconds since 1970). Not history: an ended lease leaves.
CREATE TABLE leases (
  nonce TEXT PRIMARY KEY,
  rater INTEGER NOT NULL REFERENCES raters(number),
  comparison INTEGER NOT NULL REFERENCES comparisons(number),
  role TEXT NOT NULL,
  taken REAL NOT NULL,
  expires REAL NOT NULL,
  UNIQUE (rater, comparison)
) STRICT;

CREATE TABLE drafts (
  rater INTEGER NOT NULL REFERENCES raters(number),
  comparison INTEGER NOT NULL REFERENCES comparisons(number),
  body TEXT NOT NULL,
  PRIMARY KEY (rater, comparison)
) STRICT;

-- The labels: decisions that no later event undoes and nobody had deleted.
CREATE VIEW votes AS
  SELECT e.number AS decision, e.time, e.rater, e.comparison, e.body
  FROM events e
  WHERE e.kind = 'decided' AND e.body <> ''
    AND NOT EXISTS (SELECT 1 FROM events u WHERE u.about = e.number AND u.kind = 'undone');
)sql",
    R"sql(
-- Which comparisons to ask first: a number that active selection fills, the largest first.
ALTER TABLE comparisons ADD COLUMN priority REAL NOT NULL DEFAULT 0;
)sql",
    R"sql(
-- Each event was written into two indexes that nothing but these two questions needs: what a rater decided, and whether
-- their words were redacted.
DROP INDEX events_comparison;
DROP INDEX events_rater;
CREATE INDEX events_decided ON events(rater) WHERE kind = 'decided';
CREATE INDEX events_redacted ON events(rater) WHERE kind = 'redacted';
)sql",
    R"sql(
-- What the links and cookies of the label server are made of: in no event, no export and no backup.
CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
)sql"};
constexpr std::int64_t kReadable = 3;  // the first version that has all that reading asks for

void run_steps(Database& database, std::int64_t first, std::int64_t end) {
  for (std::int64_t present = first; present < end; ++present) {
    database.execute(kSteps[present]);
    database.execute(
        fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplication, present + 1).c_str());
  }
}

/// Name -> type, table and text of every table, index, trigger and view.
std::map<std::string, std::string> objects(const Database& database) {
  std::map<std::string, std::string> found;
  Statement row = database.query("SELECT name, type, tbl_name, coalesce(sql, '') FROM sqlite_schema");
  while (row.step()) found[row.text(0)] = row.text(1) + " " + row.text(2) + " " + row.text(3);
  return found;
}

}  // namespace

std::int64_t schema_version() {
  return std::ssize(kSteps);
}

bool has_schema(const Database& database) {
  return database.integer("SELECT count(*) FROM sqlite_schema") > 0;
}

void require_schema(const Database& database, bool for_reading) {
  const std::string path = database.path().string();
  require(database.integer("PRAGMA application_id") == kApplication,
          "{}: this is the SQLite database of another program, not a store of nudge.", path);
  const std::int64_t version = database.integer("PRAGMA user_version");
  require(version >= 1,
          "{}: this is no store of a version that nudge knows ({}): the file is damaged; go back "
          "to a backup.",
          path, version);
  require(version <= schema_version(),
          "{}: the store has version {} and this nudge knows up to {}; use the newer program.", path, version,
          schema_version());
  Database own = Database::in_memory();
  run_steps(own, 0, version);
  const std::map<std::string, std::string> expected = objects(own), present = objects(database);
  for (const auto& [name, text] : expected) {
    const auto found = present.find(name);
    require(
        found != present.end() && found->second == text,
        "{}: \"{}\" of the store's schema is not as nudge made it: the file is damaged, or another program "
        "changed it; go back to a backup.",
        path, name);
  }
  for (const auto& [name, text] : present)
    require(expected.contains(name),
            "{}: the store's schema has \"{}\", which nudge did not make; remove it, or go back to a backup.",
            path, name);
  require(!for_reading || version >= kReadable,
          "{}: the store has an older version; open it once for writing, with `nudge label`.", path);
}

void migrate(Database& database, std::int64_t version) {
  Transaction transaction(database);
  if (has_schema(database)) require_schema(database);
  run_steps(database, database.integer("PRAGMA user_version"), version);
  transaction.commit();
}

}  // namespace nudge
