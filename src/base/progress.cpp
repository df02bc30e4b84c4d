#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "base/mutex.h"
#include "base/terminal.h"

namespace nudge {
namespace {

constexpr double kRedraw = 0.1;     // seconds between two drawings on a terminal
constexpr double kPlainLine = 5.0;  // seconds between two plain lines

Mutex output;
// What a terminal shows in its last line, "" when nothing.
std::string line_on_screen NUDGE_LOCKING(guarded_by(output));

void put(const std::string& text) noexcept {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::string duration(double seconds) {
  const auto s = static_cast<long>(std::lround(seconds));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

/// 0.0123, 18.5, 1850, 18.52k, 4.17M: digits that a person can compare.
std::string number(double value, int digits = 4) {
  const double size = std::abs(value);
  if (value == std::trunc(value) && size < 1e4) return fmt::format("{:.0f}", value);
  if (size >= 1e9 || size < 1e4) return fmt::format("{:.{}g}", value, digits);
  return size < 1e6 ? fmt::format("{:.{}g}k", value / 1e3, digits)
                    : fmt::format("{:.{}g}M", value / 1e6, digits);
}

void append_if_it_fits(std::string& line, const std::string& part, int width) {
  if (columns(line) + 2 + columns(part) <= width) line += "  " + part;
}

}  // namespace

Progress::Progress(std::string what, std::int64_t total, std::string unit)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      started_(now_seconds()),
      terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  finish();
}

void Progress::update(std::int64_t done, const Metrics& numbers) {
  const double now = now_seconds();
  if (first_ < 0) {  // the rate counts from here: a resumed run did not do the first part now
    first_ = done;
    started_ = now;
    if (!terminal_) drawn_ = now;
  }
  done_ = done;
  numbers_ = numbers;
  const bool complete = total_ > 0 && done_ >= total_;  // a plain line says so when it ends, once
  if (now - drawn_ >= (terminal_ ? kRedraw : kPlainLine) && (terminal_ || !complete)) draw(false);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  if (first_ >= 0) draw(true);
}

void Progress::draw(bool last) try {
  const double now = now_seconds();
  const int width = terminal_ ? terminal_columns(STDERR_FILENO) - 1 : 100'000;
  std::string line = total_ > 0 ? fmt::format("{} {} {}/{}", what_, unit_, done_, total_)
                                : fmt::format("{} {} {}", what_, unit_, done_);
  const double elapsed = now - started_;
  const double rate = elapsed > 0 ? static_cast<double>(done_ - first_) / elapsed : 0;
  if (total_ > 0) append_if_it_fits(line, fmt::format("{}%", done_ * 100 / total_), width);
  if (rate > 0) append_if_it_fits(line, fmt::format("{} {}/s", number(rate, 3), unit_), width);
  if (last) {
    append_if_it_fits(line, "took " + duration(elapsed), width);
  } else if (rate > 0 && total_ > done_) {
    append_if_it_fits(line, duration(static_cast<double>(total_ - done_) / rate) + " left", width);
  }
  for (const auto& [name, value] : numbers_) {
    if (std::isnan(value)) continue;  // this step did not measure it
    append_if_it_fits(line, name + " " + number(value), width);
  }

  drawn_ = now;
  const Lock lock(output);
  if (!terminal_) {
    put(line + "\n");
  } else {
    put("\r\x1b[K" + line + (last ? "\n" : ""));
    line_on_screen = last ? "" : line;
  }
} catch (...) {  // NOLINT(bugprone-empty-catch)
  // A progress line is never worth a failed run.
}

void say(const std::string& line) {
  const Lock lock(output);
  if (line_on_screen.empty()) {
    put(line + "\n");
  } else {
    put("\r\x1b[K" + line + "\n" + line_on_screen);
  }
}

void warn(const std::string& line) {
  say("warning: " + line);
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace nudge
