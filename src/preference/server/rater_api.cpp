// What raters ask of the server.
#include <algorithm>
#include <array>

#include "base/files.h"
#include "data/messages.h"
#include "preference/server/api_call.h"

namespace nudge {
namespace {

constexpr std::size_t kLongestComment = 20000, kLongestName = 200, kMostEvents = 1000;

/// Stands for a comparison on the page: ids of a store may say where an item comes from.
std::string handle_of(const std::string& what) {
  return sha256("comparison " + what).substr(0, 16);
}

Json shown_prompt(const Prompt& prompt) {
  Json value = {{"messages", Json::array()}};
  for (const Message& message : prompt.messages)
    value["messages"].push_back({{"role", message.role}, {"content", shown_text(message)}});
  if (!prompt.conversational()) value["text"] = prompt.text;
  return value;
}

Json task_json(const Task& task) {
  Json answers = Json::array();
  for (const std::int64_t answer : task.shown) {
    const Answer& shown = task.comparison.answers[answer];
    answers.push_back({{"content", shown.content}, {"media", shown.media}});
  }
  return {{"comparison", handle_of(task.lease.nonce)},
          {"lease", task.lease.nonce},
          {"expires_seconds", task.lease.expires - seconds_now()},
          {"mode", task.shown.size() == 2 ? "pair" : "ranking"},
          {"prompt", shown_prompt(task.comparison.prompt)},
          {"answers", std::move(answers)},
          {"draft", task.draft ? *task.draft : Json(nullptr)},
          {"remaining", task.remaining}};
}

Json next_json(const NextTask& next) {
  if (next.task) return {{"task", task_json(*next.task)}};
  return {{"task", nullptr},
          {"reason", next.done ? "done" : "all_leased"},
          {"retry_seconds", next.retry_seconds}};
}

std::string nonce_in(const Json& body) {
  const std::string nonce = get<std::string>(body, "nonce", "request");
  require(nonce.size() >= 8 && nonce.size() <= 100, "request: expected a nonce of 8 to 100 bytes.");
  return nonce;
}

std::string lease_in(const Json& body) {
  return taken_apart([&] { return get<std::string>(body, "lease", "request"); });
}

std::vector<std::string> names_in(const Json& list) {
  auto names = list.get<std::vector<std::string>>();
  for (const std::string& name : names)
    require(name.size() <= kLongestName && names.size() <= 40, "request: too many flags, or too long ones.");
  return names;
}

Json events_in(const Json& body) {
  const Json events = get_or<Json>(body, "page_events", Json::array(), "request");
  require(events.is_array() && events.size() <= kMostEvents, "request: expected at most {} page_events.",
          kMostEvents);
  Json known = Json::array();
  for (const Json& event : events) {
    const std::string kind = get<std::string>(event, "kind", "page_events");
    constexpr std::array kKinds{"shown", "focused", "chosen", "changed"};
    require(std::ranges::find(kKinds, kind) != kKinds.end(), "page_events: \"{}\" is no kind of event.",
            kind);
    known.push_back({{"kind", kind}, {"at_ms", get<double>(event, "at_ms", "page_events")}});
  }
  return known;
}

Submission submission_in(const Json& body) {
  constexpr std::string_view where = "request";
  Submission submission{
      .nonce = nonce_in(body),
      .lease = lease_in(body),
      .outcome = outcome_named(get<std::string>(body, "outcome", where), where),
      .ranks = get_or<std::vector<std::int64_t>>(body, "ranks", {}, where),
      .quality = get_or<std::vector<std::int64_t>>(body, "quality", {}, where),
      .strength = get_or<std::int64_t>(body, "strength", 0, where),
      .comment = get_or<std::string>(body, "comment", "", where),
      .view = get_or<std::string>(body, "view", "", where),
      .seconds = get_or(body, "seconds", 0.0, where),
      .page_events = events_in(body),
  };
  if (submission.outcome != Outcome::compared) submission.ranks.clear();
  try {
    submission.flags = names_in(get_or<Json>(body, "flags", Json::array(), where));
    for (const Json& list : get_or<Json>(body, "answer_flags", Json::array(), where))
      submission.answer_flags.push_back(names_in(list));
  } catch (const nlohmann::json::exception&) {
    fail("request: flags are lists of names.");
  }
  require(submission.comment.size() <= kLongestComment, "request: a comment has at most {} bytes.",
          kLongestComment);
  require(submission.view.empty() || submission.view == "markdown" || submission.view == "raw",
          "request: a view is \"markdown\" or \"raw\".");
  require(submission.seconds >= 0 && submission.seconds < 1e7, "request: seconds from shown to submitted.");
  return submission;
}

}  // namespace

HttpReply LabelApi::next(const Call& call) {
  return json_reply(next_json(
      queue_.run(Durability::outlives_program, [&] { return desk_.next(call.visit(page_version_)); })));
}

HttpReply LabelApi::renew(const Call& call) {
  const std::string lease = lease_in(call.body);
  const double seconds =
      queue_.run(Durability::outlives_program, [&] { return desk_.renew(call.visit(page_version_), lease); });
  return json_reply({{"expires_seconds", seconds}});
}

HttpReply LabelApi::save_draft(const Call& call) {
  const std::string lease = lease_in(call.body);
  const Json draft = taken_apart([&] { return get<Json>(call.body, "draft", "request"); });
  try {
    queue_.run(Durability::outlives_program,
               [&] { desk_.save_draft(call.visit(page_version_), lease, draft); });
  } catch (const Refusal& refused) {  // overtaken by the decision itself: there is nothing left to draft
    if (refused.code != "lease_lost") throw;
    return json_reply({{"saved", false}});
  }
  return json_reply({{"saved", true}});
}

HttpReply LabelApi::submit(const Call& call) {
  const Submission submission = taken_apart([&] { return submission_in(call.body); });
  const bool go_on = taken_apart([&] { return get_or(call.body, "next", false, "request"); });
  const std::string trouble = queue_.trouble();
  std::optional<NextTask> next;
  Json session;
  const Receipt receipt = queue_.run(Durability::on_disk, [&] {
    const Receipt saved = desk_.submit(call.visit(page_version_), submission);
    if (!go_on) return saved;
    try {  // one commit for the answer and what follows it
      next = desk_.next(call.visit(page_version_));
      session = session_json(call.identity, trouble);
    } catch (const ReadOnlyError&) {
      throw;
    } catch (const Error&) {
      next.reset();  // the answer stands; whoever asks for the next task by itself is told what is wrong
    }
    return saved;
  });
  Json reply = {{"status", "saved"},
                {"decision", receipt.decision},
                {"surplus", receipt.surplus},
                {"today", receipt.today}};
  if (next) reply["next"] = next_json(*next);
  if (next) reply["session"] = std::move(session);
  return json_reply(reply);
}

HttpReply LabelApi::undo(const Call& call) {
  const std::string nonce = taken_apart([&] { return nonce_in(call.body); });
  const auto decision = taken_apart([&] { return get<std::int64_t>(call.body, "decision", "request"); });
  const Task task =
      queue_.run(Durability::on_disk, [&] { return desk_.undo(call.visit(page_version_), nonce, decision); });
  return json_reply({{"status", "undone"}, {"task", task_json(task)}});
}

HttpReply LabelApi::history(const Call& call) {
  const std::vector<PastDecision> past =
      queue_.run(Durability::nothing, [&] { return desk_.history(call.identity.rater); });
  Json decisions = Json::array();
  for (const PastDecision& decision : past)
    decisions.push_back({{"decision", decision.decision},
                         {"comparison", handle_of(std::to_string(decision.decision))},
                         {"outcome", to_string(decision.outcome)},
                         {"ranks", decision.ranks},
                         {"strength", decision.strength},
                         {"summary", decision.summary},
                         {"time", decision.time},
                         {"undone", decision.undone},
                         {"undoable", decision.undoable}});
  return json_reply({{"decisions", std::move(decisions)}});
}

}  // namespace nudge
