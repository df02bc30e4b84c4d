#include "rewards/external/program_pool.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "rewards/external/program_worker.h"

namespace nudge {
namespace {

constexpr int kMostDeathsInARow = 3;

}  // namespace

// One call of ask: batches waiting, answers found.
class ProgramPool::Round {
 public:
  Round(ProgramPool& pool, std::span<const Json> requests)
      : pool_(pool), requests_(requests), answers_(requests.size()) {
    const std::size_t all = requests.size();
    const auto size = pool.options_.batch_size > 0 ? static_cast<std::size_t>(pool.options_.batch_size) : all;
    for (std::size_t begin = 0; begin < all; begin += size) {
      std::vector<std::size_t>& batch = waiting_.emplace_back(std::min(size, all - begin));
      std::iota(batch.begin(), batch.end(), begin);
    }
  }

  std::vector<ExternalScore> run() {
    while (hand_out()) {
      wait();
      if (interrupt_requested()) throw Interrupted("Stopped while the answer of a reward was awaited.");
      for (const auto& worker : pool_.workers_)
        if (worker->busy() && worker->work()) settle(worker->take());
    }
    return std::move(answers_);
  }

 private:
  // Gives every idle worker a batch; false when nothing is left to do.
  bool hand_out() {
    bool busy = false;
    for (const auto& worker : pool_.workers_) {
      if (!worker->busy() && !waiting_.empty()) {
        worker->give(std::move(waiting_.front()), requests_);
        waiting_.pop_front();
      }
      busy |= worker->busy();
    }
    return busy;
  }

  void wait() {
    std::vector<pollfd> descriptors;
    double until = now_seconds() + 3600;
    for (const auto& worker : pool_.workers_) {
      if (!worker->busy()) continue;
      worker->add_descriptors(descriptors);
      until = std::min(until, worker->deadline());
    }
    const double milliseconds = std::ceil(std::max(0.0, until - now_seconds()) * 1000);
    poll(descriptors.data(), descriptors.size(), static_cast<int>(milliseconds));
  }

  // A failed batch is asked again one by one: some line may be missing before the answers that did come.
  void settle(ProgramWorker::Result result) {
    if (result.failure.empty()) {
      for (std::size_t k = 0; k < result.batch.size(); ++k)
        answers_[result.batch[k]] = std::move(result.answers[k]);
      pool_.failures_in_a_row_ = 0;
      return;
    }
    if (result.batch.size() == 1) {
      answers_[result.batch[0]] = {.failure = result.failure, .unreachable = true};
      ++pool_.failures_in_a_row_;
    } else {
      for (auto item = result.batch.rbegin(); item != result.batch.rend(); ++item)
        waiting_.push_front({*item});
    }
    if (pool_.failures_in_a_row_ >= kMostDeathsInARow) give_up(result.failure);
  }

  void give_up(const std::string& reason) {
    for (const auto& batch : waiting_)
      for (const std::size_t item : batch) answers_[item] = {.failure = reason, .unreachable = true};
    waiting_.clear();
  }

  ProgramPool& pool_;
  std::span<const Json> requests_;
  std::vector<ExternalScore> answers_;
  std::deque<std::vector<std::size_t>> waiting_;
};

ProgramPool::ProgramPool(std::vector<std::string> command, ProgramOptions options) : options_(options) {
  for (std::int64_t i = 0; i < options.workers; ++i)
    workers_.push_back(std::make_unique<ProgramWorker>(command, options));
}

ProgramPool::~ProgramPool() = default;

std::vector<ExternalScore> ProgramPool::ask(std::span<const Json> requests) {
  return Round(*this, requests).run();
}

void declare(SpecReader& spec, ProgramOptions& options) {
  spec.read("workers", options.workers);
  spec.read("batch_size", options.batch_size);
  spec.read("timeout", options.timeout);
  spec.read("start_timeout", options.start_timeout);
  if (options.workers < 1 || options.workers > 256) spec.refuse("workers must be 1 to 256");
  if (options.batch_size < 0) spec.refuse("batch_size must not be negative");
  if (options.timeout <= 0 || options.start_timeout <= 0) spec.refuse("time-outs must be positive");
}

}  // namespace nudge
