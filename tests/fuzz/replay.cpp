// Runs a fuzz target without a fuzzer, under any compiler: on each file of the folders given, and on --each N
// mutations of it, the same ones every time.
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

/// A few bytes changed, left out or doubled; the first one, which chooses the shape, stays.
std::string mutated(std::string input, nudge::Stream& stream) {
  for (std::uint64_t edit = 1 + stream.below(4); edit > 0 && input.size() > 1; --edit) {
    const std::size_t at = 1 + stream.below(input.size() - 1);
    const std::size_t length = std::min<std::size_t>(1 + stream.below(8), input.size() - at);
    if (stream.chance(0.5))
      input[at] = static_cast<char>(stream.below(256));
    else if (stream.chance(0.5))
      input.erase(at, length);
    else
      input.insert(at, input.substr(at, length));
  }
  return input;
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t inputs = 0, each = 0;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < count; ++i) {
    if (std::string_view(arguments[i]) == "--each" && i + 1 < count)
      each = std::stoul(arguments[++i]);
    else
      for (const auto& file : std::filesystem::directory_iterator(arguments[i])) files.push_back(file.path());
  }
  for (const std::filesystem::path& file : files) {
    const std::string seed = nudge::read_file(file);
    run(seed);
    nudge::Stream stream(1, file.filename().string());
    for (std::uint64_t i = 0; i < each; ++i) run(mutated(seed, stream));
    inputs += 1 + each;
  }
  std::cout << inputs << " inputs\n";
  return inputs == 0;
}
