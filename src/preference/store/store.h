#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "preference/store/database.h"
#include "preference/store/event_log.h"
#include "preference/store/ledger.h"
#include "records/comparison.h"

namespace nudge {

struct StoreOptions {
  Database::Access access = Database::Access::write;  // `create` makes a new one where there is none
  std::uint64_t seed = 0;                             // of a new store's orders and sides
  bool verify = true;  // off for another look at a store that this program has open already
};

/// Comparisons and what raters said of them, in one SQLite file. Everything that happens is an event of an
/// append-only log; votes are a view over it. Several programs may use one file at a time; one object is for
/// one thread at a time.
class Store {
 public:
  using Access = Database::Access;

  /// Opens a store: checks its schema, the whole file and the whole chain of events, and then brings an older
  /// version up to date (unless only reading). Throws Error with one sentence that names what is broken;
  /// nothing is written to a store that is.
  explicit Store(const std::filesystem::path& path, const StoreOptions& options = {});
  /// Leaves everything in the one file, unless others have it open.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Adds what is not there yet and returns how many were new. Refuses another comparison under a known id.
  /// A comparison whose extra has "gold_ranks" (expected ranks, one for each answer) is a gold item: it
  /// measures raters and is never a label.
  std::int64_t add(std::span<const Comparison> comparisons);
  /// Adds votes that were given elsewhere; the same vote twice is one. Returns how many were new.
  std::int64_t add(std::span<const Vote> votes);

  /// All comparisons, gold items too, in the order they were added.
  std::vector<Comparison> comparisons() const;
  Comparison comparison(std::int64_t number) const;
  Comparison comparison(const std::string& id) const;
  std::optional<Comparison> find(const std::string& id) const;
  /// The labels in force, oldest first: without repeats and gold items, with answers beyond the quota
  /// (extra.role "surplus"). `extra.decision` is the number of the event.
  std::vector<Vote> votes() const;
  /// The labels in force with repeats and gold items, which extra.role tells apart.
  std::vector<Vote> all_votes() const;

  /// Numbers by which the order "priority" asks: larger first. `method` says where they come from.
  void prioritise(const std::vector<std::pair<std::string, double>>& priorities, const std::string& method);

  void set(const LabelSettings& settings);           // nothing happens unless it differs
  void set_guidelines(const std::string& markdown);  // likewise

  /// Empties what this rater wrote, names included: votes, comments, drafts. The chain stays whole and says
  /// that it happened. Returns the number of events emptied.
  std::int64_t forget_rater(const std::string& name);

  /// Copies the store as it is at this moment while others go on, its secrets left out. Throws Error when the
  /// file exists.
  void backup(const std::filesystem::path& target) const;

  /// 32 random bytes (as digits) of that name, made when first asked for: in no event and no export.
  std::string secret(const std::string& name);
  /// Others from now on.
  void renew_secrets();

  /// The state as of the last event, those of other programs included, and those of a transaction that was
  /// rolled back left out. Within one transaction the same object follows what is appended.
  const Ledger& ledger();
  const EventLog& log() const { return log_; }
  Database& database() { return database_; }
  const Database& database() const { return database_; }

  /// After a write failed: throws ReadOnlyError unless there is room for labels again; changes nothing.
  void probe_writing();

  /// Appends one event inside the present transaction.
  std::int64_t append(Event event);
  /// The number of this rater, who joins when new.
  std::int64_t join(const std::string& rater);

 private:
  void create(std::uint64_t seed);
  void require_whole(const StoreOptions& options) const;
  std::vector<Vote> votes_where(bool labels_only) const;
  void apply(const Event& event);
  Database database_;
  bool writes_;
  EventLog log_{database_};
  Ledger ledger_;
  std::string ledger_hash_;  // of the last event in the ledger
};

}  // namespace nudge
