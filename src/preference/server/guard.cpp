#include "preference/server/guard.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

namespace nudge {
namespace {

constexpr std::size_t kLongestTarget = 2048;

bool is_json(std::string_view content_type) {
  constexpr std::string_view kJson = "application/json";
  return content_type.starts_with(kJson) &&
         (content_type.size() == kJson.size() || content_type[kJson.size()] == ';' ||
          content_type[kJson.size()] == ' ');
}

std::optional<std::size_t> length_of(std::string_view header) {
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), length);
  if (error != std::errc() || end != header.data() + header.size()) return std::nullopt;
  return length;
}

bool own_origin(const RequestHead& head, const Names& names) {
  if (head.origin == "http://" + head.host ||
      std::ranges::find(names.origins, head.origin) != names.origins.end())
    return true;
  if (!names.any) return false;
  const std::string forwarded = head.forwarded_host.substr(0, head.forwarded_host.find(','));
  return head.origin == "https://" + head.host ||
         (!forwarded.empty() &&
          (head.origin == "https://" + forwarded || head.origin == "http://" + forwarded));
}

std::optional<Denial> post_denial(const RequestHead& head, const Names& names, std::size_t largest_body) {
  if (!own_origin(head, names))
    return Denial{403, "forbidden", "Only this server's own page may change anything (Origin)."};
  if (!is_json(head.content_type))
    return Denial{415, "bad_request", "Expected a body of the content type application/json."};
  const std::optional<std::size_t> length = length_of(head.content_length);
  if (!length) return Denial{411, "bad_request", "Expected a body with its Content-Length."};
  if (*length > largest_body)
    return Denial{413, "too_large", fmt::format("A request may have at most {} bytes.", largest_body)};
  return std::nullopt;
}

}  // namespace

std::vector<std::string> allowed_hosts(const std::string& host, int port) {
  std::vector<std::string> hosts;
  for (const std::string& name : {std::string("127.0.0.1"), std::string("localhost"), std::string("[::1]"),
                                  host.find(':') == std::string::npos ? host : "[" + host + "]"}) {
    hosts.push_back(fmt::format("{}:{}", name, port));
    if (port == 80) hosts.push_back(name);  // browsers leave it out
  }
  return hosts;
}

std::optional<Denial> denial(const RequestHead& head, const Names& names, std::size_t largest_body) {
  const bool known = std::ranges::find(names.hosts, head.host) != names.hosts.end();
  if (!known && (!names.any || head.host.empty()))
    return Denial{
        421, "wrong_host",
        "This server does not answer under that name; open the link that it printed. Whoever started it "
        "can allow other names (--allow_remote)."};
  if (head.target_size > kLongestTarget)
    return Denial{414, "bad_request", fmt::format("An address may have at most {} bytes.", kLongestTarget)};
  if (head.encoded)
    return Denial{415, "bad_request",
                  "Expected a plain body, without Transfer-Encoding or Content-Encoding."};
  const bool ours = head.fetch_site.empty() || head.fetch_site == "same-origin" || head.fetch_site == "none";
  if (head.path != "/" && !ours)
    return Denial{403, "forbidden", "Pages of other sites get nothing from this server (Sec-Fetch-Site)."};
  if (head.method == "POST") {
    if (!ours) return Denial{403, "forbidden", "Pages of other sites get nothing from this server."};
    return post_denial(head, names, largest_body);
  }
  if (head.method != "GET") return Denial{405, "bad_request", "Expected GET or POST."};
  if (!head.content_length.empty() && head.content_length != "0")
    return Denial{400, "bad_request", "A GET has no body."};
  return std::nullopt;
}

bool same_secret(std::string_view first, std::string_view second) {
  return first.size() == second.size() && CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

}  // namespace nudge
