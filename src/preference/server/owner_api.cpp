// What the owner asks of the server.
#include <fmt/chrono.h>

#include <ctime>
#include <map>

#include "preference/agreement_report.h"
#include "preference/formats/export.h"
#include "preference/model_counts.h"
#include "preference/server/api_call.h"
#include "preference/store/rater_report.h"

namespace nudge {
namespace {

constexpr std::size_t kLongestGuidelines = 200000;
constexpr std::int64_t kResamples = 200;  // of the bootstrap: the owner waits for it

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json value_of(const Share& share) {
  return share.trials > 0 ? Json(share.interval().value) : Json(nullptr);
}

Json rater_json(const RaterWork& rater) {
  return {{"rater", rater.rater},
          {"votes", rater.votes},
          {"skipped", rater.skipped},
          {"seconds_median", or_null(rater.seconds_median)},
          {"too_fast_share", value_of(rater.too_fast)},
          {"gold", {{"passed", rater.gold.successes}, {"asked", rater.gold.trials}}},
          {"repeat", {{"same", rater.repeat.successes}, {"asked", rater.repeat.trials}}},
          {"left_share", to_json(rater.left)}};
}

Json period_json(const Period& period) {
  return {{"label", period.label},
          {"votes", period.votes},
          {"seconds_median", or_null(period.seconds_median)},
          {"left_share", value_of(period.left)},
          {"agreement", value_of(period.agreement)}};
}

/// Comparisons and votes of each source, gold items left out.
Json by_source(const std::vector<Comparison>& comparisons, const Ledger& ledger) {
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> counts;
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    const ComparisonState& state = ledger.comparison(i + 1);
    if (state.gold) continue;
    auto& [count, votes] = counts[comparisons[i].source];
    ++count;
    votes += state.votes;
  }
  Json list = Json::array();
  for (const auto& [source, count] : counts)
    list.push_back({{"source", source}, {"comparisons", count.first}, {"votes", count.second}});
  return list;
}

/// Comparisons, and pairs that labels order, of each model (version of the policy); gold items left out.
Json by_model(const std::vector<Comparison>& comparisons, const std::vector<Vote>& labels,
              const Ledger& ledger) {
  std::vector<Comparison> asked;
  for (std::size_t i = 0; i < comparisons.size(); ++i)
    if (!ledger.comparison(i + 1).gold) asked.push_back(comparisons[i]);
  Json list = Json::array();
  for (const auto& [model, counts] : counts_by_model(asked, labels))
    list.push_back({{"model", model}, {"comparisons", counts.comparisons}, {"pairs", counts.pairs}});
  return list;
}

Json progress_json(const Ledger& ledger, const RaterReport& report, std::int64_t leased) {
  std::int64_t comparisons = 0, done = 0, votes = 0, skipped = 0;
  for (std::int64_t number = 1; number <= ledger.comparison_count(); ++number) {
    const ComparisonState& state = ledger.comparison(number);
    if (state.gold) continue;
    ++comparisons;
    votes += state.votes;
    done += state.votes >= wanted_raters(ledger.settings(), state);
  }
  Json raters = Json::array();
  for (const RaterWork& rater : report.raters) {
    skipped += rater.skipped;
    raters.push_back(rater_json(rater));
  }
  return {{"comparisons", comparisons}, {"done", done},     {"votes", votes},
          {"skipped", skipped},         {"leased", leased}, {"raters", std::move(raters)}};
}

Json drift_json(const RaterReport& report) {
  Json drift = Json::array();
  for (const Period& period : report.drift) drift.push_back(period_json(period));
  return drift;
}

/// The beginning of a question, to know it again.
std::string summary_of(const Prompt& prompt) {
  const std::string& question = prompt.question();
  std::size_t end = std::min<std::size_t>(question.size(), 80);
  while (end < question.size() && (static_cast<unsigned char>(question[end]) & 0xc0) == 0x80) ++end;
  return question.substr(0, end);
}

/// Where raters find the page: where it was said, or else where the owner found it.
std::string origin_for_raters(const LabelAddress& address, const RequestHead& head) {
  if (address.for_raters) return address.origin;
  const std::string forwarded = head.forwarded_host.substr(0, head.forwarded_host.find(','));
  return "http://" + (forwarded.empty() ? head.host : forwarded);
}

}  // namespace

HttpReply LabelApi::flagged(const Call&) {
  const Lock lock(reader_mutex_);
  Json flagged = Json::array();
  for (const Vote& vote : reader().all_votes()) {
    if (vote.flags.empty() && vote.comment.empty()) continue;
    flagged.push_back({{"comparison", vote.comparison},
                       {"decision", vote.extra.value("decision", 0)},
                       {"rater", vote.rater},
                       {"time", vote.time},
                       {"outcome", to_string(vote.outcome)},
                       {"flags", vote.flags},
                       {"comment", vote.comment},
                       {"summary", summary_of(reader().comparison(vote.comparison).prompt)}});
  }
  return json_reply({{"flagged", std::move(flagged)}});
}

HttpReply LabelApi::summary(const Call& call) {
  const Lock lock(reader_mutex_);
  const Transaction one_moment(reader().database(), /*writes=*/false);
  const std::vector<Comparison> comparisons = reader().comparisons();
  const std::vector<Vote> all = reader().all_votes(), labels = reader().votes();
  const Ledger& ledger = reader().ledger();
  const RaterReport report = rater_report(comparisons, all);
  const AgreementReport agreement =
      agreement_report(label_table(comparisons, labels), {.resamples = kResamples});
  return json_reply(
      {{"progress", progress_json(ledger, report, Leases(reader().database()).live(seconds_now()))},
       {"by_source", by_source(comparisons, ledger)},
       {"by_model", by_model(comparisons, labels, ledger)},
       {"agreement", to_json(agreement)},
       {"bias", {{"left_share", to_json(report.left)}, {"longer_share", to_json(report.longer)}}},
       {"drift", drift_json(report)},
       {"rater_link",
        origin_for_raters(address_, call.request.head) + "/?token=" + sessions_.rater_token()}});
}

HttpReply LabelApi::settings(const Call&) {
  return json_reply(queue_.run(Durability::nothing, [&] { return to_json(store_.ledger().settings()); }));
}

HttpReply LabelApi::set_settings(const Call& call) {
  return json_reply(queue_.run(Durability::on_disk, [&] {
    const LabelSettings settings =
        taken_apart([&] { return changed(store_.ledger().settings(), call.body, "settings"); });
    store_.set(settings);
    return to_json(settings);
  }));
}

HttpReply LabelApi::set_guidelines(const Call& call) {
  const std::string text = taken_apart([&] {
    std::string given = get<std::string>(call.body, "text", "request");
    require(given.size() <= kLongestGuidelines, "request: guidelines have at most {} bytes.",
            kLongestGuidelines);
    return given;
  });
  return json_reply(queue_.run(Durability::on_disk, [&] {
    store_.set_guidelines(text);
    return Json{{"version", store_.ledger().guidelines_version()}};
  }));
}

HttpReply LabelApi::backup(const Call&) {
  const std::string name =
      fmt::format("{}.{:%Y%m%d-%H%M%S}", store_.database().path().string(), fmt::gmtime(std::time(nullptr)));
  const Lock lock(reader_mutex_);
  std::filesystem::path target = name + ".backup";
  for (int number = 2; std::filesystem::exists(target); ++number)  // of the same second
    target = fmt::format("{}-{}.backup", name, number);
  reader().backup(target);
  return json_reply({{"file", target.filename().string()}});
}

HttpReply LabelApi::export_votes(const Call& call) {
  const auto given = call.request.query.find("format");
  const ExportFormat format = taken_apart([&] {
    return value_of<ExportFormat>(given == call.request.query.end() ? "" : given->second,
                                  "export: the format");
  });
  const Lock lock(reader_mutex_);
  HttpReply reply{.content_type =
                      format == ExportFormat::csv ? "text/csv; charset=utf-8" : "application/x-ndjson"};
  if (format == ExportFormat::events) {
    reply.body = event_lines(reader().log());
  } else {
    const std::vector<Comparison> comparisons = reader().comparisons();
    const std::vector<Vote> votes = reader().votes();
    reply.body = taken_apart([&] { return export_preferences(comparisons, votes, {.format = format}).text; });
  }
  reply.headers["Content-Disposition"] = fmt::format("attachment; filename=\"{}.{}\"", name_of(format),
                                                     format == ExportFormat::csv ? "csv" : "jsonl");
  return reply;
}

Store& LabelApi::reader() {
  if (!reader_)
    reader_ = std::make_unique<Store>(store_.database().path(),
                                      StoreOptions{.access = Store::Access::read, .verify = false});
  return *reader_;
}

}  // namespace nudge
