#include "data/record_order.h"

#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "data/record_index.h"
#include "data/sampler.h"

namespace nudge {
namespace {

class IndexedOrder : public RecordOrder {
 public:
  IndexedOrder(const RecordSource& source, std::uint64_t seed)
      : index_(record_index(source)), sampler_(std::ssize(index_), 1, seed) {}

  Place next() override { return index_[sampler_.batch_at(drawn_++).front()]; }
  double epochs() const override { return static_cast<double>(drawn_) / static_cast<double>(index_.size()); }
  std::optional<std::int64_t> size() const override { return std::ssize(index_); }
  std::string in_words() const override { return "a full shuffle"; }
  Json state() const override { return {{"drawn", drawn_}}; }
  void restore(const Json& state) override { drawn_ = get<std::int64_t>(state, "drawn", "checkpoint"); }

 private:
  std::vector<Place> index_;
  EpochSampler sampler_;
  std::int64_t drawn_ = 0;
};

class BufferedOrder : public RecordOrder {
 public:
  BufferedOrder(const RecordSource& source, std::int64_t most, std::uint64_t seed)
      : source_(source), most_(static_cast<std::size_t>(most)), seed_(seed), next_(source.files().size()) {}

  Place next() override {
    while (buffer_.size() < most_ && read_one()) {
    }
    while (buffer_.empty()) {  // of a small share even a whole pass may draw nothing
      begin_pass();
      while (buffer_.size() < most_ && read_one()) {
      }
    }
    Stream draw(seed_, "buffer", drawn_++);
    std::swap(buffer_[draw.below(buffer_.size())], buffer_.back());
    const Place place = buffer_.back();
    buffer_.pop_back();
    return place;
  }

  double epochs() const override {
    double read = 0, all = 0;
    for (std::size_t i = 0; i < next_.size(); ++i) {
      read += static_cast<double>(next_[i]);
      all += static_cast<double>(source_.files()[i].records->size());
    }
    return static_cast<double>(pass_) + read / all;
  }
  std::optional<std::int64_t> size() const override { return std::nullopt; }
  std::string in_words() const override { return fmt::format("a shuffle buffer of {}", most_); }

  Json state() const override {
    return {{"pass", pass_}, {"drawn", drawn_}, {"next", next_}, {"buffer", buffer_}};
  }
  void restore(const Json& state) override {
    pass_ = get<std::uint64_t>(state, "pass", "checkpoint");
    drawn_ = get<std::uint64_t>(state, "drawn", "checkpoint");
    next_ = get<std::vector<std::uint64_t>>(state, "next", "checkpoint");
    buffer_ = get<std::vector<Place>>(state, "buffer", "checkpoint");
    require(next_.size() == source_.files().size(), "The checkpoint was reading {} files, and {} holds {}.",
            next_.size(), source_.name(), source_.files().size());
  }

 private:
  // The file of which the least has been read; one that is read through has no share left.
  std::size_t most_behind() const {
    std::size_t file = 0;
    double least = 2;
    for (std::size_t i = 0; i < next_.size(); ++i) {
      const double share =
          static_cast<double>(next_[i]) / static_cast<double>(source_.files()[i].records->size());
      if (share < least) std::tie(file, least) = std::pair(i, share);
    }
    return file;
  }

  // One more record into the buffer, as often as its weight says; false at the end of the pass.
  bool read_one() {
    const std::size_t number = most_behind();
    const RecordSource::File& file = source_.files()[number];
    if (next_[number] >= file.records->size()) return false;
    const auto found = file.records->next(next_[number]);
    next_[number] = found ? found->behind : file.records->size();
    if (!found) return true;
    const Place place = RecordSource::place(number, found->at);
    const auto whole = static_cast<std::size_t>(file.weight);
    const bool again =
        Stream(seed_ + pass_, "mixture", place).chance(file.weight - static_cast<double>(whole));
    buffer_.insert(buffer_.end(), whole + again, place);
    return true;
  }

  void begin_pass() {
    ++pass_;
    next_.assign(next_.size(), 0);
  }

  const RecordSource& source_;
  std::size_t most_;
  std::uint64_t seed_, pass_ = 0, drawn_ = 0;
  std::vector<std::uint64_t> next_;  // of each file: where to look for its next record
  std::vector<Place> buffer_;
};

}  // namespace

std::unique_ptr<RecordOrder> shuffled_by_index(const RecordSource& source, std::uint64_t seed) {
  return std::make_unique<IndexedOrder>(source, seed);
}

std::unique_ptr<RecordOrder> shuffled_in_buffer(const RecordSource& source, std::int64_t buffer,
                                                std::uint64_t seed) {
  require(buffer > 0, "A shuffle buffer holds at least 1 record, and {} were asked for.", buffer);
  return std::make_unique<BufferedOrder>(source, buffer, seed);
}

}  // namespace nudge
