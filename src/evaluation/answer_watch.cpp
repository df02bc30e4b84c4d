#include "evaluation/answer_watch.h"

#include <algorithm>
#include <numeric>

#include "rollout/describe.h"

namespace nudge {
namespace {

constexpr std::int64_t kLooks = 10;

}  // namespace

AnswerWatch::AnswerWatch(const Decoder& policy, const ChatFormat& format, std::vector<Prompt> prompts,
                         std::vector<Reward*> monitors, const AnswerOptions& options)
    : policy_(policy),
      format_(format),
      prompts_(std::move(prompts)),
      monitors_(std::move(monitors)),
      options_(options) {
  if (prompts_.empty()) return;
  first_ = answer(policy_, format_, prompts_, options_);
  start_ = of(first_);
  start_.kl_from_start = 0;
}

Vitals AnswerWatch::of(const std::vector<Trajectory>& answers) const {
  double tokens = 0;
  for (const Trajectory& each : answers) tokens += static_cast<double>(each.completion_tokens.size());
  return {.monitors = monitored(monitors_, answers),
          .answers = std::ssize(answers),
          .distinct = distinct_share(answers),
          .length = tokens / static_cast<double>(answers.size())};
}

Vitals AnswerWatch::now() const {
  Vitals vitals = of(answer(policy_, format_, prompts_, options_));
  const std::vector<double> kl = sequence_kl(first_, policy_, options_.temperature);
  vitals.kl_from_start = std::accumulate(kl.begin(), kl.end(), 0.0) / static_cast<double>(kl.size());
  return vitals;
}

void AnswerWatch::look(const StepLoop& loop, StepNumbers& numbers) const {
  const bool begins = loop.step() == 0 && loop.total() > 1;
  const bool due = loop.due(std::max<std::int64_t>(1, loop.total() / kLooks));
  if (prompts_.empty() || (!begins && !due)) return;
  const Vitals seen = begins ? start_ : now();
  auto& [metrics, latest, timing, shown, vitals] = numbers;
  vitals.monitors = seen.monitors;
  vitals.answers = seen.answers;
  vitals.distinct = seen.distinct;
  vitals.length = seen.length;
  vitals.kl_from_start = seen.kl_from_start;
  metrics.set("watch/distinct", seen.distinct);
  metrics.set("watch/mean_length", seen.length);
  metrics.set("watch/kl_from_start", seen.kl_from_start);
  show_monitors(numbers);
}

}  // namespace nudge
