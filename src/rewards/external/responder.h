#pragma once

#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "records/records.h"

namespace nudge {

/// What somebody outside this process said of one completion.
struct ExternalScore {
  double score = std::numeric_limits<double>::quiet_NaN();
  std::map<std::string, double> components;  // further numbers to log
  std::string failure;       // why there is no score; empty when there is one, or when null was the answer
  bool unreachable = false;  // a failure that is no answer: the program ended or was silent
};

/// A program or server that scores completions. Never throws for what it does wrong: that is a failure of the
/// answers concerned.
class Responder {
 public:
  virtual ~Responder() = default;
  /// One answer a request, in order.
  virtual std::vector<ExternalScore> ask(std::span<const Json> requests) = 0;
};

/// A completion as it is sent: {"prompt" (text or messages), "completion", "completion_ids", "ended",
/// "policy_version" (how many rollouts came before it), "columns" (the further columns of the prompt's
/// record)}.
Json request_of(const Trajectory& trajectory);

/// What one answer means: a number, null (cannot be scored), or an object with "score" or "error", and
/// perhaps "components", an object of numbers.
ExternalScore answer_of(const Json& value);
/// What a line of text means. What is no JSON, or nests deeper than base/json.h reads, is a failure.
ExternalScore answer_of_line(const std::string& line);

/// A sentence to stand inside another one.
std::string without_stop(std::string sentence);

}  // namespace nudge
