#pragma once

#include <cstdint>
#include <string>

#include "rewards/external/responder.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// How a server is asked.
struct HttpOptions {
  std::int64_t batch_size = 16;  // completions in one POST; 0: all at once
  double timeout = 30;           // seconds for one POST
  /// After no connection, a time-out, status 429 or 5xx; waiting 0.5 s, 1 s, 2 s ...
  std::int64_t retries = 2;
};
void declare(SpecReader& spec, HttpOptions& options);

/// Asks a server: POST of {"items": [request, ...]}, answered by {"scores": [...]} or the bare list, as many
/// as items, each as in answer_of. http:// and https://. When three POSTs in a row (each with its retries)
/// found no connection, a time-out, status 429 or 5xx, the rest of the call is given up, and of the next call
/// all but its first POST, until one is answered. Another status, 4xx say, speaks of that POST only.
class HttpResponder : public Responder {
 public:
  /// Throws UsageError when `url` is none.
  HttpResponder(const std::string& url, HttpOptions options);
  std::vector<ExternalScore> ask(std::span<const Json> requests) override;

 private:
  std::vector<ExternalScore> post(std::span<const Json> requests);

  std::string server_, path_;
  HttpOptions options_;
  int failures_in_a_row_ = 0;
};

}  // namespace nudge
