#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nudge {

/// A request as far as its head says, before anything of it is believed.
struct RequestHead {
  std::string method;  // "GET", "POST"
  std::string path;    // without the query
  // Headers; empty: absent. A proxy may say in X-Forwarded-Host which Host it was asked for.
  std::string host, forwarded_host, origin, fetch_site, content_type, content_length;
  bool encoded = false;  // it has a Transfer-Encoding or Content-Encoding
  std::size_t target_size = 0;
};

/// Why a request is refused.
struct Denial {
  int status = 400;
  const char* code = "bad_request";
  std::string sentence;
};

/// Under which names a server is asked.
struct Names {
  std::vector<std::string> hosts;    // Host headers
  std::vector<std::string> origins;  // Origin headers, besides http:// and the Host
  // Whatever stands before it (a proxy, a container's port) gives it names that it cannot know: any Host will
  // do, and its own pages come from there, encrypted or not. Then only tokens tell who may ask.
  bool any = false;
};

/// Host headers under which the server may be asked: those of this machine and port, nothing else. A page of
/// another site that has its name point here (DNS rebinding) still sends its own name.
std::vector<std::string> allowed_hosts(const std::string& host, int port);

/// The rules that hold for every request, whoever sends it: a known Host; GET without a body or POST of at
/// most `largest_body` bytes of JSON with our own Origin; nothing for scripts of other sites.
std::optional<Denial> denial(const RequestHead& head, const Names& names, std::size_t largest_body);

/// Whether two secrets are equal, in a time that does not depend on where they differ.
bool same_secret(std::string_view first, std::string_view second);

}  // namespace nudge
