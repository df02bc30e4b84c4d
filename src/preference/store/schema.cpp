#include "preference/store/schema.h"

#include <array>

#include "base/error.h"

namespace nudge {
namespace {

constexpr std::int64_t kApplication = 0x6e756467;  // "nudg", PRAGMA application_id

// Step N brings version N to N + 1. Steps are history: they are added to, never edited.
constexpr std::array<const char*, 3> kSteps{
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
)sql"};

void require_ours(const Database& database) {
  const std::string path = database.path().string();
  require(database.integer("PRAGMA application_id") == kApplication,
          "{}: this is the SQLite database of another program, not a store of nudge.", path);
  const std::int64_t present = database.integer("PRAGMA user_version");
  require(present <= schema_version(),
          "{}: the store has version {} and this nudge knows up to {}; use the newer program.", path, present,
          schema_version());
}

}  // namespace

std::int64_t schema_version() {
  return static_cast<std::int64_t>(kSteps.size());
}

void migrate(const Database& database, std::int64_t version) {
  Transaction transaction(database);
  if (database.integer("SELECT count(*) FROM sqlite_schema") > 0) require_ours(database);
  for (std::int64_t present = database.integer("PRAGMA user_version"); present < version; ++present) {
    database.execute(kSteps[static_cast<std::size_t>(present)]);
    database.execute(
        fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplication, present + 1).c_str());
  }
  transaction.commit();
  database.execute("PRAGMA journal_mode=WAL");
}

void require_present_schema(const Database& database) {
  require_ours(database);
  require(database.integer("PRAGMA user_version") == schema_version(),
          "{}: the store has an older version; open it once for writing, with `nudge label`.",
          database.path().string());
}

}  // namespace nudge
