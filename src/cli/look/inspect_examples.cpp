#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <span>

#include "cli/look/inspect.h"
#include "data/examples.h"
#include "data/special_names.h"

namespace nudge {
namespace {

// What is learned stands out: green on a terminal, in brackets elsewhere.
struct Marks {
  const char *begin, *end;
};
Marks marks() {
  return ::isatty(STDOUT_FILENO) ? Marks{"\x1b[32m", "\x1b[0m"} : Marks{"[[", "]]"};
}

std::string in_one_line(const std::string& text) {
  std::string line;
  for (const char c : text) line += c == '\n' ? std::string("\\n ") : std::string(1, c);
  return line;
}

// The names of special tokens that a user wrote are text, and have a backslash before them.
std::string text_of(std::span<const TokenId> ids, const SpecialNames& names, const Tokenizer& tokenizer) {
  std::string text;
  for (std::size_t begin = 0; begin < ids.size();) {
    const bool special = tokenizer.is_special(ids[begin]);
    const auto end = std::ranges::find_if(ids.subspan(begin),
                                          [&](TokenId id) { return tokenizer.is_special(id) != special; });
    const auto run = ids.subspan(begin, static_cast<std::size_t>(end - ids.begin()) - begin);
    text += special ? tokenizer.decode(run, true) : names.quoted(tokenizer.decode(run), "\\");
    begin += run.size();
  }
  return in_one_line(text);
}

// The beginning and the end of what is longer than `most` tokens.
std::string shortened(std::span<const TokenId> ids, std::size_t most, const SpecialNames& names,
                      const Tokenizer& tokenizer) {
  if (ids.size() <= most) return text_of(ids, names, tokenizer);
  return fmt::format("{} ... {} tokens ... {}", text_of(ids.first(most / 2), names, tokenizer),
                     with_thousands(static_cast<std::int64_t>(ids.size() - most / 2 * 2)),
                     text_of(ids.last(most / 2), names, tokenizer));
}

std::string lengths_text(const std::vector<Example>& examples) {
  std::vector<std::size_t> lengths;
  std::size_t tokens = 0, learned = 0;
  for (const Example& example : examples) {
    lengths.push_back(example.tokens.size());
    tokens += example.tokens.size();
    learned += static_cast<std::size_t>(std::ranges::count(example.loss_mask, 1));
  }
  std::ranges::sort(lengths);
  return fmt::format("{} to {}, median {}; {} in all, {:.0f} % of them learned", lengths.front(),
                     lengths.back(), lengths[lengths.size() / 2],
                     with_thousands(static_cast<std::int64_t>(tokens)),
                     100.0 * static_cast<double>(learned) / static_cast<double>(tokens));
}

}  // namespace

std::string masked_text(const Example& example, const Tokenizer& tokenizer) {
  constexpr std::size_t kShown = 1200, kOfPrompt = 160, kOfAnswer = 400;  // tokens
  const auto [begin_mark, end_mark] = marks();
  const SpecialNames names(tokenizer);
  std::string text;
  std::size_t shown = 0;
  for (std::size_t begin = 0; begin < example.tokens.size();) {
    if (shown > kShown) return text + " ...";
    const bool learned = example.loss_mask[begin];
    const auto mask = example.loss_mask.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto count = static_cast<std::size_t>(std::find(mask, example.loss_mask.end(), !learned) - mask);
    const std::string run = shortened(std::span(example.tokens).subspan(begin, count),
                                      learned ? kOfAnswer : kOfPrompt, names, tokenizer);
    text += learned ? begin_mark + run + end_mark : run;
    begin += count;
    shown += std::min(count, learned ? kOfAnswer : kOfPrompt);
  }
  return text;
}

Facts inspect_examples(Dataset& dataset, const ChatFormat& format) {
  const TrainingExamples read =
      training_examples(dataset, format, {.max_length = std::numeric_limits<std::int32_t>::max()});
  Facts facts{{"examples for sft", with_thousands(std::ssize(read.examples))}};
  if (!read.left_out.empty()) facts.emplace_back("  teach nothing", reasons_text(read.left_out));
  if (read.examples.empty()) return facts;
  facts.emplace_back("  tokens", lengths_text(read.examples));
  facts.emplace_back("  the first, learned parts marked",
                     masked_text(read.examples.front(), format.tokenizer()));
  return facts;
}

}  // namespace nudge
