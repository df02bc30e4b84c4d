#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "preference/store/store.h"

namespace nudge {

struct LabelServerOptions {
  std::string host = "127.0.0.1";  // address to listen at, and the name in the link; "0.0.0.0": at all
  std::int64_t port = 0;           // 0: the one of the last start if it is free, or else any
  bool allow_remote = false;       // it may be asked under any name
  std::string public_url;          // where raters find it, when something stands before it; empty: at `host`
  bool new_links = false;          // links and cookies of earlier starts end
};

/// Why this cannot be a public_url ("https://label.example.org"); empty when it can.
std::string fault_of_url(const std::string& url);

/// The rater's page on one store, from construction until it goes. Threads of its own answer. The store keeps
/// the port (LabelSettings::port) and what the links are made of, so that they outlive the server.
class LabelServer {
 public:
  /// Throws Error when the port cannot be had.
  LabelServer(Store& store, const LabelServerOptions& options);
  ~LabelServer();

  /// The owner's link, with the token.
  std::string link() const;
  /// The link for raters.
  std::string rater_link() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nudge
