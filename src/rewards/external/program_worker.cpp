#include "rewards/external/program_worker.h"

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"

namespace nudge {
namespace {

constexpr std::size_t kLongestLine = 1 << 20, kKeptErrors = 4096, kMostPassedOn = 1 << 16;
constexpr double kGrace = 1;  // seconds for a program to end once its stdin is closed

// The last line that says something.
std::string_view last_line(std::string_view text) {
  text = text.substr(0, text.find_last_not_of(" \r\n\t") + 1);
  return text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
}

}  // namespace

ProgramWorker::~ProgramWorker() {
  if (!process_) return;
  process_->stop(busy() ? 0 : kGrace);
  read_errors();
}

void ProgramWorker::start() {
  process_ = std::make_unique<Subprocess>(command_);
  errors_open_ = true;
  received_.clear(), errors_.clear(), unfinished_line_.clear();
  passed_on_ = 0;
  await_answer(options_.start_timeout);
}

void ProgramWorker::await_answer(double seconds) {
  allowed_ = seconds;
  deadline_ = now_seconds() + seconds;
}

void ProgramWorker::give(std::vector<std::size_t> batch, std::span<const Json> requests) {
  await_answer(options_.timeout);
  if (process_) read_errors();
  if (process_ && !Subprocess::receive(process_->output(), received_)) process_.reset();  // died meanwhile
  if (process_ && !received_.empty()) {
    warn("a reward program wrote more lines than it was asked for; its last scores may be wrong.");
    process_.reset();
  }
  if (!process_) start();
  sent_.clear();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Json request = {{"remaining", batch.size() - i - 1}};
    request.update(requests[batch[i]]);
    sent_ += to_line(request) + "\n";
  }
  pending_ = sent_;
  batch_ = std::move(batch);
  answers_.clear(), failure_.clear();
}

void ProgramWorker::add_descriptors(std::vector<pollfd>& descriptors) const {
  descriptors.push_back({process_->output(), POLLIN, 0});
  if (errors_open_) descriptors.push_back({process_->errors(), POLLIN, 0});
  if (!pending_.empty()) descriptors.push_back({process_->input(), POLLOUT, 0});
}

// An empty reason: how the program ended is the reason.
void ProgramWorker::fail(const std::string& reason) {
  read_errors();
  const std::string ended = process_->stop(/*grace_seconds=*/reason.empty() ? kGrace : 0);
  read_errors();
  failure_ = reason.empty() ? ended : reason;
  if (const std::string_view said = last_line(errors_); !said.empty())
    failure_ += fmt::format(", saying: {}", said);
  process_.reset();
}

void ProgramWorker::read_errors() {
  std::string said;
  errors_open_ = errors_open_ && Subprocess::receive(process_->errors(), said);
  pass_on(said);
  errors_ += said;
  if (errors_.size() > kKeptErrors) errors_.erase(0, errors_.size() - kKeptErrors);
}

// In whole lines, so that they stand above a progress line; the last one may end with the process.
void ProgramWorker::pass_on(std::string_view said) {
  if (passed_on_ >= kMostPassedOn) return;
  unfinished_line_ += said;
  while (!unfinished_line_.empty()) {
    const std::size_t newline = unfinished_line_.find('\n');
    if (newline == std::string::npos && errors_open_ && unfinished_line_.size() < kKeptErrors) return;
    const std::size_t length = std::min({newline, unfinished_line_.size(), kKeptErrors});
    say(unfinished_line_.substr(0, length));
    unfinished_line_.erase(0, length + (length == newline));
    passed_on_ += length + 1;
    if (passed_on_ < kMostPassedOn) continue;
    say("... (what this reward program says further is not shown)");
    return unfinished_line_.clear();
  }
}

void ProgramWorker::read_answers() {
  const bool open = Subprocess::receive(process_->output(), received_);
  std::size_t begin = 0, end = 0;
  for (; (end = received_.find('\n', begin)) != std::string::npos && answers_.size() < batch_.size();
       begin = end + 1) {
    answers_.push_back(answer_of_line(received_.substr(begin, end - begin)));
    await_answer(options_.timeout);
  }
  received_.erase(0, begin);
  const bool complete = answers_.size() == batch_.size();
  if (complete && !received_.empty()) {
    fail("wrote more lines than it was asked for");
  } else if (received_.size() > kLongestLine) {
    fail("wrote a line of more than 1 MiB");
  } else if (!complete && !open) {
    fail("");
  }
}

bool ProgramWorker::work() {
  if (!process_->send(pending_)) pending_ = {};  // it reads no more; what it writes decides
  read_answers();
  if (process_) read_errors();
  if (failure_.empty() && answers_.size() < batch_.size() && now_seconds() >= deadline_)
    fail(fmt::format("gave no answer within {} s", allowed_));
  return !failure_.empty() || answers_.size() == batch_.size();
}

ProgramWorker::Result ProgramWorker::take() {
  Result result{std::move(batch_), std::move(answers_), std::move(failure_)};
  batch_.clear(), answers_.clear(), failure_.clear();
  return result;
}

}  // namespace nudge
