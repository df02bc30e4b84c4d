#include "rewards/external/external_reward.h"

#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/progress.h"

namespace nudge {

ExternalReward::ExternalReward(std::string name, std::unique_ptr<Responder> responder, bool rehearses)
    : name_(std::move(name)), responder_(std::move(responder)), rehearses_(rehearses) {}

void ExternalReward::rehearse(const Prompt& prompt) {
  if (!rehearses_) return;
  const Json request = request_of({.prompt = prompt, .completion = "An answer.", .ended = true});
  const ExternalScore answer = responder_->ask(std::span(&request, 1)).front();
  require(!answer.unreachable, "the reward {} cannot be used: it {}.", name_, answer.failure);
  if (!answer.failure.empty())
    warn(fmt::format(
        "the reward {} failed when it was tried on the answer \"An answer.\" to the first prompt: "
        "it {}.",
        name_, answer.failure));
}

void ExternalReward::score(std::span<Trajectory> trajectories) {
  std::vector<Json> requests;
  for (const Trajectory& trajectory : trajectories) requests.push_back(request_of(trajectory));
  const std::vector<ExternalScore> answers = responder_->ask(requests);
  std::vector<double> scores;
  for (const ExternalScore& answer : answers) scores.push_back(answer.score);
  set_scores(trajectories, name_, scores);
  add_components(trajectories, answers);
  report(answers);
}

void ExternalReward::add_components(std::span<Trajectory> trajectories,
                                    std::span<const ExternalScore> answers) const {
  std::set<std::string> names;
  for (const ExternalScore& answer : answers)
    for (const auto& [name, value] : answer.components) names.insert(name);
  for (const std::string& name : names) {
    for (std::size_t i = 0; i < trajectories.size(); ++i) {
      const auto found = answers[i].components.find(name);
      const bool known = found != answers[i].components.end();
      trajectories[i].components.emplace_back(
          name_ + "/" + name, known ? found->second : std::numeric_limits<double>::quiet_NaN());
    }
  }
}

void ExternalReward::report(std::span<const ExternalScore> answers) {
  std::map<std::string, std::int64_t> reasons;
  for (const ExternalScore& answer : answers)
    if (!answer.failure.empty()) ++reasons[answer.failure];
  for (const auto& [reason, count] : reasons) failures_ += count;
  if (reasons.empty() || failures_ < warn_at_) return;
  warn_at_ = 2 * failures_;
  std::string told;
  for (const auto& [reason, count] : reasons)
    told += fmt::format("{}{} ({})", told.empty() ? "" : "; ", reason, count);
  warn(fmt::format("the reward {} failed on some of {} completions ({} so far). It {}.", name_,
                   answers.size(), failures_, told));
}

}  // namespace nudge
