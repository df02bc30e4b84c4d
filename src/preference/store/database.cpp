#include "preference/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/progress.h"

namespace nudge {
namespace {

constexpr int kPatience = 5000;  // milliseconds that a writer waits for another
constexpr int kLogPages = 256;   // of 4 KiB: after each megabyte the -wal is copied into the file
constexpr std::uintmax_t kLogHead = 32, kFrameHead = 24;  // bytes of a -wal, and before each of its pages

[[noreturn]] void complain(sqlite3* connection, int code, const std::string& path) {
  const int extended = connection ? sqlite3_extended_errcode(connection) : code;
  const std::string reason = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_FULL:
      throw ReadOnlyError(
          fmt::format("{}: the disk is full, so nothing more is saved; free some space, then go on.", path));
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw ReadOnlyError(fmt::format(
          "{}: the file or its folder may not be written, so nothing is saved; change their permissions.",
          path));
    case SQLITE_IOERR:
      throw ReadOnlyError(fmt::format(
          "{}: reading or writing failed ({}, code {}), so nothing more is saved; look at the disk.", path,
          reason, extended));
    case SQLITE_BUSY:
      fail("{}: another program has held the store for {} seconds; try again when it is done.", path,
           kPatience / 1000);
    case SQLITE_NOTADB:
      fail("{}: this is no SQLite database; name a store of nudge, or a file that does not exist yet.", path);
    case SQLITE_CORRUPT:
      fail("{}: the file is damaged ({}); go back to a backup.", path, reason);
    default:
      fail("{}: {} (SQLite code {}).", path, reason, extended);
  }
}

void check(sqlite3* connection, int code, const std::string& path) {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) complain(connection, code, path);
}

/// SQLite makes its journal files with the mode of the database.
void create_private(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    require(errno == EEXIST, "{}: the store cannot be created: {}.", path.string(), std::strerror(errno));
    return;
  }
  close(descriptor);
}

std::string log_of(const std::filesystem::path& path) {
  return path.string() + "-wal";
}

/// SQLite takes an empty file for a new database, and removes what lies in its -wal.
void require_no_orphan(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t left = std::filesystem::file_size(log_of(path), error);
  if (error || left == 0) return;
  const bool exists = std::filesystem::exists(path);
  if (exists && std::filesystem::file_size(path) > 0) return;
  fail(
      "{}: the file is {}, and its labels may lie in {} beside it; bring the file back, or go back to a "
      "backup.",
      path.string(), exists ? "empty" : "missing", log_of(path));
}

/// After each commit: how much lies in the -wal now.
int after_commit(void* log_pages, sqlite3* connection, const char* schema, int pages) {
  *static_cast<int*>(log_pages) = pages;
  if (pages >= kLogPages)  // what is in the way now is copied next time
    sqlite3_wal_checkpoint_v2(connection, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

}  // namespace

Statement::Statement(sqlite3* connection, Shelf& shelf, std::string_view sql, const std::string& path)
    : connection_(connection), shelf_(&shelf), path_(path) {
  if (!shelf.empty()) {
    statement_ = shelf.back();
    shelf.pop_back();
    return;
  }
  check(connection_,
        sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement_, nullptr),
        path_);
}

Statement::~Statement() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  shelf_->push_back(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)),
      connection_(other.connection_),
      shelf_(other.shelf_),
      path_(other.path_) {}

Database::Shelves::~Shelves() {
  for (const auto& [text, shelf] : of_text)
    for (sqlite3_stmt* statement : shelf) sqlite3_finalize(statement);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(connection_, sqlite3_bind_int64(statement_, parameter, value), path_);
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  check(connection_, sqlite3_bind_double(statement_, parameter, value), path_);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
  const char* data = value.data() ? value.data() : "";
  check(connection_,
        sqlite3_bind_text64(statement_, parameter, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8), path_);
  return *this;
}

Statement& Statement::bind(int parameter, const std::optional<std::int64_t>& value) {
  if (value) return bind(parameter, *value);
  check(connection_, sqlite3_bind_null(statement_, parameter), path_);
  return *this;
}

Statement& Statement::bind(int parameter, const std::optional<std::string>& value) {
  if (value) return bind(parameter, std::string_view(*value));
  check(connection_, sqlite3_bind_null(statement_, parameter), path_);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  check(connection_, code, path_);
  return code == SQLITE_ROW;
}

void Statement::run() {
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    sqlite3_reset(statement_);
    complain(connection_, code, path_);
  }
  sqlite3_reset(statement_);
}

bool Statement::only_reads() const {
  return sqlite3_stmt_readonly(statement_) != 0;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Statement::number(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
              : std::string();
}

bool Statement::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  return null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<std::string> Statement::optional_text(int column) const {
  return null(column) ? std::nullopt : std::optional(text(column));
}

void Database::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

Database::Database(const std::filesystem::path& path, Access access)
    : path_(path), place_(std::make_unique<Place>()), shelves_(std::make_unique<Shelves>()) {
  place_->path = std::filesystem::weakly_canonical(path);
  require_no_orphan(place_->path);
  if (access == Access::create) create_private(path);
  require(std::filesystem::exists(path), "{}: there is no such store; `nudge label` makes one.",
          path.string());
  require(std::filesystem::is_regular_file(path), "{}: expected a store, which is a file.", path.string());
  sqlite3* connection = nullptr;
  const int flags = (access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(connection);
  check(connection, code, path.string());
  prepare_connection();
  require_in_place();
}

Database::Database()
    : path_("the schema of nudge"), place_(std::make_unique<Place>()), shelves_(std::make_unique<Shelves>()) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(":memory:", &connection,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(connection);
  check(connection, code, path_.string());
  prepare_connection();
}

Database Database::in_memory() {
  return {};
}

void Database::prepare_connection() {
  sqlite3_busy_timeout(connection_.get(), kPatience);
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_wal_hook(connection_.get(), after_commit, &place_->log_pages);
  execute(
      "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;"
      "PRAGMA recursive_triggers=ON; PRAGMA secure_delete=ON;"
      "PRAGMA temp_store=MEMORY;");  // savepoints of large batches would go to files
  sync_commits(true);
}

Statement Database::query(std::string_view sql) const {
  Statement statement(connection_.get(), shelves_->of_text[std::string(sql)], sql, path_.native());
  require(statement.only_reads(), "{}: \"{}\" is no query, but would write.", path_.string(), sql);
  return statement;
}

Statement Database::prepare(std::string_view sql) {
  return {connection_.get(), shelves_->of_text[std::string(sql)], sql, path_.native()};
}

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  check(connection_.get(), code, path_.string());
}

std::int64_t Database::integer(const char* sql) const {
  Statement statement = query(sql);
  return statement.step() ? statement.integer(0) : 0;
}

void Database::sync_commits(bool on) {
  if (synced_ == on || in_transaction()) return;
  synced_.reset();
  execute(on ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  synced_ = on;
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(connection_.get()) == 0;
}

void Database::checkpoint() {
  require_in_place();
  sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

void Database::leave_alone() {
  std::error_code error;
  const bool holds = std::filesystem::file_size(log_of(place_->path), error) > 0 && !error;
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, holds ? 1 : 0, nullptr);
}

void Database::settle() {
  try {
    require_in_place();
    sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  } catch (const Error& error) {
    warn(error.what());
    leave_alone();  // SQLite would copy the -wal into a file that is another one now, and remove it
  }
}

/// Another program may have copied the -wal back and emptied it; then SQLite knows of no pages in it either.
bool Database::log_is_short() {
  const auto expected = [&] {
    return kLogHead + static_cast<std::uintmax_t>(place_->log_pages) *
                          (kFrameHead + static_cast<std::uintmax_t>(integer("PRAGMA page_size")));
  };
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(log_of(place_->path), error);
  if (error) return true;
  if (place_->log_pages <= 0 || size >= expected()) return false;
  int pages = 0, copied = 0;
  if (sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied) !=
      SQLITE_OK)
    return true;
  place_->log_pages = pages;
  return pages > 0 && size < expected();
}

void Database::require_in_place() {
  Place& place = *place_;
  struct stat file{}, log{};
  const bool there = stat(place.path.c_str(), &file) == 0;
  const bool logged = stat(log_of(place.path).c_str(), &log) == 0;
  const auto size = static_cast<std::uintmax_t>(file.st_size);
  if (place.file == 0) {
    place.device = file.st_dev;
    place.file = file.st_ino;
  }
  if (place.log == 0 && logged && place.log_pages > 0) place.log = log.st_ino;
  const bool same = there && file.st_dev == place.device && file.st_ino == place.file && size >= place.size;
  const bool same_log = place.log_pages == 0 || (logged && log.st_ino == place.log && !log_is_short());
  if (!same || !same_log)
    throw ReadOnlyError(fmt::format(
        "{}: the store or its -wal was moved, removed or cut off while it is open, so nothing more is saved; "
        "bring both back under their names, or end this program and go back to a backup.",
        path_.string()));
  place.size = size;
}

void Database::backup(const std::filesystem::path& target, const char* then) const {
  require(!std::filesystem::exists(target), "{}: this file exists already, and a backup overwrites nothing.",
          target.string());
  const std::filesystem::path aside = target.string() + ".partial";
  std::filesystem::remove(aside);
  int code, finished;
  {
    Database copy(aside, Access::create);
    sqlite3_backup* backup = sqlite3_backup_init(copy.connection_.get(), "main", connection_.get(), "main");
    if (!backup) complain(copy.connection_.get(), sqlite3_errcode(copy.connection_.get()), aside.string());
    code = sqlite3_backup_step(backup, -1);  // all pages: one moment of the store
    finished = sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE && finished == SQLITE_OK) {
      copy.execute(then);
      copy.settle();
    }
  }
  if (code != SQLITE_DONE || finished != SQLITE_OK) {
    std::filesystem::remove(aside);
    fail("{}: the backup could not be written: {}.", target.string(), sqlite3_errstr(finished));
  }
  std::filesystem::rename(aside, target);
}

Transaction::Transaction(Database& database, bool writes)
    : database_(database), nested_(database.in_transaction()) {
  database_.repeat(nested_ ? "SAVEPOINT inner" : writes ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (!open_ || !database_.in_transaction()) return;  // a full disk may have rolled it back already
  try {
    database_.execute(nested_ ? "ROLLBACK TO inner; RELEASE inner" : "ROLLBACK");
  } catch (const Error& error) {  // nothing was committed, which is all that a rollback promises
    warn(error.what());
  }
}

void Transaction::commit() {
  database_.repeat(nested_ ? "RELEASE inner" : "COMMIT");
  open_ = false;
}

}  // namespace nudge
