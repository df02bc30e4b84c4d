#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "cli/look/inspect.h"
#include "data/examples.h"

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
  constexpr std::size_t kShown = 400;  // tokens
  const auto [begin_mark, end_mark] = marks();
  const std::size_t shown = std::min(example.tokens.size(), kShown);
  std::string text;
  for (std::size_t begin = 0; begin < shown;) {
    const auto mask = example.loss_mask.begin();
    const auto end =
        static_cast<std::size_t>(std::find(mask + begin, mask + shown, !example.loss_mask[begin]) - mask);
    const std::string run =
        in_one_line(tokenizer.decode(std::span(example.tokens).subspan(begin, end - begin), true));
    text += example.loss_mask[begin] ? begin_mark + run + end_mark : run;
    begin = end;
  }
  return text + (shown < example.tokens.size() ? " ..." : "");
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
