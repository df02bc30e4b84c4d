#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "data/record_source.h"

namespace nudge {

/// The order in which records of a source are drawn, without end. Goes on from its state as if it had never
/// stopped. Not safe from several threads.
class RecordOrder {
 public:
  virtual ~RecordOrder() = default;
  /// The next record's place.
  virtual Place next() = 0;
  /// Passes over the data so far.
  virtual double epochs() const = 0;
  /// Records of a pass; nothing where nobody has counted them.
  virtual std::optional<std::int64_t> size() const = 0;
  /// "a shuffle buffer of 10000".
  virtual std::string in_words() const = 0;
  virtual Json state() const = 0;
  virtual void restore(const Json& state) = 0;
};

/// A full shuffle in each epoch, that of EpochSampler, over the index of all records (record_index).
std::unique_ptr<RecordOrder> shuffled_by_index(const RecordSource& source, std::uint64_t seed);

/// Records are read in order, all files side by side in proportion to their sizes, into a buffer of `buffer`
/// places, and each is drawn from it at random (as shuffle(buffer_size) of Hugging Face's streamed datasets).
/// At the end of a pass the buffer is emptied before the next begins. A share of a record's visits (weights)
/// is drawn anew in every pass. Nothing is read before the first draw but what fills the buffer. The source
/// must outlive it.
std::unique_ptr<RecordOrder> shuffled_in_buffer(const RecordSource& source, std::int64_t buffer,
                                                std::uint64_t seed);

}  // namespace nudge
