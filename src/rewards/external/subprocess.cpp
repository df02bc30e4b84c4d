#include "rewards/external/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/progress.h"
#include "rewards/external/without_sigpipe.h"

extern char** environ;

namespace nudge {
namespace {

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    std::array<int, 2> ends{};
    require(pipe2(ends.data(), O_CLOEXEC) == 0, "Starting a program failed: no pipe ({}).",
            std::strerror(errno));
    read = ends[0], write = ends[1];
  }
};

void never_block(int descriptor) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

// How the process ended; it has been killed or has ended.
int reap(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// The child begins with the default handling of signals, whatever ours is.
class Attributes {
 public:
  /// `group`: the process group to join; 0: one of its own.
  explicit Attributes(pid_t group) {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setpgroup(&attributes_, group);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t none, all;
    sigemptyset(&none), sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

}  // namespace

Subprocess::Subprocess(const std::vector<std::string>& arguments) {
  const Pipe in, out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, 1);
  posix_spawn_file_actions_adddup2(&actions, err.write, 2);
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const Attributes attributes(/*group=*/0);
  const int error = posix_spawnp(&id_, words[0], &actions, attributes.get(), words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  for (const int theirs : {in.read, out.write, err.write}) close(theirs);
  input_ = in.write, output_ = out.read, errors_ = err.read;
  for (const int ours : {input_, output_, errors_}) never_block(ours);
  if (error == 0) {
    watch_over();
    return;
  }
  for (const int ours : {input_, output_, errors_}) close(ours);
  fail("The program {} could not be started: {}.", arguments[0], std::strerror(error));
}

void Subprocess::watch_over() {
  const Pipe lifeline;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, lifeline.read, 0);
  for (const int output : {1, 2})
    posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0);
  std::array<const char*, 4> words{"sh", "-c", "read -r line; kill -KILL 0", nullptr};
  const Attributes attributes(/*group=*/id_);
  const int error = posix_spawn(&watcher_, "/bin/sh", &actions, attributes.get(),
                                const_cast<char**>(words.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(lifeline.read);
  lifeline_ = lifeline.write;
  if (error != 0)
    watcher_ = -1;  // the program is gone already, and stop() says how, or will not outlive its stdin
}

Subprocess::~Subprocess() {
  stop(/*grace_seconds=*/0);
  close(output_);
  close(errors_);
}

bool Subprocess::send(std::string_view& pending) const {
  const WithoutSigpipe quiet;
  while (!pending.empty()) {
    const ssize_t written = write(input_, pending.data(), pending.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno == EAGAIN;
    pending.remove_prefix(written);
  }
  return true;
}

bool Subprocess::receive(int descriptor, std::string& buffer) {
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t count = read(descriptor, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count > 0) buffer.append(block.data(), count);
    return count > 0 || (count < 0 && errno == EAGAIN);
  }
}

bool Subprocess::ended() const {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == id_;
}

std::string Subprocess::stop(double grace_seconds) {
  if (input_ < 0) return "was stopped before";
  close(input_);
  input_ = -1;
  const double give_up = now_seconds() + grace_seconds;
  while (!ended() && now_seconds() < give_up) poll(nullptr, 0, /*milliseconds=*/5);
  kill(-id_, SIGKILL);  // before it is reaped, while its id is surely its own; its children end with it
  const int status = reap(id_);
  if (watcher_ > 0) reap(watcher_);
  close(lifeline_);
  if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

}  // namespace nudge
