#include "preference/server/refusal.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "base/json.h"

namespace nudge {
namespace {

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{max-width:34rem;margin:12vh auto 0;padding:1rem;font:16px/1.5 system-ui,\"Segoe UI\",Roboto,\"Noto "
    "Sans\",sans-serif}"
    "h1{font-size:1.4rem}";

std::string title_of(const std::string& code) {
  if (code == "unauthorised") return "This link is not valid here";
  if (code == "not_found") return "There is no such page";
  return "The label server does not answer this";
}

/// The policy of all answers allows no inline style; this one allows this one.
std::string policy() {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(kStyle.data(), kStyle.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  std::array<unsigned char, 48> text{};  // 44 digits and the end
  const int size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; frame-ancestors 'none'; base-uri 'none'; form-action "
      "'none'",
      std::string_view(reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)));
}

}  // namespace

HttpReply refusal(const RequestHead& head, int status, const std::string& code, const std::string& sentence) {
  if (head.path.starts_with("/api/") || head.method == "POST")
    return {.status = status, .body = to_line({{"error", sentence}, {"code", code}})};
  static const std::string allowed = policy();
  // The sentences are this program's own: nothing in them needs escaping.
  return {
      .status = status,
      .content_type = "text/html; charset=utf-8",
      .body = fmt::format("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
                          "content=\"width=device-width, initial-scale=1\"><title>nudge label</title>"
                          "<style>{}</style><h1>{}</h1><p>{}</p></html>\n",
                          kStyle, title_of(code), sentence),
      .headers = {{"Content-Security-Policy", allowed}}};
}

}  // namespace nudge
