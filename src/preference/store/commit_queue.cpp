#include "preference/store/commit_queue.h"

#include <algorithm>
#include <utility>

namespace nudge {

std::string CommitQueue::trouble() const {
  const Lock lock(mutex_);
  return trouble_;
}

void CommitQueue::execute(Durability durability, std::function<void()> operation) {
  Job job{.operation = std::move(operation), .durability = durability};
  {
    const Lock lock(mutex_);
    waiting_.push_back(&job);
    job.leads = !std::exchange(led_, true);
    while (!job.done && !job.leads) job.turn.wait(mutex_);
    if (job.leads) lead();
  }
  if (job.failure) std::rethrow_exception(job.failure);
}

/// Commits what waits, and passes the lead to the first of those who came meanwhile.
void CommitQueue::lead() {
  const std::vector<Job*> batch = std::exchange(waiting_, {});
  {
    const Unlocked others_may_come(mutex_);
    commit_together(batch);
  }
  for (Job* job : batch) {
    job->done = true;
    job->turn.notify_one();
  }
  led_ = !waiting_.empty();
  if (!led_) return;
  waiting_.front()->leads = true;
  waiting_.front()->turn.notify_one();
}

void CommitQueue::commit_together(const std::vector<Job*>& batch) {
  const Durability strongest = (*std::ranges::max_element(batch, {}, &Job::durability))->durability;
  std::string trouble;
  const bool writes = strongest != Durability::nothing;
  try {
    if (writes) store_.database().require_in_place();
    store_.database().sync_commits(strongest == Durability::on_disk);
    Transaction together(store_.database(), writes);
    for (Job* job : batch) {
      try {
        Transaction alone(store_.database());
        job->operation();
        alone.commit();
      } catch (const ReadOnlyError&) {
        throw;  // the others cannot be written either
      } catch (...) {
        job->failure = std::current_exception();
      }
    }
    together.commit();
    if (writes) store_.database().require_in_place();  // or it was committed to a file without a name
  } catch (const std::exception& error) {
    trouble = error.what();
    for (Job* job : batch) job->failure = std::current_exception();
  }
  if (!writes) return;  // says nothing of writing
  const Lock lock(mutex_);
  trouble_ = trouble;
}

}  // namespace nudge
