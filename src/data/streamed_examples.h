#pragma once

#include <memory>
#include <vector>

#include "data/dataset_options.h"
#include "data/example_source.h"
#include "data/record_order.h"
#include "data/record_source.h"

namespace nudge {

/// How a streamed record becomes an example.
struct StreamedReading {
  ChatFormat format;
  ExampleOptions examples;
  DatasetOptions datasets;
};

/// Examples of records that are read when they are drawn, so that a dataset may be larger than memory. A
/// record that is bad, or teaches nothing, is left out as it comes and the next is drawn in its place:
/// counted by its reason, of which the first is named at once. The share of bad ones that is allowed
/// (DatasetOptions) is that of the records read so far, and is held to once these are 1000.
class StreamedExamples : public ExampleSource {
 public:
  StreamedExamples(std::unique_ptr<RecordSource> source, std::unique_ptr<RecordOrder> order,
                   StreamedReading reading, std::int64_t batch);

  std::int64_t steps_of_training(double num_train_epochs,
                                 std::optional<std::int64_t> max_steps) const override;
  std::string batch_in_words(std::string_view things, std::int64_t accumulated) const override;
  std::vector<Example> batch_at(std::int64_t step) override;
  double epochs_after(std::int64_t) const override { return order_->epochs(); }
  Json state() const override;
  void restore(const Json& state) override;
  std::vector<std::string> remarks() const override;

 private:
  void draw();
  void require_few_bad() const;

  std::unique_ptr<RecordSource> source_;
  std::unique_ptr<RecordOrder> order_;
  StreamedReading reading_;
  std::int64_t batch_;
  std::int64_t read_ = 0;     // records, in this run
  std::vector<LeftOut> bad_;  // of them
  TrainingExamples made_;     // of the batch being drawn; what was left out, of all
};

}  // namespace nudge
