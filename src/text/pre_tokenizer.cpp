#include "text/pre_tokenizer.h"

#include <utf8proc.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "text/pattern.h"
#include "text/utf8.h"

namespace nudge {
namespace {

using Step = PreTokenizer::Step;

class SplitStep : public Step {
 public:
  SplitStep(Pattern pattern, bool matches_only) : pattern_(std::move(pattern)), matches_only_(matches_only) {}

  void split(std::string_view piece, bool first, const Emit& emit) const override {
    pattern_.split(piece, [&](std::string_view part, bool matched) {
      if (matched || !matches_only_) emit(part, first && part.data() == piece.data());
    });
  }

 private:
  Pattern pattern_;
  bool matches_only_;
};

class PrefixSpaceStep : public Step {
  void split(std::string_view piece, bool first, const Emit& emit) const override {
    if (piece.starts_with(' ')) return emit(piece, first);
    emit(std::string(" ").append(piece), first);
  }
};

class DigitsStep : public Step {
 public:
  explicit DigitsStep(bool individual) : individual_(individual) {}

  void split(std::string_view piece, bool first, const Emit& emit) const override {
    std::size_t start = 0;
    bool in_digits = false;
    auto cut = [&](std::size_t end) {
      if (end > start) emit(piece.substr(start, end - start), first && start == 0);
      start = end;
    };
    for (std::size_t i = 0; i < piece.size();) {
      std::size_t here = i;
      bool digit = is_numeric(next_code_point(piece, i));
      if (digit != in_digits || (digit && individual_)) cut(here);
      in_digits = digit;
    }
    cut(piece.size());
  }

 private:
  /// Rust's char::is_numeric: the categories Nd, Nl and No.
  static bool is_numeric(char32_t c) {
    auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
           category == UTF8PROC_CATEGORY_NO;
  }

  bool individual_;
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
  Json pattern = get<Json>(json, "pattern", where);
  require(pattern.is_object() && pattern.contains("Regex"),
          "{}: a Split pre-tokenizer by {} is not supported; only the published patterns (Regex) are.", where,
          to_line(pattern));
  std::string behavior = get<std::string>(json, "behavior", where);
  bool invert = get_or<bool>(json, "invert", false, where);
  bool matches_only = behavior == "Removed" && invert;
  require(behavior == "Isolated" || matches_only,
          "{}: a Split pre-tokenizer with behavior {} (invert {}) is not supported.", where, behavior,
          invert);
  return std::make_unique<SplitStep>(Pattern(get<std::string>(pattern, "Regex", where), where), matches_only);
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
  auto type = get<std::string>(json, "type", where);
  require(!byte_level_, "{}: a pre-tokenizer behind ByteLevel ({}) is not supported.", where, type);
  if (type == "Sequence") {
    for (const Json& part : get<Json>(json, "pretokenizers", where)) add(part, where);
  } else if (type == "ByteLevel") {
    if (get_or<bool>(json, "add_prefix_space", true, where))
      steps_.push_back(std::make_unique<PrefixSpaceStep>());
    if (get_or<bool>(json, "use_regex", true, where))
      steps_.push_back(std::make_unique<SplitStep>(Pattern(Pattern::kGpt2, where), false));
    byte_level_ = true;
  } else if (type == "Split") {
    steps_.push_back(split_step(json, where));
  } else if (type == "Digits") {
    steps_.push_back(std::make_unique<DigitsStep>(get_or<bool>(json, "individual_digits", false, where)));
  } else if (type == "Metaspace") {
    steps_.push_back(metaspace_step(json, where));
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
