#include "preference/store/store.h"

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hex.h"
#include "preference/store/schema.h"

namespace nudge {
namespace {

/// Bytes; a small write that fits does not mean that labels do.
constexpr std::uintmax_t kRoomToGoOn = 1 << 19;

Event event_now(std::string kind, const Json& body) {
  return {.time = time_now(), .kind = std::move(kind), .body = to_line(body)};
}

void require_gold_fits(const Comparison& comparison) {
  if (!comparison.extra.contains("gold_ranks")) return;
  const std::string where = fmt::format("gold_ranks of comparison \"{}\"", comparison.id);
  require_fits({.ranks = get<std::vector<std::int64_t>>(comparison.extra, "gold_ranks", where)}, comparison,
               where);
}

}  // namespace

Store::Store(const std::filesystem::path& path, const StoreOptions& options)
    : database_(path, options.access), writes_(options.access != Access::read) {
  if (options.access == Access::create && !has_schema(database_)) create(options.seed);
  try {
    require_whole(options);
  } catch (...) {
    database_.leave_alone();
    throw;
  }
  if (writes_) {
    migrate(database_);
    database_.execute("PRAGMA journal_mode=WAL");
  }
  ledger();
}

Store::~Store() {
  if (writes_) database_.settle();
}

/// The schema and the first event are there together or not at all.
void Store::create(std::uint64_t seed) {
  Transaction transaction(database_);
  if (!has_schema(database_)) {
    migrate(database_);
    append(event_now("created", {{"store", random_hex(8)}, {"seed", seed}}));
  }
  transaction.commit();
}

/// Looks at everything before anything is written.
void Store::require_whole(const StoreOptions& options) const {
  const std::string name = database_.path().string();
  require(has_schema(database_), "{}: the file is an empty database, not a store of nudge.", name);
  require_schema(database_, !writes_);
  if (options.verify) {
    Statement check = database_.query("PRAGMA integrity_check(1)");
    const std::string result = check.step() ? check.text(0) : "no answer";
    require(result == "ok", "{}: the file is damaged ({}); go back to a backup.", name, result);
  }
  require(log_.last_number() > 0,
          "{}: the store has no first event: its -wal is missing, in which its labels lie; bring {}-wal back "
          "beside it, or go back to a backup (remove the file if it never held anything).",
          name, name);
  if (options.verify) log_.verify();
}

void Store::probe_writing() {
  const std::filesystem::path& path = database_.path();
  if (std::filesystem::space(path).available < kRoomToGoOn)
    throw ReadOnlyError(
        fmt::format("{}: the disk is nearly full, so nothing more is saved; free some space, then go on.",
                    path.string()));
  // As much as a large label, comments and all: erased pages are written, too (secure_delete).
  Transaction transaction(database_);
  database_.execute("CREATE TABLE room AS SELECT zeroblob(65536) AS taken; DROP TABLE room");
  transaction.commit();
}

const Ledger& Store::ledger() {
  if (ledger_.last_event() > 0) {
    const auto [number, hash] = log_.last();
    if (number == ledger_.last_event() && hash == ledger_hash_) return ledger_;
    // What it had applied may have been rolled back.
    if (log_.hash_of(ledger_.last_event()) != ledger_hash_) ledger_ = Ledger();
  }
  log_.each_after(ledger_.last_event(), [&](const Event& event) { apply(event); });
  return ledger_;
}

void Store::apply(const Event& event) {
  ledger_.apply(event);
  ledger_hash_ = event.hash;
}

std::int64_t Store::append(Event event) {
  const std::string before = log_.append(event);
  if (ledger_.last_event() + 1 == event.number && ledger_hash_ == before) apply(event);
  return event.number;
}

std::int64_t Store::join(const std::string& rater) {
  Statement known = database_.query("SELECT number FROM raters WHERE name = ?");
  if (known.bind(1, rater).step()) return known.integer(0);
  const std::int64_t number = database_.integer("SELECT coalesce(max(number), 0) + 1 FROM raters");
  Statement insert = database_.prepare("INSERT INTO raters (number, name) VALUES (?, ?)");
  insert.bind(1, number).bind(2, rater).run();
  // The salt keeps a deleted name from being guessed out of its digest.
  Event event = event_now("joined", {{"name", rater}, {"salt", random_hex(16)}});
  event.rater = number;
  append(std::move(event));
  return number;
}

std::int64_t Store::add(std::span<const Comparison> comparisons) {
  Transaction transaction(database_);
  std::int64_t added = 0;
  std::int64_t last = database_.integer("SELECT coalesce(max(number), 0) FROM comparisons");
  Statement insert = database_.prepare("INSERT INTO comparisons (number, id, content) VALUES (?, ?, ?)");
  for (const Comparison& comparison : comparisons) {
    require_gold_fits(comparison);
    const std::string content = to_line(to_json(comparison));
    Statement present = database_.query("SELECT content FROM comparisons WHERE id = ?");
    if (present.bind(1, comparison.id).step()) {
      require(present.text(0) == content,
              "{}: the store holds another comparison with the id \"{}\"; comparisons are never changed, so "
              "give the new one an id of its own.",
              database_.path().string(), comparison.id);
      continue;
    }
    insert.bind(1, ++last).bind(2, comparison.id).bind(3, content).run();
    Json body = {{"id", comparison.id}, {"sha256", sha256(content)}};
    if (comparison.extra.contains("gold_ranks")) body["gold"] = true;
    Event event = event_now("added", body);
    event.comparison = last;
    append(std::move(event));
    ++added;
  }
  transaction.commit();
  return added;
}

std::int64_t Store::add(std::span<const Vote> votes) {
  Transaction transaction(database_);
  std::int64_t added = 0;
  for (const Vote& vote : votes) {
    const std::string where = fmt::format("vote of \"{}\" on \"{}\"", vote.rater, vote.comparison);
    Statement number = database_.query("SELECT number FROM comparisons WHERE id = ?");
    require(number.bind(1, vote.comparison).step(),
            "{}: the store has no such comparison; add the comparisons first.", where);
    require_fits(vote, comparison(number.integer(0)), where);
    const std::string body = to_line(to_json(vote));
    Event event{.time = time_now(), .kind = "decided", .nonce = "import:" + sha256(body), .body = body};
    if (log_.with_nonce(*event.nonce)) continue;
    event.rater = join(vote.rater);
    event.comparison = number.integer(0);
    append(std::move(event));
    ++added;
  }
  transaction.commit();
  return added;
}

Comparison Store::comparison(std::int64_t number) const {
  Statement row = database_.query("SELECT content FROM comparisons WHERE number = ?");
  require(row.bind(1, number).step(), "{}: there is no comparison {}.", database_.path().string(), number);
  const std::string where = fmt::format("{} comparison {}", database_.path().string(), number);
  return comparison_from_json(parse_json(row.text(0), where), where);
}

std::optional<Comparison> Store::find(const std::string& id) const {
  Statement row = database_.query("SELECT number FROM comparisons WHERE id = ?");
  return row.bind(1, id).step() ? std::optional(comparison(row.integer(0))) : std::nullopt;
}

Comparison Store::comparison(const std::string& id) const {
  std::optional<Comparison> found = find(id);
  require(found.has_value(), "{}: there is no comparison \"{}\".", database_.path().string(), id);
  return std::move(*found);
}

std::vector<Comparison> Store::comparisons() const {
  std::vector<Comparison> comparisons;
  Statement row = database_.query("SELECT content FROM comparisons ORDER BY number");
  while (row.step()) {
    const std::string where =
        fmt::format("{} comparison {}", database_.path().string(), comparisons.size() + 1);
    comparisons.push_back(comparison_from_json(parse_json(row.text(0), where), where));
  }
  return comparisons;
}

std::vector<Vote> Store::votes() const {
  return votes_where(/*labels_only=*/true);
}

std::vector<Vote> Store::all_votes() const {
  return votes_where(/*labels_only=*/false);
}

std::vector<Vote> Store::votes_where(bool labels_only) const {
  std::vector<Vote> votes;
  Statement row = database_.query("SELECT decision, body FROM votes ORDER BY decision");
  while (row.step()) {
    const std::string where = fmt::format("{} event {}", database_.path().string(), row.integer(0));
    Vote vote = vote_from_json(parse_json(row.text(1), where), where);
    const Role role = rater_role(get_or<std::string>(vote.extra, "role", "vote", where));
    if (labels_only && (role == Role::repeat || role == Role::gold)) continue;
    vote.extra["decision"] = row.integer(0);
    votes.push_back(std::move(vote));
  }
  return votes;
}

void Store::prioritise(const std::vector<std::pair<std::string, double>>& priorities,
                       const std::string& method) {
  Transaction transaction(database_);
  Json list = Json::array();
  Statement update = database_.prepare("UPDATE comparisons SET priority = ? WHERE number = ?");
  for (const auto& [id, priority] : priorities) {
    Statement number = database_.query("SELECT number FROM comparisons WHERE id = ?");
    require(number.bind(1, id).step(), "{}: there is no comparison \"{}\" to give a priority.",
            database_.path().string(), id);
    update.bind(1, priority).bind(2, number.integer(0)).run();
    list.push_back({number.integer(0), priority});
  }
  append(event_now("prioritised", {{"method", method}, {"priorities", std::move(list)}}));
  transaction.commit();
}

void Store::set(const LabelSettings& settings) {
  require_sensible(settings, "settings");
  Json now = to_json(settings), before = to_json(ledger().settings());
  now.erase("seed");
  before.erase("seed");
  if (now == before) return;
  Transaction transaction(database_);
  append(event_now("settings", now));
  transaction.commit();
}

void Store::set_guidelines(const std::string& markdown) {
  if (markdown == ledger().guidelines()) return;
  Transaction transaction(database_);
  append(event_now("guidelines", {{"text", markdown}}));
  transaction.commit();
}

std::int64_t Store::forget_rater(const std::string& name) {
  Transaction transaction(database_);
  const std::int64_t rater = ledger().rater_named(name);
  require(rater > 0, "{}: there is no rater \"{}\".", database_.path().string(), name);
  Event event = event_now("redacted", Json::object());
  event.rater = rater;
  append(std::move(event));
  database_
      .prepare(
          "UPDATE events SET body = '' WHERE rater = ? AND kind IN ('joined', 'shown', 'decided', 'undone')")
      .bind(1, rater)
      .run();
  const std::int64_t emptied = database_.integer("SELECT changes()");
  database_.prepare("UPDATE raters SET name = ? WHERE number = ?")
      .bind(1, fmt::format("deleted {}", random_hex(8)))
      .bind(2, rater)
      .run();
  database_.prepare("DELETE FROM leases WHERE rater = ?").bind(1, rater).run();
  database_.prepare("DELETE FROM drafts WHERE rater = ?").bind(1, rater).run();
  transaction.commit();
  database_.settle();  // the log beside the file held the old pages
  return emptied;
}

std::string Store::secret(const std::string& name) {
  Transaction transaction(database_);
  Statement known = database_.query("SELECT value FROM secrets WHERE name = ?");
  if (known.bind(1, name).step()) return known.text(0);
  std::string value = random_hex(32);
  database_.prepare("INSERT INTO secrets (name, value) VALUES (?, ?)").bind(1, name).bind(2, value).run();
  transaction.commit();
  return value;
}

void Store::renew_secrets() {
  Transaction transaction(database_);
  database_.execute("DELETE FROM secrets");
  transaction.commit();
}

void Store::backup(const std::filesystem::path& target) const {
  const bool has_secrets = database_.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'secrets'") > 0;
  database_.backup(target, has_secrets ? "DELETE FROM secrets" : "");
}

}  // namespace nudge
