#include "data/streamed_examples.h"

#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "data/record_line.h"

namespace nudge {
namespace {

constexpr std::int64_t kJudged = 1000;     // records before which a share says little
constexpr std::int64_t kFruitless = 1000;  // draws without an example, of which a dataset has none

Json state_of(const std::vector<LeftOut>& left_out) {
  Json list = Json::array();
  for (const auto& [reason, count, first] : left_out) list.push_back({reason, count, first});
  return list;
}

std::vector<LeftOut> left_out_of(const Json& state) {
  std::vector<LeftOut> left_out;
  for (const Json& each : state) left_out.push_back({each.at(0), each.at(1), each.at(2)});
  return left_out;
}

}  // namespace

StreamedExamples::StreamedExamples(std::unique_ptr<RecordSource> source, std::unique_ptr<RecordOrder> order,
                                   StreamedReading reading, std::int64_t batch)
    : source_(std::move(source)), order_(std::move(order)), reading_(std::move(reading)), batch_(batch) {
  require(batch > 0, "The batch size must be at least 1, and it is {}.", batch);
}

std::int64_t StreamedExamples::steps_of_training(double num_train_epochs,
                                                 std::optional<std::int64_t> max_steps) const {
  if (max_steps && *max_steps != -1) return *max_steps;
  require(order_->size().has_value(),
          "{}: nobody has counted the records, so --max_steps must say when to end.", source_->name());
  return EpochSampler(order_->size().value_or(1), batch_, 0).steps(num_train_epochs);
}

std::string StreamedExamples::batch_in_words(std::string_view things, std::int64_t accumulated) const {
  if (const auto size = order_->size())
    return EpochSampler(*size, batch_, 0).batch_in_words(things, accumulated) + ", streamed";
  return fmt::format("{} {} ({} x {} accumulated), streamed through {}", batch_, things, batch_ / accumulated,
                     accumulated, order_->in_words());
}

std::vector<Example> StreamedExamples::batch_at(std::int64_t) {
  std::int64_t fruitless = 0;
  while (std::ssize(made_.examples) < batch_) {
    const std::int64_t before = std::ssize(made_.examples);
    draw();
    fruitless = std::ssize(made_.examples) > before ? 0 : fruitless + 1;
    if (fruitless == kFruitless)
      fail("{}: none of the last {} records can be learned from: {}.", source_->name(), kFruitless,
           reasons_text(bad_) + reasons_text(made_.left_out));
  }
  return std::exchange(made_.examples, {});
}

void StreamedExamples::draw() {
  const Place place = order_->next();
  ++read_;
  const std::size_t reasons = bad_.size() + made_.left_out.size();
  const std::string where = source_->where(place);
  try {
    read_example(source_->read(place), where, reading_.format, reading_.examples, made_);
  } catch (const Error& error) {
    leave_out(bad_, reason_of(error.what(), where), where);
    require_few_bad();
  }
  if (bad_.size() + made_.left_out.size() == reasons) return;
  const bool bad = !bad_.empty() && bad_.back().first == where;
  warn(bad ? fmt::format("{} cannot be used and is left out, as all like it will be: {}.", where,
                         bad_.back().reason)
           : fmt::format("{} is left out, as all will be that {}.", where, made_.left_out.back().reason));
}

void StreamedExamples::require_few_bad() const {
  const std::int64_t bad = count_of(bad_);
  const double share = reading_.datasets.max_bad_records;
  const bool judged = share == 0 || read_ >= kJudged;
  require(!judged || bad <= reading_.datasets.allowed_of(read_),
          "{} of the {} records of {} read so far cannot be used, more than the share of {} that is allowed "
          "(--max_bad_records): {}.",
          bad, read_, source_->name(), share, reasons_text(bad_));
}

Json StreamedExamples::state() const {
  return {{"order", order_->state()},
          {"read", read_},
          {"bad", state_of(bad_)},
          {"left_out", state_of(made_.left_out)},
          {"cut", made_.cut}};
}

void StreamedExamples::restore(const Json& state) {
  order_->restore(get<Json>(state, "order", "checkpoint"));
  read_ = get<std::int64_t>(state, "read", "checkpoint");
  bad_ = left_out_of(get<Json>(state, "bad", "checkpoint"));
  made_.left_out = left_out_of(get<Json>(state, "left_out", "checkpoint"));
  made_.cut = get<std::int64_t>(state, "cut", "checkpoint");
}

std::vector<std::string> StreamedExamples::remarks() const {
  std::vector<std::string> remarks;
  if (!bad_.empty())
    remarks.push_back(fmt::format("{} of {} records read could not be used: {}.", count_of(bad_), read_,
                                  reasons_text(bad_)));
  for (const auto& [reason, count, first] : made_.left_out)
    remarks.push_back(fmt::format("{} of {} records read {} and were left out; the first is {}.", count,
                                  read_, reason, first));
  if (made_.cut > 0)
    remarks.push_back(fmt::format(
        "{} of {} records read were cut at --max_length, so they do not teach to stop.", made_.cut, read_));
  return remarks;
}

}  // namespace nudge
