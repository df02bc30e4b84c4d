#include "preference/server/guard.h"

#include <gtest/gtest.h>

#include "preference/server/sessions.h"

namespace nudge {
namespace {

/// A request that every rule allows.
RequestHead good(const std::string& method = "POST") {
  RequestHead head{.method = method, .path = "/api/next", .host = "127.0.0.1:8770", .target_size = 9};
  if (method == "POST") {
    head.origin = "http://127.0.0.1:8770";
    head.content_type = "application/json";
    head.content_length = "2";
  }
  return head;
}

int status(const RequestHead& head) {
  const auto denied = denial(head, allowed_hosts("127.0.0.1", 8770), 1000);
  return denied ? denied->status : 200;
}

TEST(Guard, AllowsOurOwnPage) {
  EXPECT_EQ(status(good()), 200);
  EXPECT_EQ(status(good("GET")), 200);
  RequestHead head = good();
  head.host = "localhost:8770";
  head.origin = "http://localhost:8770";
  head.content_type = "application/json; charset=utf-8";
  head.fetch_site = "same-origin";
  EXPECT_EQ(status(head), 200);
}

TEST(Guard, RefusesOtherHosts) {
  for (const char* host :
       {"", "127.0.0.1", "evil.example:8770", "127.0.0.1:87700", "127.0.0.1:8770.evil.example"}) {
    RequestHead head = good("GET");
    head.host = host;
    EXPECT_EQ(status(head), 421) << host;
  }
  EXPECT_TRUE(denial(good("GET"), allowed_hosts("192.168.0.5", 1), 1000));
}

TEST(Guard, RefusesOtherOriginsAndSites) {
  for (const char* origin :
       {"", "null", "http://localhost:8770", "https://127.0.0.1:8770", "http://evil.example"}) {
    RequestHead head = good();
    head.origin = origin;
    EXPECT_EQ(status(head), 403) << origin;
  }
  for (const char* method : {"GET", "POST"}) {
    RequestHead head = good(method);
    head.fetch_site = "same-site";  // another port of this machine
    EXPECT_EQ(status(head), 403);
  }
  RequestHead link = good("GET");  // somebody follows the link
  link.path = "/";
  link.fetch_site = "cross-site";
  EXPECT_EQ(status(link), 200);
}

TEST(Guard, RefusesOtherBodies) {
  const auto with = [](auto change) {
    RequestHead head = good();
    change(head);
    return status(head);
  };
  EXPECT_EQ(with([](RequestHead& head) { head.content_length = "1001"; }), 413);
  EXPECT_EQ(with([](RequestHead& head) { head.content_length = ""; }), 411);
  EXPECT_EQ(with([](RequestHead& head) { head.content_length = "+2"; }), 411);
  EXPECT_EQ(with([](RequestHead& head) { head.content_type = "application/jsonx"; }), 415);
  EXPECT_EQ(with([](RequestHead& head) { head.encoded = true; }), 415);
  EXPECT_EQ(with([](RequestHead& head) { head.target_size = 3000; }), 414);
  EXPECT_EQ(with([](RequestHead& head) { head.method = "PUT"; }), 405);
  RequestHead get = good("GET");
  get.content_length = "3";
  EXPECT_EQ(status(get), 400);
}

TEST(Sessions, TokensBecomeCookiesThatCannotBeMade) {
  const Sessions sessions, others;
  EXPECT_FALSE(sessions.of_token(""));
  EXPECT_FALSE(sessions.of_token(others.owner_token()));
  EXPECT_FALSE(sessions.of_token(sessions.owner_token() + "0"));
  EXPECT_TRUE(sessions.of_token(sessions.owner_token())->owner);
  EXPECT_FALSE(sessions.of_token(sessions.rater_token())->owner);

  Identity identity = sessions.of_token(sessions.rater_token()).value();
  identity.rater = "Zoë \"李\"; =";
  const std::string cookie = sessions.cookie(identity);
  EXPECT_EQ(sessions.of_cookie(cookie)->rater, identity.rater);
  EXPECT_EQ(sessions.of_cookie(cookie)->session, identity.session);
  EXPECT_FALSE(others.of_cookie(cookie));
  for (std::size_t i = 0; i < cookie.size(); ++i) {
    std::string forged = cookie;
    forged[i] = forged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(sessions.of_cookie(forged)) << i;
    EXPECT_FALSE(sessions.of_cookie(cookie.substr(0, i))) << i;
  }
}

TEST(Sessions, NamesAreShortAndVisible) {
  for (const char* name : {"Ann", "Zoë", "李", "a b", "🦊"}) EXPECT_EQ(fault_of_name(name), "") << name;
  for (const char* name : {"", " a", "a ", "a\nb", "a\x7f", "a\u202eb", "a\u200bb",
                           "\ufeff"
                           "a"})
    EXPECT_NE(fault_of_name(name), "") << name;
  EXPECT_NE(fault_of_name(std::string(65, 'x')), "");
  EXPECT_EQ(fault_of_name(std::string(64, 'x')), "");
}

}  // namespace
}  // namespace nudge
