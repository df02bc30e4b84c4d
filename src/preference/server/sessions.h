#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nudge {

/// Who a request comes from, as its cookie says.
struct Identity {
  std::string session;  // of one browser
  std::string rater;    // empty until the person gave a name
  bool owner = false;
};

/// What lets people in: a token for the owner's link, one for the raters', and the key that signs cookies,
/// all three functions of one secret. Links and cookies hold as long as the secret stays the same. For any
/// number of threads.
class Sessions {
 public:
  explicit Sessions(const std::string& secret);

  const std::string& owner_token() const { return owner_token_; }
  const std::string& rater_token() const { return rater_token_; }

  /// A new session for whoever knows a token.
  std::optional<Identity> of_token(std::string_view token) const;
  /// The value of a cookie that names this identity and cannot be made without the key.
  std::string cookie(const Identity& identity) const;
  std::optional<Identity> of_cookie(std::string_view value) const;

 private:
  std::string owner_token_, rater_token_, key_;
};

/// Why this cannot be a rater's name; empty when it can. 1 to 64 characters, none that could be mistaken for
/// layout.
std::string fault_of_name(const std::string& name);

}  // namespace nudge
