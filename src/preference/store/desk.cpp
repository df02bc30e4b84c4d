#include "preference/store/desk.h"

#include <algorithm>
#include <ranges>

#include "base/hex.h"

namespace nudge {
namespace {

constexpr double kShortestLease = 120;          // seconds
constexpr double kLeaseOfMedian = 3;            // times the rater's median time
constexpr std::size_t kMedianOf = 50;           // last decisions
constexpr std::size_t kUndoable = 20;           // last decisions in force
constexpr std::size_t kLongestDraft = 1 << 18;  // bytes

std::string nonce_of(std::int64_t rater, const std::string& nonce) {
  return fmt::format("{}:{}", rater, nonce);
}

bool undoable(const RaterState& rater, std::int64_t decision) {
  const std::size_t first = rater.decisions.size() - std::min(kUndoable, rater.decisions.size());
  return std::find(rater.decisions.begin() + first, rater.decisions.end(), decision) != rater.decisions.end();
}

/// The first line of a text, at most so many code points of it.
std::string beginning(const std::string& text, std::size_t code_points) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != '\n') {
    const bool starts_one = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (starts_one && code_points-- == 0) break;
    ++end;
  }
  return end < text.size() ? text.substr(0, end) + "…" : text;
}

/// A list by answer as the rater saw it; empty stays empty, and votes from elsewhere may not say what was
/// shown.
template <class T>
std::vector<T> by_place(const std::vector<T>& by_answer, const std::vector<std::int64_t>& shown) {
  if (by_answer.empty() || shown.empty()) return by_answer;
  std::vector<T> list;
  for (const std::int64_t answer : shown) list.push_back(by_answer[answer]);
  return list;
}

/// What the page would have sent: lists by place.
Json draft_of(const Vote& vote, const std::vector<std::int64_t>& shown) {
  Json draft = {{"outcome", to_string(vote.outcome)},
                {"strength", vote.strength},
                {"flags", vote.flags},
                {"comment", vote.comment}};
  const auto put = [&](const char* name, const auto& by_answer) {
    if (!by_answer.empty()) draft[name] = by_place(by_answer, shown);
  };
  put("ranks", vote.ranks);
  put("quality", vote.quality);
  put("answer_flags", vote.answer_flags);
  return draft;
}

/// Median seconds of the last decisions; nothing before the first.
std::optional<double> median_of(const Ledger& ledger, std::int64_t rater) {
  std::vector<double> seconds;
  for (const std::int64_t decision : ledger.rater(rater).decisions | std::views::reverse) {
    if (ledger.decision(decision)->seconds > 0) seconds.push_back(ledger.decision(decision)->seconds);
    if (seconds.size() == kMedianOf) break;
  }
  if (seconds.empty()) return std::nullopt;
  const auto middle = seconds.begin() + seconds.size() / 2;
  std::ranges::nth_element(seconds, middle);
  return *middle;
}

std::vector<std::int64_t> shown_to(const Ledger& ledger, const Lease& lease, const Comparison& comparison) {
  return places(ledger.settings(), lease.rater, lease.comparison, comparison.answers.size(),
                lease.role == Role::repeat);
}

double lease_seconds(const Ledger& ledger, std::int64_t rater) {
  return std::clamp(kLeaseOfMedian * median_of(ledger, rater).value_or(0), kShortestLease, kLongestLease);
}

}  // namespace

Desk::Desk(Store& store, std::function<double()> clock)
    : store_(store), clock_(std::move(clock)), leases_(store.database()) {}

std::int64_t Desk::decisions_today(const std::string& rater) {
  const Ledger& ledger = store_.ledger();
  const std::int64_t number = ledger.rater_named(rater);
  return number == 0 ? 0 : ledger.rater(number).decisions_on(utc_time(clock_()).substr(0, 10));
}

std::optional<double> Desk::median_seconds(const std::string& rater) {
  const Ledger& ledger = store_.ledger();
  const std::int64_t number = ledger.rater_named(rater);
  return number == 0 ? std::nullopt : median_of(ledger, number);
}

Lease Desk::lease_of(const Ledger& ledger, const Visit& visit, const std::string& nonce) {
  const std::optional<Lease> lease = leases_.find(nonce);
  if (!lease || lease->rater != ledger.rater_named(visit.rater))
    throw Refusal("lease_lost",
                  "This task was answered already or is no longer yours; ask for the next one.");
  return *lease;
}

Lease Desk::take(const Ledger& ledger, std::int64_t rater, std::int64_t comparison, Role role) {
  const double now = clock_();
  const Lease lease{random_hex(16), rater, comparison, role, now, now + lease_seconds(ledger, rater)};
  leases_.put(lease);
  store_.append({.time = utc_time(now),
                 .kind = "shown",
                 .rater = rater,
                 .comparison = comparison,
                 .body = to_line({{"lease", lease.nonce}, {"role", to_string(role)}})});
  return lease;
}

std::optional<Lease> Desk::present_lease(const Ledger& ledger, std::int64_t rater, const HeldByOthers& held) {
  const double now = clock_();
  for (Lease& lease : leases_.of(rater)) {
    const bool live = lease.live(now);
    const auto others = held.find(lease.comparison);
    const bool open =
        lease.role != Role::vote ||
        Assignment::open(ledger, rater, lease.comparison, live || others == held.end() ? 0 : others->second);
    if (!open) {
      if (!live) continue;  // a late answer may still come
      leases_.end(lease);
      continue;
    }
    lease.expires = now + lease_seconds(ledger, rater);
    leases_.put(lease);
    return lease;
  }
  return std::nullopt;
}

Task Desk::task_of(const Ledger& ledger, const Lease& lease) {
  Task task{.lease = lease, .comparison = store_.comparison(lease.comparison)};
  task.shown = shown_to(ledger, lease, task.comparison);
  Statement draft = store_.database().query("SELECT body FROM drafts WHERE rater = ? AND comparison = ?");
  if (draft.bind(1, lease.rater).bind(2, lease.comparison).step())
    task.draft = parse_json(draft.text(0), "draft");
  task.remaining = assignment_.remaining(ledger, lease.rater);
  return task;
}

NextTask Desk::next(const Visit& visit) {
  Transaction transaction(store_.database());
  const Ledger& ledger = store_.ledger();
  const std::int64_t rater = store_.join(visit.rater);
  const double now = clock_();
  const HeldByOthers held = leases_.held_by_others(rater, now);
  NextTask next;
  if (const auto lease = present_lease(ledger, rater, held)) {
    next.task = task_of(ledger, *lease);
  } else if (const auto choice = assignment_.choose(ledger, rater, held)) {
    next.task = task_of(ledger, take(ledger, rater, choice->comparison, choice->role));
  } else {
    next.done = assignment_.remaining(ledger, rater) == 0;
    next.retry_seconds = std::clamp(leases_.next_expiry(rater, now) - now, 2.0, 30.0);
  }
  transaction.commit();
  return next;
}

double Desk::renew(const Visit& visit, const std::string& nonce) {
  Transaction transaction(store_.database());
  const Ledger& ledger = store_.ledger();
  Lease lease = lease_of(ledger, visit, nonce);
  const double seconds = lease_seconds(ledger, lease.rater);
  lease.expires = clock_() + seconds;
  leases_.put(lease);
  transaction.commit();
  return seconds;
}

void Desk::save_draft(const Visit& visit, const std::string& nonce, const Json& draft) {
  const std::string body = to_line(draft);
  if (!draft.is_object() || body.size() > kLongestDraft)
    throw Refusal("bad_request",
                  fmt::format("draft: expected a JSON object of at most {} bytes.", kLongestDraft));
  Transaction transaction(store_.database());
  const Lease lease = lease_of(store_.ledger(), visit, nonce);
  renew(visit, nonce);
  Statement insert =
      store_.database().prepare("INSERT OR REPLACE INTO drafts (rater, comparison, body) VALUES (?, ?, ?)");
  insert.bind(1, lease.rater).bind(2, lease.comparison).bind(3, body).run();
  transaction.commit();
}

Vote Desk::vote_of(const Ledger& ledger, const Visit& visit, const Submission& submission,
                   const Lease& lease) {
  const Comparison comparison = store_.comparison(lease.comparison);
  const std::vector<std::int64_t> shown = shown_to(ledger, lease, comparison);
  const std::size_t answers = shown.size();
  // Lists came by place and are kept by answer; a list of another length keeps it and is refused below.
  const auto by_answer = [&](const auto& by_place) {
    if (by_place.size() != answers) return by_place;
    auto list = by_place;
    for (std::size_t place = 0; place < answers; ++place) list[shown[place]] = by_place[place];
    return list;
  };
  Vote vote{.comparison = comparison.id,
            .outcome = submission.outcome,
            .ranks = by_answer(submission.ranks),
            .strength = submission.strength,
            .shown = shown,
            .quality = by_answer(submission.quality),
            .answer_flags = by_answer(submission.answer_flags),
            .flags = submission.flags,
            .comment = submission.comment,
            .rater = visit.rater,
            .protocol = answers == 2 ? "page-pair" : "page-ranking",
            .time = utc_time(clock_()),
            .seconds = submission.seconds};
  vote.extra = {{"lease", lease.nonce},
                {"session", visit.session},
                {"agent", visit.agent},
                {"page_version", visit.page_version},
                {"guidelines", ledger.guidelines_version()}};
  if (!submission.view.empty()) vote.extra["view"] = submission.view;
  if (!submission.page_events.empty()) vote.extra["page_events"] = submission.page_events;
  if (vote.tie() && !ledger.settings().allow_tie)
    throw Refusal("bad_request", "Answers may not be equally good here; say which is better.");
  try {
    require_fits(vote, comparison, "answer");
  } catch (const Error& error) {
    throw Refusal("bad_request", error.what());
  }
  if (vote.outcome != Outcome::compared || vote.tie()) vote.strength = 0;  // nothing is better
  return vote;
}

Receipt Desk::receipt_of(const Ledger& ledger, std::int64_t number) {
  const Decision* decision = ledger.decision(number);
  if (!decision) return {.decision = number};
  return {.decision = number,
          .surplus = decision->role == Role::surplus,
          .today = ledger.rater(decision->rater).decisions_on(utc_time(clock_()).substr(0, 10))};
}

Receipt Desk::submit(const Visit& visit, const Submission& submission) {
  Transaction transaction(store_.database());
  const Ledger& ledger = store_.ledger();
  const std::int64_t rater = ledger.rater_named(visit.rater);
  const std::string nonce = nonce_of(rater, submission.nonce);
  if (const auto before = store_.log().with_nonce(nonce)) return receipt_of(ledger, before->number);
  const Lease lease = lease_of(ledger, visit, submission.lease);
  Vote vote = vote_of(ledger, visit, submission, lease);
  const bool late = lease.role == Role::vote && submission.outcome != Outcome::skipped &&
                    !Assignment::open(ledger, rater, lease.comparison, 0);
  vote.extra["role"] = to_string(late ? Role::surplus : lease.role);
  const std::int64_t decision = store_.append({.time = vote.time,
                                               .kind = "decided",
                                               .rater = rater,
                                               .comparison = lease.comparison,
                                               .nonce = nonce,
                                               .body = to_line(to_json(vote))});
  leases_.end(lease);
  Statement draft = store_.database().prepare("DELETE FROM drafts WHERE rater = ? AND comparison = ?");
  draft.bind(1, rater).bind(2, lease.comparison).run();
  transaction.commit();
  return receipt_of(ledger, decision);
}

Task Desk::undo(const Visit& visit, const std::string& client_nonce, std::int64_t number) {
  Transaction transaction(store_.database());
  const Ledger& ledger = store_.ledger();
  const std::int64_t rater = ledger.rater_named(visit.rater);
  const std::string nonce = nonce_of(rater, client_nonce);
  if (const auto before = store_.log().with_nonce(nonce)) {
    for (const Lease& lease : leases_.of(rater))
      if (before->comparison == lease.comparison) return task_of(ledger, lease);
    throw Refusal("lease_lost", "This decision was taken back and given anew already.");
  }
  const Decision* decision = ledger.decision(number);
  if (!decision || decision->rater != rater || !undoable(ledger.rater(rater), number))
    throw Refusal("not_undoable", fmt::format("Only your last {} decisions can be taken back.", kUndoable));
  const Role role = decision->role == Role::surplus ? Role::vote : decision->role;
  const std::int64_t comparison = decision->comparison;
  store_.append({.time = utc_time(clock_()),
                 .kind = "undone",
                 .rater = rater,
                 .comparison = comparison,
                 .about = number,
                 .nonce = nonce});
  Task task = task_of(ledger, take(ledger, rater, comparison, role));
  const Event event = store_.log().numbered(number).value();
  task.draft = draft_of(vote_from_json(parse_json(event.body, "event"), "event"), task.shown);
  save_draft(visit, task.lease.nonce, *task.draft);
  transaction.commit();
  return task;
}

std::vector<PastDecision> Desk::history(const std::string& rater) {
  const Ledger& ledger = store_.ledger();
  const std::int64_t number = ledger.rater_named(rater);
  std::vector<PastDecision> past;
  if (number == 0) return past;
  Statement row = store_.database().query(
      "SELECT number, time, comparison, body FROM events WHERE rater = ? AND kind = 'decided' AND body <> '' "
      "ORDER BY number DESC LIMIT 50");
  row.bind(1, number);
  while (row.step()) {
    const Decision& decision = *ledger.decision(row.integer(0));
    const Vote vote = vote_from_json(parse_json(row.text(3), "event"), "event");
    past.push_back({.decision = decision.event,
                    .outcome = decision.outcome,
                    .ranks = by_place(vote.ranks, vote.shown),
                    .strength = vote.strength,
                    .summary = beginning(store_.comparison(row.integer(2)).prompt.question(), 80),
                    .time = row.text(1),
                    .undone = decision.undone,
                    .undoable = undoable(ledger.rater(number), decision.event)});
  }
  return past;
}

}  // namespace nudge
