#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/json.h"
#include "data/record_file.h"

namespace nudge {

/// Every row of a Parquet file as a record: numbers, texts, lists, structs as objects (so are maps with texts
/// as keys), dictionaries decoded, times as ISO 8601, bytes as binary values. A column, or a member of a
/// struct, without a value is left out of its object, as files that say what is there have it: the columnar
/// form writes null for keys that a row never had. Throws Error for what is no Parquet, and always where the
/// program was built without Arrow.
std::vector<Json> read_parquet(const std::filesystem::path& path);

/// The same, a row at a time, in any order: in memory are the batches of rows asked for last, up to
/// `kept_bytes` of them (parquet_rows.h).
std::unique_ptr<RecordFile> open_parquet(const std::filesystem::path& path,
                                         std::int64_t kept_bytes = 256'000'000);

/// Whether the program can read Parquet at all.
bool reads_parquet();

}  // namespace nudge
