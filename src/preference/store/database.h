#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace nudge {

/// The store cannot take writes now: the disk is full, or the file may not be written. What was committed
/// stays; nothing of the refused write does.
class ReadOnlyError : public Error {
 public:
  using Error::Error;
};

/// One prepared statement, run by step() until it says false; parameters count from 1, columns from 0. Text
/// goes in by parameters only, so that no text is ever read as SQL. It must not outlive its database, which
/// keeps it prepared for the next use.
class Statement {
 public:
  using Shelf = std::vector<sqlite3_stmt*>;  // where statements of one text wait to be used again
  Statement(sqlite3* connection, Shelf& shelf, std::string_view sql, const std::string& path);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view value);
  Statement& bind(int parameter, const std::string& value) {
    return bind(parameter, std::string_view(value));
  }
  Statement& bind(int parameter, const std::optional<std::int64_t>& value);
  Statement& bind(int parameter, const std::optional<std::string>& value);

  /// True while there is a row.
  bool step();
  /// Runs a statement that gives no rows, and makes it ready to run again.
  void run();

  /// Whether it leaves the file as it is.
  bool only_reads() const;

  std::int64_t integer(int column) const;
  double number(int column) const;
  std::string text(int column) const;
  bool null(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<std::string> optional_text(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
  sqlite3* connection_;
  Shelf* shelf_;
  const std::string& path_;
};

/// One connection to a SQLite file with the settings of a store: foreign keys on, nothing of the file's own
/// schema trusted, five seconds of patience with other writers, commits synced to disk, a new file of mode
/// 0600. A database in WAL mode is three files (FILE, FILE-wal, FILE-shm): what was committed lies in the
/// -wal until a checkpoint copies it into FILE, which happens at each megabyte. For one thread at a time.
class Database {
 public:
  enum class Access { read, write, create };

  /// Opens it; `create` makes an empty one where there is none. Throws Error for what is no SQLite database,
  /// and for an empty or missing file beside which a -wal lies: SQLite would throw that away.
  Database(const std::filesystem::path& path, Access access);
  /// An empty one in memory.
  static Database in_memory();

  /// A statement that reads. Throws Error for one that would write.
  Statement query(std::string_view sql) const;
  std::int64_t integer(const char* sql) const;  // the first column of the first row of a query
  /// A statement that may write.
  Statement prepare(std::string_view sql);
  /// Runs statements that come from this program's own text.
  void execute(const char* sql);
  /// Runs one statement that comes again and again.
  void repeat(const char* sql) { prepare(sql).run(); }

  /// Whether commits from now on are on the disk when they return (or only safe from the end of the process).
  /// Inside a transaction it changes nothing.
  void sync_commits(bool on);
  /// Copies into the file what still lies in the -wal, as far as no reader is in the way. Waits for nobody.
  void checkpoint();
  /// A checkpoint before the end: waits for others, and leaves an empty -wal. A file that is not in its place
  /// is left alone, and so is the -wal. Throws nothing.
  void settle();
  /// From now on, what lies in the -wal stays there when this closes.
  void leave_alone();
  /// Throws ReadOnlyError unless the file and its -wal are still those that were opened, under their names
  /// and no shorter than they were: what is committed to anything else is lost.
  void require_in_place();
  /// Copies everything to a new file while others go on writing; `then` is run on the copy before it gets its
  /// name.
  void backup(const std::filesystem::path& target, const char* then = "") const;

  const std::filesystem::path& path() const { return path_; }
  bool in_transaction() const;

 private:
  Database();
  void prepare_connection();
  /// The files as they were when they were opened, or last looked at.
  struct Place {
    std::filesystem::path path;
    std::uint64_t device = 0, file = 0, log = 0;  // 0: not known yet
    std::uintmax_t size = 0;                      // of the file, which never shrinks
    int log_pages = 0;                            // in the -wal at the last commit
  };
  bool log_is_short();
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  struct Shelves {
    std::unordered_map<std::string, Statement::Shelf> of_text;
    ~Shelves();
  };
  std::filesystem::path path_;
  std::optional<bool> synced_;    // what sync_commits last said
  std::unique_ptr<Place> place_;  // fixed in memory: SQLite writes to it at each commit
  std::unique_ptr<sqlite3, Close> connection_;
  std::unique_ptr<Shelves> shelves_;  // goes before the connection
};

/// BEGIN IMMEDIATE, which waits for other writers (or BEGIN, when nothing is to be written); rolled back
/// unless commit() was called. Inside another transaction it is a savepoint: what it holds stands or falls by
/// itself, and with the outer one.
class Transaction {
 public:
  explicit Transaction(Database& database, bool writes = true);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool nested_;
  bool open_ = true;
};

}  // namespace nudge
