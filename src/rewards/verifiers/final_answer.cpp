#include "rewards/verifiers/final_answer.h"

#include <utility>

namespace nudge {

FinalAnswer::FinalAnswer(std::string name, std::unique_ptr<Reward> answer, std::string delimiter)
    : name_(std::move(name)), answer_(std::move(answer)), delimiter_(std::move(delimiter)) {}

void FinalAnswer::score(std::span<Trajectory> trajectories) {
  std::vector<std::size_t> complete;
  std::vector<Trajectory> answers;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    const auto end = trajectories[i].completion.rfind(delimiter_);
    if (end == std::string::npos) continue;
    complete.push_back(i);
    answers.push_back(trajectories[i]);
    answers.back().completion.erase(0, end + delimiter_.size());
  }
  answer_->score(answers);
  std::vector<double> scores(trajectories.size(), 0);
  for (std::size_t k = 0; k < complete.size(); ++k) scores[complete[k]] = answers[k].score;
  set_scores(trajectories, name_, scores);
}

}  // namespace nudge
