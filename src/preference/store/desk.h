#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "preference/store/assignment.h"
#include "preference/store/leases.h"
#include "preference/store/store.h"

namespace nudge {

/// What a rater asked for cannot be done; `code` is what the page goes by.
class Refusal : public Error {
 public:
  Refusal(std::string code_, const std::string& sentence) : Error(sentence), code(std::move(code_)) {}
  std::string code;  // "bad_request", "lease_lost", "not_undoable"
};

/// Who asks, and from where; every decision keeps it.
struct Visit {
  std::string rater;         // name
  std::string session;       // of the browser
  std::string agent;         // the browser's name of itself
  std::string page_version;  // of the page that the program carries
};

/// One comparison in one rater's hands.
struct Task {
  Lease lease;
  Comparison comparison;
  std::vector<std::int64_t> shown;  // shown[place] = answer
  std::optional<Json> draft;
  std::int64_t remaining = 0;  // tasks ahead, this one included
};

struct NextTask {
  std::optional<Task> task;
  bool done = false;         // nothing is left for this rater; else others hold what is open
  double retry_seconds = 0;  // when one of theirs ends
};

/// A rater's answer. Lists are by place, as the rater saw them.
struct Submission {
  std::string nonce;  // of the client: the same one again is the same submission
  std::string lease;
  Outcome outcome = Outcome::compared;
  std::vector<std::int64_t> ranks, quality;
  std::int64_t strength = 0;  // of the best over the next best; 0: not said
  std::vector<std::vector<std::string>> answer_flags;
  std::vector<std::string> flags;
  std::string comment;
  std::string view;  // how texts were shown: "markdown" or "raw"; empty: not said
  double seconds = 0;
  Json page_events = Json::array();  // what the rater did before: [{kind, at_ms}]
};

struct Receipt {
  std::int64_t decision = 0;  // number of the event
  bool surplus = false;       // the quota was filled meanwhile: kept, not asked for
  std::int64_t today = 0;     // decisions of this rater today
};

struct PastDecision {
  std::int64_t decision = 0;
  Outcome outcome = Outcome::compared;
  std::vector<std::int64_t> ranks;  // by place, as the rater saw the answers; empty unless compared
  std::int64_t strength = 0;        // of the best over the next best; 0: not said
  std::string summary, time;        // of the prompt
  bool undone = false, undoable = false;
};

/// Hands comparisons to raters and takes their answers, on one store. Each member is one transaction (a part
/// of one when one is open). What outlives the object lies in the store; besides, it keeps orders and cursors
/// of raters in memory, which are functions of the store. For one thread at a time.
class Desk {
 public:
  explicit Desk(Store& store, std::function<double()> clock = seconds_now);

  /// The rater's present task, which reloading the page gives again, or the next.
  NextTask next(const Visit& visit);
  /// Seconds until the lease ends, from now.
  double renew(const Visit& visit, const std::string& lease);
  void save_draft(const Visit& visit, const std::string& lease, const Json& draft);
  Receipt submit(const Visit& visit, const Submission& submission);
  /// Takes back one of the last decisions and gives its task again, with the old answer as draft.
  Task undo(const Visit& visit, const std::string& nonce, std::int64_t decision);
  /// The last 50, newest first.
  std::vector<PastDecision> history(const std::string& rater);

  std::int64_t decisions_today(const std::string& rater);
  /// Median seconds of the rater's last decisions; nothing before the first.
  std::optional<double> median_seconds(const std::string& rater);

  Store& store() { return store_; }

 private:
  // `ledger` is the store's, asked for once in each transaction: each time costs a look at the file.
  Lease lease_of(const Ledger& ledger, const Visit& visit, const std::string& nonce);
  Lease take(const Ledger& ledger, std::int64_t rater, std::int64_t comparison, Role role);
  std::optional<Lease> present_lease(const Ledger& ledger, std::int64_t rater, const HeldByOthers& held);
  Task task_of(const Ledger& ledger, const Lease& lease);
  Vote vote_of(const Ledger& ledger, const Visit& visit, const Submission& submission, const Lease& lease);
  Receipt receipt_of(const Ledger& ledger, std::int64_t decision);

  Store& store_;
  std::function<double()> clock_;
  Leases leases_;
  Assignment assignment_;
};

}  // namespace nudge
