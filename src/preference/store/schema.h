#pragma once

#include "preference/store/database.h"

namespace nudge {

/// The version of the schema that this program writes; PRAGMA user_version holds the file's.
std::int64_t schema_version();

/// False for an empty database.
bool has_schema(const Database& database);

/// Throws Error unless the database is a store of a version that this program knows (and, `for_reading`, can
/// read without changing it), and its tables, indexes, triggers and views are word for word those that this
/// program makes: a bit in the text of a view would make votes disappear.
void require_schema(const Database& database, bool for_reading = false);

/// Brings an empty or older database to `version`, in one transaction, and leaves a present one alone. Throws
/// Error for a database of another program or of a later version of this one.
void migrate(Database& database, std::int64_t version = schema_version());

}  // namespace nudge
