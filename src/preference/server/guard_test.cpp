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
  const auto denied = denial(head, {.hosts = allowed_hosts("127.0.0.1", 8770)}, 1000);
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
  EXPECT_TRUE(denial(good("GET"), {.hosts = allowed_hosts("192.168.0.5", 1)}, 1000));
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

/// Behind a proxy or a container's port the names are those of the way there.
TEST(Guard, AnswersUnderAnyNameWhenItMay) {
  const auto status_as = [](RequestHead head, const Names& names) {
    const auto denied = denial(head, names, 1000);
    return denied ? denied->status : 200;
  };
  const Names any{.any = true}, named{.origins = {"https://label.example.org"}, .any = true};
  for (const char* host : {"label.example.org", "192.168.0.5:80", "[fe80::1]:8770"}) {
    RequestHead head = good();
    head.host = host;
    for (const char* scheme : {"http://", "https://"}) {
      head.origin = std::string(scheme) + host;
      EXPECT_EQ(status_as(head, any), 200) << head.origin;
    }
    head.origin = "https://evil.example";
    EXPECT_EQ(status_as(head, any), 403);
    head.forwarded_host = "evil.example, label.example.org";  // no browser lets a foreign page say that
    EXPECT_EQ(status_as(head, any), 200);
    head.fetch_site = "cross-site";
    EXPECT_EQ(status_as(head, any), 403);
  }
  RequestHead rewritten = good();  // nginx, unless told otherwise: its own Host for that of the browser
  rewritten.origin = "https://label.example.org";
  EXPECT_EQ(status_as(rewritten, any), 403);
  EXPECT_EQ(status_as(rewritten, named), 200);
  RequestHead nameless = good("GET");
  nameless.host.clear();
  EXPECT_EQ(status_as(nameless, any), 421);
}

TEST(Sessions, LinksAndCookiesHoldAsLongAsTheSecret) {
  const Sessions before("secret"), after("secret"), renewed("another");
  const std::string cookie = before.cookie({.session = "s", .rater = "ann"});
  EXPECT_EQ(after.of_cookie(cookie)->rater, "ann");
  EXPECT_FALSE(after.of_token(before.rater_token())->owner);
  EXPECT_TRUE(after.of_token(before.owner_token())->owner);
  EXPECT_FALSE(renewed.of_cookie(cookie) || renewed.of_token(before.owner_token()));
  EXPECT_NE(before.owner_token(), before.rater_token());
}

TEST(Sessions, TokensBecomeCookiesThatCannotBeMade) {
  const Sessions sessions("secret"), others("another");
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
