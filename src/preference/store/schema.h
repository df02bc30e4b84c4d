#pragma once

#include "preference/store/database.h"

namespace nudge {

/// The version of the schema that this program writes; PRAGMA user_version holds the file's.
std::int64_t schema_version();

/// Brings an empty or older database to `version`, in one transaction, and leaves a present one alone; it is
/// in WAL mode from then on. Throws Error for a database of another program or of a later version of this
/// one.
void migrate(const Database& database, std::int64_t version = schema_version());

/// Throws Error unless the database is a store of this version, which reading without writing needs.
void require_present_schema(const Database& database);

}  // namespace nudge
