#include "base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <thread>

#include "base/error.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  Files() : folder_(fs::temp_directory_path() / ("nudge-files-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Files() override { fs::remove_all(folder_); }

  std::size_t entries() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  fs::path folder_;
};

template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Files of this process may not grow beyond `bytes` while this lives: what a full disk looks like to a test.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SmallDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Files, ASymlinkStaysAndItsTargetIsReplaced) {
  fs::create_directories(folder_ / "far" / "tree");
  write_file(folder_ / "far" / "old.txt", "old");
  fs::create_symlink("far/old.txt", folder_ / "link");
  fs::create_symlink("link", folder_ / "second");
  fs::create_symlink("far/new.txt", folder_ / "dangling");
  fs::create_directory_symlink("far/tree", folder_ / "tree");
  write_file(folder_ / "second", "new");
  write_file(folder_ / "dangling", "made");
  AtomicDirectory tree(folder_ / "tree");
  write_file(tree.path() / "leaf", "green");
  tree.commit();
  for (const char* link : {"link", "second", "dangling", "tree"})
    EXPECT_TRUE(fs::is_symlink(fs::symlink_status(folder_ / link))) << link;
  EXPECT_EQ(read_file(folder_ / "far" / "old.txt"), "new");
  EXPECT_EQ(read_file(folder_ / "far" / "new.txt"), "made");
  EXPECT_EQ(read_file(folder_ / "far" / "tree" / "leaf"), "green");
  fs::create_symlink("round", folder_ / "round");
  EXPECT_NE(message_of([&] { write_file(folder_ / "round", "x"); }).find("round"), std::string::npos);
}

TEST_F(Files, APipeIsWrittenToAndStays) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  fs::create_symlink("pipe", folder_ / "link");
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write_file(folder_ / "pipe", "through ");
  write_file(folder_ / "link", "the pipe");
  char got[64];
  const ssize_t n = ::read(reader, got, sizeof got);
  ::close(reader);
  EXPECT_EQ(std::string(got, static_cast<std::size_t>(std::max<ssize_t>(n, 0))), "through the pipe");
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_EQ(entries(), 2u);
}

TEST_F(Files, WhatIsWrittenIsReadBack) {
  const std::string bytes("a\0b\nc", 5);
  write_file(folder_ / "deep" / "er" / "file", bytes);
  EXPECT_EQ(read_file(folder_ / "deep" / "er" / "file"), bytes);
  write_file(folder_ / "deep" / "er" / "file", "");
  EXPECT_EQ(read_file(folder_ / "deep" / "er" / "file"), "");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, ReadingWhatIsNotThereSaysSo) {
  EXPECT_EQ(message_of([&] { read_file(folder_ / "none"); }),
            "cannot read " + (folder_ / "none").string() + ": No such file or directory.");
  EXPECT_NE(message_of([&] { read_file(folder_); }).find("it is a folder"), std::string::npos);
}

TEST_F(Files, AFullDiskLeavesTheOldFileAndNothingElse) {
  write_file(folder_ / "file", "old");
  SmallDisk disk(1000);
  const std::string message = message_of([&] { write_file(folder_ / "file", std::string(5000, 'x')); });
  EXPECT_TRUE(message.starts_with("cannot write " + (folder_ / "file").string() + ": ")) << message;
  EXPECT_EQ(read_file(folder_ / "file"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, NoSpaceIsCalledAFullDisk) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  AppendFile file("/dev/full");
  EXPECT_EQ(message_of([&] { file.write_line("x"); }),
            "cannot write /dev/full: the disk is full; free some space or choose another folder.");
}

TEST_F(Files, TooManyOpenFilesAreNoFullDisk) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  const std::string message = message_of([&] { AppendFile file(folder_ / "log"); });
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(message, "cannot write " + (folder_ / "log").string() +
                         ": too many files are open at once (see ulimit -n).");
}

TEST_F(Files, WhatIsAppendedStandsWholeOrNotAtAll) {
  const fs::path path = folder_ / "log";
  AppendFile file(path);
  file.write("12");
  file.write_line("3");
  SmallDisk disk(8);
  EXPECT_NE(message_of([&] { file.write("456789"); }), "");
  EXPECT_EQ(read_file(path), "123\n");
}

TEST_F(Files, AFolderIsNoFileToWritePieceByPiece) {
  EXPECT_NE(message_of([&] { AtomicFile file(folder_); }).find("it is a folder"), std::string::npos);
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Files, ADirectoryAppearsWholeOrNotAtAll) {
  const fs::path target = folder_ / "checkpoint";
  {
    AtomicDirectory aside(target);
    write_file(aside.path() / "weights", "1");
    EXPECT_FALSE(fs::exists(target));
  }
  EXPECT_EQ(entries(), 0u);
  {
    AtomicDirectory aside(target);
    write_file(aside.path() / "sub" / "weights", "1");
    aside.commit();
  }
  EXPECT_EQ(read_file(target / "sub" / "weights"), "1");
  {
    AtomicDirectory aside(target.string() + "/");
    write_file(aside.path() / "other", "2");
    aside.commit();
  }
  EXPECT_EQ(read_file(target / "other"), "2");
  EXPECT_FALSE(fs::exists(target / "sub"));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, WhatADeadProcessLeftIsRemoved) {
  const pid_t child = fork();
  if (child == 0) {
    AtomicDirectory aside(folder_ / "final");
    write_file(aside.path() / "half", "x");
    _exit(0);  // as if killed: no destructor runs
  }
  waitpid(child, nullptr, 0);
  EXPECT_EQ(entries(), 1u);
  write_file(folder_ / ("file.tmp-" + std::to_string(child)), "x");
  write_file(folder_ / "file", "y");
  AtomicDirectory(folder_ / "final").commit();
  EXPECT_EQ(entries(), 2u);
}

TEST_F(Files, AReaderNeverSeesHalfAFile) {
  const fs::path path = folder_ / "file";
  const std::string old_bytes(100'000, 'a'), new_bytes(200'000, 'b');
  write_file(path, old_bytes);
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) write_file(path, i % 2 ? old_bytes : new_bytes);
  });
  for (int i = 0; i < 200; ++i) {
    const std::string seen = read_file(path);
    EXPECT_TRUE(seen == old_bytes || seen == new_bytes);
  }
  writer.join();
}

TEST_F(Files, LinesAreAppendedWhole) {
  AppendFile file(folder_ / "new" / "log.jsonl");
  file.write_line("1");
  AppendFile moved = std::move(file);
  moved.write_line("2");
  EXPECT_EQ(read_file(folder_ / "new" / "log.jsonl"), "1\n2\n");
  EXPECT_THROW(file.write_line("3"), Error);
  SmallDisk disk(10);
  EXPECT_THROW(moved.write_line("a line that does not fit"), Error);
  EXPECT_EQ(read_file(folder_ / "new" / "log.jsonl"), "1\n2\n");
}

TEST_F(Files, GzipIsUnpackedAndDamageIsReported) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + "\n";
  const fs::path path = folder_ / "text.gz";
  for (const char* mode : {"wb", "ab"}) {  // the second time as a further member of the same file
    gzFile out = gzopen(path.c_str(), mode);
    gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    gzclose(out);
  }
  EXPECT_EQ(read_text(path), text + text);
  const std::string packed = read_file(path);
  write_file(path, packed.substr(0, packed.size() - 100));
  EXPECT_NE(message_of([&] { read_text(path); }).find("cut off"), std::string::npos);
  write_file(path, "plain text");
  EXPECT_NE(message_of([&] { read_text(path); }).find("damaged"), std::string::npos);
  write_file(path, "");
  EXPECT_NE(message_of([&] { read_text(path); }), "");
}

TEST_F(Files, ZstdIsUnpackedAndDamageIsReported) {
  // What `zstd -19` makes of 200,000 times "ab": more than one block of its output.
  std::string packed;
  for (const unsigned char byte :
       {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x54, 0x00, 0x00, 0x10, 0x61, 0x62, 0x01, 0x00,
        0xfb, 0xff, 0xe5, 0x0e, 0x0b, 0x44, 0x00, 0x00, 0x00, 0x01, 0x00, 0xfd, 0xff, 0xf2,
        0x0b, 0x04, 0x44, 0x00, 0x00, 0x00, 0x01, 0x00, 0xfd, 0xff, 0x39, 0x00, 0x02, 0x3d,
        0x00, 0x00, 0x00, 0x01, 0x00, 0x7d, 0xda, 0x03, 0x20, 0xd2, 0x79, 0xdb, 0xd2})
    packed.push_back(static_cast<char>(byte));
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "ab";
  const fs::path path = folder_ / "text.zst";
  write_file(path, packed + packed);  // two frames, as `cat a.zst b.zst` leaves them
  const std::string refused = message_of([&] { read_text(path); });
  if (refused.find("without libzstd") != std::string::npos) GTEST_SKIP() << refused;
  EXPECT_EQ(read_text(path), text + text);
  write_file(path, packed.substr(0, packed.size() - 5));
  EXPECT_NE(message_of([&] { read_text(path); }).find("cut off"), std::string::npos);
  write_file(path, "plain text");
  EXPECT_NE(message_of([&] { read_text(path); }).find("damaged"), std::string::npos);
}

TEST_F(Files, WriteToAnOpenDescriptorAddsToWhatIsThere) {
  const fs::path path = folder_ / "log";
  write_file(path, "kept\n");
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND);
  ASSERT_GE(descriptor, 0);
  const fs::path link = folder_ / "link";
  fs::create_symlink("/proc/self/fd/" + std::to_string(descriptor), link);
  write_file("/dev/fd/" + std::to_string(descriptor), "one\n");
  write_file(link, "two\n");
  ::close(descriptor);
  EXPECT_EQ(read_file(path), "kept\none\ntwo\n");
}

TEST(Sha256, MatchesTheStandard) {  // FIPS 180-4 examples
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace nudge
