#include "data/record_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/packed_text.h"
#include "data/parquet.h"
#include "data/record_line.h"

namespace nudge {
namespace {

constexpr std::size_t kBlock = 1 << 20, kLine = 1 << 16;

bool holds_lines(const std::filesystem::path& path) {
  return path.extension() == ".jsonl" || path.extension() == ".json";
}

// Bytes are read, not mapped: the pages of a mapping would count as this program's memory.
class LinesFile : public RecordFile {
 public:
  explicit LinesFile(const std::filesystem::path& path)
      : name_(path.string()), file_(::open(name_.c_str(), O_RDONLY | O_CLOEXEC)) {
    require(file_.get() >= 0, "cannot read {}: {}.", name_, std::strerror(errno));
    struct stat info{};
    require(::fstat(file_.get(), &info) == 0 && S_ISREG(info.st_mode),
            "{} is not a file, so it cannot be streamed.", name_);
    size_ = static_cast<std::uint64_t>(info.st_size);
    const auto first = next(0);
    require(first.has_value(), "{}: the dataset is empty; there is nothing to read.", name_);
    refuse_utf16(bytes_at(0), name_);
    require(!bytes_at(first->at).starts_with('['),
            "{} is one JSON array, which cannot be read from the middle; write one record a line to stream "
            "it.",
            name_);
  }

  std::optional<Found> next(std::uint64_t from) override {
    if (from == 0 && bytes_at(0).starts_with("\xEF\xBB\xBF")) from = 3;  // a byte-order mark says nothing
    std::uint64_t at = from;
    for (std::string_view ahead; !(ahead = bytes_at(at)).empty(); at += ahead.size()) {
      if (const auto text = ahead.find_first_not_of(kBetweenRecords); text != std::string_view::npos) {
        at += text;
        break;
      }
    }
    if (at >= size_) return std::nullopt;
    std::uint64_t end = at;
    for (std::string_view ahead; !(ahead = bytes_at(end)).empty(); end += ahead.size()) {
      if (const auto stop = ahead.find('\n'); stop != std::string_view::npos) {
        end += stop + 1;
        break;
      }
    }
    return Found{at, end};
  }

  Json read(std::uint64_t at) override {
    std::string line;
    for (std::size_t stop = std::string::npos; stop == std::string::npos && at + line.size() < size_;) {
      const std::size_t before = line.size();
      line.resize(std::max(kLine, before * 2));
      line.resize(before + read_into(line.data() + before, line.size() - before, at + before));
      if (stop = line.find('\n', before); stop != std::string::npos) line.resize(stop);
      if (line.size() == before) break;
    }
    Json record = record_of_line(line);
    if (!record.is_object()) throw Error(no_object(record));
    return record;
  }

  std::uint64_t size() const override { return size_; }
  std::string where(std::uint64_t at) const override { return fmt::format("{} byte {}", name_, at + 1); }

 private:
  // What of the file is at hand from there on; nothing at the end.
  std::string_view bytes_at(std::uint64_t at) {
    if (at < begin_ || at >= begin_ + block_.size()) {
      block_.resize(kBlock);
      block_.resize(read_into(block_.data(), kBlock, at));
      begin_ = at;
    }
    return std::string_view(block_).substr(at - begin_);
  }

  std::size_t read_into(char* to, std::size_t most, std::uint64_t at) const {
    std::size_t count = 0;
    while (count < most) {
      const ssize_t n = ::pread(file_.get(), to + count, most - count, static_cast<off_t>(at + count));
      if (n < 0 && errno == EINTR) continue;
      require(n >= 0, "cannot read {}: {}.", name_, std::strerror(errno));
      if (n == 0) break;
      count += static_cast<std::size_t>(n);
    }
    return count;
  }

  std::string name_, block_;
  Descriptor file_;
  std::uint64_t begin_ = 0, size_ = 0;  // begin_: of the block
};

}  // namespace

bool can_stream(const std::filesystem::path& path) {
  if (!holds_lines(path) && path.extension() != ".parquet") return false;
  try {
    RecordFile::open(path);
    return true;
  } catch (const Error&) {
    return false;  // its reader says why
  }
}

std::unique_ptr<RecordFile> RecordFile::open(const std::filesystem::path& path) {
  require(!names_packed(path),
          "{} is packed and cannot be read from the middle, so it cannot be streamed; unpack it first ({} -d "
          "{}).",
          path.string(), path.extension() == ".gz" ? "gzip" : "zstd", path.string());
  if (path.extension() == ".parquet") return open_parquet(path);
  require(holds_lines(path), "{} cannot be streamed; of the kinds of files only JSON Lines and Parquet can.",
          path.string());
  return std::make_unique<LinesFile>(path);
}

}  // namespace nudge
