// Bytes that a client might send to the label server, through the whole path: httplib, the limits, the guard,
// cookies, routing, JSON, the desk and the store. The input's first byte decides how much of a sound request
// stands around it, so that a fuzzer gets deep at once; every input meets the same store.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "preference/server/label_api.h"
#include "preference/store/temporary_store_test.h"

namespace nudge {
namespace {

struct Folder {
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("nudge-fuzz-" + random_hex(8));
  bool made = std::filesystem::create_directory(path);
};

/// One server on one store for all inputs, and an owner who works as ann with a task open and one decided.
struct Target {
  Target() : store(folder.path / "s.store", {.access = Store::Access::create, .seed = 1}) {
    store.add(made_comparisons(8, 2, 2));
    std::vector<Comparison> rankings = made_comparisons(12, 4);
    rankings.erase(rankings.begin(), rankings.begin() + 8);  // their ids are taken
    store.add(rankings);
    store.set({.overlap = 2, .quality = true, .answer_flags = {"a"}, .comparison_flags = {"f"}});
    port = http.bind("127.0.0.1", 0);
    api = std::make_unique<LabelApi>(
        store, sessions, LabelAddress{.origin = fmt::format("http://127.0.0.1:{}", port), .port = port});
    cookie = fmt::format("nudge_label_{}={}", port, sessions.cookie({"session", "ann", true}));
    const Json first = asked("/api/next", "{}")["task"];
    const std::string outcome = "\",\"outcome\":\"cannot_judge\",\"next\":true}";
    const Json reply = asked("/api/submit", "{\"nonce\":\"first-nonce\",\"lease\":\"" +
                                                first["lease"].get<std::string>() + outcome);
    lease = reply["next"]["task"]["lease"].get<std::string>();
    decision = reply["decision"].get<std::int64_t>();
  }
  Json asked(const std::string& path, const std::string& body) const {
    HttpRequest request;  // assigned, not initialized: g++ 12 sees uninitialized members
    request.head.method = "POST";
    request.head.path = path;
    request.cookie = cookie;
    request.body = body;
    return Json::parse(api->answer(request).body);
  }
  std::string post(const std::string& path, const std::string& body) const {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nOrigin: http://127.0.0.1:{}\r\nContent-Type: "
        "application/json\r\nCookie: {}\r\nContent-Length: {}\r\n\r\n{}",
        path, port, port, cookie, body.size(), body);
  }
  std::string answer_to(const std::string& request) {
    const Transaction taken_back(store.database());
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) abort();
    if (write(ends[1], request.data(), request.size()) != static_cast<ssize_t>(request.size())) abort();
    shutdown(ends[1], SHUT_WR);
    http.serve_connection(ends[0]);
    std::string answer(1 << 16, '\0');
    const ssize_t got = read(ends[1], answer.data(), answer.size());
    close(ends[1]);
    answer.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return answer;
  }

  Folder folder;
  Store store;
  Sessions sessions{"the secret of a store"};
  std::unique_ptr<LabelApi> api;
  HttpServer http{[this](const HttpRequest& request) { return api->answer(request); },
                  {.head_seconds = 1, .body_seconds = 1, .write_seconds = 1, .idle_seconds = 0.01}};
  int port = 0;
  std::string cookie, lease;
  std::int64_t decision = 0;
};

/// 0 ... 7: a body for one of the paths; s: the fields of an answer to the open task; d: of its draft; u:
/// what follows in an undo; h: the target and headers of a GET with the cookie; anything else: the bytes
/// after it.
std::string request_of(const Target& target, std::string input) {
  const char shape = input.empty() ? '\0' : input[0];
  if (!input.empty()) input.erase(0, 1);
  constexpr const char* kPaths[] = {
      "/api/session", "/api/next", "/api/renew",          "/api/draft",
      "/api/submit",  "/api/undo", "/api/owner/settings", "/api/owner/guidelines"};
  const std::string own = "{\"nonce\":\"fuzz-nonce\",\"lease\":\"" + target.lease + "\",";
  if (shape >= '0' && shape < '8') return target.post(kPaths[shape - '0'], input);
  if (shape == 's') return target.post("/api/submit", own + input + "}");
  if (shape == 'd') return target.post("/api/draft", own + "\"draft\":" + input + "}");
  if (shape == 'u')
    return target.post("/api/undo", fmt::format("{}\"decision\":{}{}}}", own, target.decision, input));
  if (shape == 'h')
    return fmt::format("GET {}\r\nHost: 127.0.0.1:{}\r\nCookie: {}\r\n\r\n", input, target.port,
                       target.cookie);
  return input;
}

[[noreturn]] void complain(const char* what, const std::string& request, const std::string& answer) {
  std::cerr << what << "\nrequest: " << request << "\nanswer: " << answer << "\n";
  abort();
}

}  // namespace
}  // namespace nudge

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static nudge::Target target;
  if (size > 60000) return -1;  // more than a socket takes at once; the tests of the limits send more
  const std::string request =
      nudge::request_of(target, std::string(reinterpret_cast<const char*>(data), size));
  const std::string answer = target.answer_to(request);
  if (!answer.empty() && !answer.starts_with("HTTP/1.1 "))
    nudge::complain("what comes back is HTTP or nothing", request, answer);
  // a second backup within one second finds its name taken
  if (answer.starts_with("HTTP/1.1 500") && request.find("/api/owner/backup") == std::string::npos)
    nudge::complain("no request makes the server itself fail", request, answer);
  return 0;
}
