#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace nudge {

/// Something failed for a reason outside the program's logic. The message is one sentence for a person: which
/// operation, what was expected, what came, what to do next. The program exits with 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The command was used wrongly (unknown option, bad value). The program exits with 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// The user asked to stop (SIGINT, SIGTERM) and the work is saved. The program exits with 130.
class Interrupted : public Error {
 public:
  using Error::Error;
};

/// Throws Error with a formatted message.
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

/// Throws Error with a formatted message unless `condition` holds.
template <class... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace nudge
