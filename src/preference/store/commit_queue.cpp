#include "preference/store/commit_queue.h"

#include <algorithm>
#include <utility>

namespace nudge {

std::string CommitQueue::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void CommitQueue::execute(Durability durability, std::function<void()> operation) {
  Job job{.operation = std::move(operation), .durability = durability};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&job);
  while (!job.done) {
    if (leading_) {
      changed_.wait(lock);
      continue;
    }
    leading_ = true;
    const std::vector<Job*> batch = std::exchange(waiting_, {});
    lock.unlock();
    commit_together(batch);
    lock.lock();
    leading_ = false;
    for (Job* committed : batch) committed->done = true;
    changed_.notify_all();
  }
  lock.unlock();
  if (job.failure) std::rethrow_exception(job.failure);
}

void CommitQueue::commit_together(const std::vector<Job*>& batch) {
  const Durability strongest = (*std::ranges::max_element(batch, {}, &Job::durability))->durability;
  std::string trouble;
  try {
    store_.database().sync_commits(strongest == Durability::on_disk);
    Transaction together(store_.database(), /*writes=*/strongest != Durability::nothing);
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
  } catch (const std::exception& error) {
    trouble = error.what();
    for (Job* job : batch) job->failure = std::current_exception();
  }
  if (strongest == Durability::nothing) return;  // says nothing of writing
  const std::lock_guard lock(mutex_);
  trouble_ = trouble;
}

}  // namespace nudge
