#include "text/pre_tokenizer.h"

#include <utf8proc.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "text/byte_level.h"
#include "text/pattern.h"
#include "text/utf8.h"

namespace nudge {
namespace {

using Step = PreTokenizer::Step;

/// What becomes of the matches of a pattern; the names are those of `tokenizers`.
enum class Behaviour { removed, isolated, contiguous, merged_with_previous, merged_with_next };

Behaviour behaviour_named(const std::string& name, std::string_view where) {
  constexpr std::pair<const char*, Behaviour> kNames[] = {
      {"Removed", Behaviour::removed},
      {"Isolated", Behaviour::isolated},
      {"Contiguous", Behaviour::contiguous},
      {"MergedWithPrevious", Behaviour::merged_with_previous},
      {"MergedWithNext", Behaviour::merged_with_next}};
  for (const auto& [known, behaviour] : kNames)
    if (name == known) return behaviour;
  fail("{}: a pre-tokenizer with the behavior {} is not supported.", where, name);
}

/// Whether a piece joins the one before it.
bool joins(Behaviour behaviour, bool matched_before, bool matched) {
  switch (behaviour) {
    case Behaviour::contiguous:
      return matched == matched_before;
    case Behaviour::merged_with_previous:
      return matched && !matched_before;
    case Behaviour::merged_with_next:
      return !matched && matched_before;
    default:
      return false;
  }
}

/// Cuts a text into matches and what lies between them.
using Finder = std::function<void(std::string_view text,
                                  const std::function<void(std::string_view piece, bool matched)>& emit)>;

class SplitStep : public Step {
 public:
  SplitStep(Finder find, Behaviour behaviour, bool invert)
      : find_(std::move(find)), behaviour_(behaviour), invert_(invert) {}

  void split(std::string_view piece, bool first, const Emit& emit) const override {
    std::string_view waiting;  // the next piece may join it
    bool matched_before = false;
    const auto flush = [&] {
      const bool removed = behaviour_ == Behaviour::removed && matched_before;
      if (!waiting.empty() && !removed) emit(waiting, first && waiting.data() == piece.data());
    };
    find_(piece, [&](std::string_view part, bool matched) {
      matched = matched != invert_;
      if (!waiting.empty() && joins(behaviour_, matched_before, matched)) {
        waiting = {waiting.data(), waiting.size() + part.size()};
      } else {
        flush();
        waiting = part;
      }
      matched_before = matched;
    });
    flush();
  }

 private:
  Finder find_;
  Behaviour behaviour_;
  bool invert_;
};

Finder finder(Pattern pattern) {
  auto shared = std::make_shared<const Pattern>(std::move(pattern));
  return [shared](std::string_view text, const auto& emit) { shared->split(text, emit); };
}

/// Every character for which `is` holds is a match of its own.
Finder characters(bool (*is)(char32_t)) {
  return [is](std::string_view text, const auto& emit) {
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t here = i;
      if (!is(next_code_point(text, i))) continue;
      if (here > start) emit(text.substr(start, here - start), false);
      emit(text.substr(here, i - here), true);
      start = i;
    }
    if (start < text.size()) emit(text.substr(start), false);
  };
}

/// Rust's char::is_numeric: the categories Nd, Nl and No.
bool is_numeric(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
         category == UTF8PROC_CATEGORY_NO;
}

/// `\w+|[^\w\s]+` as the crate regex reads it: its words are joined by two characters that Oniguruma's are
/// not.
constexpr const char* kRustWords =
    R"([\p{Alpha}\p{M}\p{Nd}\p{Pc}\u200c\u200d]+|[^\p{Alpha}\p{M}\p{Nd}\p{Pc}\u200c\u200d\s]+)";

/// Pieces of so many characters.
class FixedLengthStep : public Step {
 public:
  explicit FixedLengthStep(std::int64_t length) : length_(length) {}

  void split(std::string_view piece, bool first, const Emit& emit) const override {
    std::size_t start = 0;
    std::int64_t count = 0;
    for (std::size_t i = 0; i < piece.size();) {
      next_code_point(piece, i);
      if (++count < length_ && i < piece.size()) continue;
      emit(piece.substr(start, i - start), first && start == 0);
      start = i;
      count = 0;
    }
  }

 private:
  std::int64_t length_;
};

/// Bytes become their stand-ins, for steps behind ByteLevel.
class StandInStep : public Step {
  void split(std::string_view piece, bool first, const Emit& emit) const override {
    emit(to_byte_level(piece), first);
  }
};

class PrefixSpaceStep : public Step {
  void split(std::string_view piece, bool first, const Emit& emit) const override {
    if (piece.starts_with(' ')) return emit(piece, first);
    emit(std::string(" ").append(piece), first);
  }
};

/// SentencePiece's way: spaces become a visible character, words begin with it.
class MetaspaceStep : public Step {
 public:
  MetaspaceStep(std::string replacement, std::string prepend, bool cut)
      : replacement_(std::move(replacement)), prepend_(std::move(prepend)), cut_(cut) {}

  void split(std::string_view piece, bool first, const Emit& emit) const override {
    std::string text;
    for (char byte : piece) byte == ' ' ? text += replacement_ : text += byte;
    bool wanted = prepend_ == "always" || (prepend_ == "first" && first);
    if (wanted && !text.starts_with(replacement_)) text.insert(0, replacement_);
    std::string_view rest = text;
    bool at_start = first;
    while (cut_) {
      std::size_t next = rest.find(replacement_, 1);
      if (next == std::string_view::npos) break;
      emit(rest.substr(0, next), std::exchange(at_start, false));
      rest.remove_prefix(next);
    }
    emit(rest, at_start);
  }

 private:
  std::string replacement_, prepend_;
  bool cut_;
};

std::unique_ptr<const Step> split_step(const Json& json, std::string_view where) {
  return std::make_unique<SplitStep>(finder(Pattern::from_json(get<Json>(json, "pattern", where), where)),
                                     behaviour_named(get<std::string>(json, "behavior", where), where),
                                     get_or<bool>(json, "invert", false, where));
}

std::unique_ptr<const Step> metaspace_step(const Json& json, std::string_view where) {
  auto prepend = get_or<std::string>(json, "prepend_scheme", "always", where);
  if (!get_or<bool>(json, "add_prefix_space", true, where)) prepend = "never";
  require(prepend == "always" || prepend == "first" || prepend == "never",
          "{}: the Metaspace prepend_scheme \"{}\" is not supported.", where, prepend);
  return std::make_unique<MetaspaceStep>(get<std::string>(json, "replacement", where), prepend,
                                         get_or<bool>(json, "split", true, where));
}

}  // namespace

PreTokenizer::PreTokenizer(const Json& json, std::string_view where) {
  if (!json.is_null()) add(json, where);
}

void PreTokenizer::add(const Json& json, std::string_view where) {
  const auto type = get<std::string>(json, "type", where);
  if (type == "Sequence") {
    for (const Json& part : get<Json>(json, "pretokenizers", where)) add(part, where);
    return;
  }
  if (std::exchange(byte_level_, false)) steps_.push_back(std::make_unique<StandInStep>());
  const auto cut = [&](Finder find, Behaviour behaviour, bool invert = false) {
    steps_.push_back(std::make_unique<SplitStep>(std::move(find), behaviour, invert));
  };
  if (type == "ByteLevel") {
    if (get_or<bool>(json, "add_prefix_space", true, where))
      steps_.push_back(std::make_unique<PrefixSpaceStep>());
    if (get_or<bool>(json, "use_regex", true, where))
      cut(finder(Pattern(Pattern::kGpt2, where)), Behaviour::isolated);
    byte_level_ = true;
  } else if (type == "Split") {
    steps_.push_back(split_step(json, where));
  } else if (type == "Digits") {
    const bool individual = get_or<bool>(json, "individual_digits", false, where);
    cut(characters(is_numeric), individual ? Behaviour::isolated : Behaviour::contiguous);
  } else if (type == "Metaspace") {
    steps_.push_back(metaspace_step(json, where));
  } else if (type == "Punctuation") {
    cut(characters(is_punctuation),
        behaviour_named(get_or<std::string>(json, "behavior", "Isolated", where), where));
  } else if (type == "Whitespace") {
    cut(finder(Pattern(kRustWords, where)), Behaviour::removed, true);
  } else if (type == "WhitespaceSplit") {
    cut(characters(is_white_space), Behaviour::removed);
  } else if (type == "BertPreTokenizer") {
    cut(characters(is_white_space), Behaviour::removed);
    cut(characters(is_punctuation), Behaviour::isolated);
  } else if (type == "CharDelimiterSplit") {
    cut(finder(Pattern::from_json({{"String", get<std::string>(json, "delimiter", where)}}, where)),
        Behaviour::removed);
  } else if (type == "FixedLength") {
    const auto length = get_or<std::int64_t>(json, "length", 5, where);
    require(length > 0, "{}: a FixedLength pre-tokenizer needs a positive length, got {}.", where, length);
    steps_.push_back(std::make_unique<FixedLengthStep>(length));
  } else {
    fail("{}: the pre-tokenizer {} is not supported.", where, type);
  }
}

void PreTokenizer::run(std::size_t step, std::string_view piece, bool first, const Emit& emit) const {
  if (piece.empty()) return;
  if (step == steps_.size()) return emit(piece);
  steps_[step]->split(piece, first,
                      [&](std::string_view part, bool at_start) { run(step + 1, part, at_start, emit); });
}

}  // namespace nudge
