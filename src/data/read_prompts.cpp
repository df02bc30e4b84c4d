#include "data/read_prompts.h"

#include "data/records_file.h"

namespace nudge {

std::vector<Prompt> read_prompts(Dataset dataset, std::int64_t limit, const DatasetOptions& datasets,
                                 const ChatFormat* format) {
  std::vector<Prompt> prompts;
  if (format) refuse_unwritable(dataset, *format);
  dataset.each([&](const Json& record, const std::string& where) {
    if (limit > 0 && std::ssize(prompts) == limit) return;
    prompts.push_back(prompt_of(record, where));
  });
  settle(dataset, "prompts", datasets);
  if (format) say_unused(dataset, DatasetUse::prompts, *format, "prompts");
  return prompts;
}

}  // namespace nudge
