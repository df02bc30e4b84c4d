// What a row holds. This file and parquet_rows.cpp are the two that know Arrow.
#include "data/parquet.h"

#include "base/error.h"

#ifdef NUDGE_ARROW

#include <arrow/api.h>
#include <arrow/extension_type.h>
#include <parquet/exception.h>

#include <utility>

#include "data/parquet_rows.h"

namespace nudge {
namespace {

Json value_of(const arrow::Array& array, std::int64_t row);

template <class Array>
Json element_of(const arrow::Array& array, std::int64_t row) {
  return static_cast<const Array&>(array).Value(row);
}

template <class Array>
Json text_of(const arrow::Array& array, std::int64_t row) {
  return std::string(static_cast<const Array&>(array).GetView(row));
}

template <class Array>
Json bytes_of(const arrow::Array& array, std::int64_t row) {
  const std::string_view bytes = static_cast<const Array&>(array).GetView(row);
  return Json::binary({bytes.begin(), bytes.end()});
}

template <class Array>
Json list_of(const arrow::Array& array, std::int64_t row) {
  const auto& lists = static_cast<const Array&>(array);
  Json list = Json::array();
  for (std::int64_t i = 0; i < lists.value_length(row); ++i)
    list.push_back(value_of(*lists.values(), lists.value_offset(row) + i));
  return list;
}

Json object_of(const arrow::StructArray& structs, std::int64_t row) {
  Json object = Json::object();
  for (int i = 0; i < structs.num_fields(); ++i)
    if (Json value = value_of(*structs.field(i), row); !value.is_null())
      object[structs.struct_type()->field(i)->name()] = std::move(value);
  return object;
}

Json map_of(const arrow::MapArray& maps, std::int64_t row) {
  Json object = Json::object();
  for (std::int64_t i = maps.value_offset(row); i < maps.value_offset(row) + maps.value_length(row); ++i) {
    const Json key = value_of(*maps.keys(), i);
    object[key.is_string() ? key.get<std::string>() : to_line(key)] = value_of(*maps.items(), i);
  }
  return object;
}

// Times and decimals as Arrow writes them, with ISO's T between date and time.
Json written(const arrow::Array& array, std::int64_t row) {
  std::string text = array.GetScalar(row).ValueOrDie()->ToString();
  if (array.type_id() == arrow::Type::TIMESTAMP && text.size() > 10) text[10] = 'T';
  return text;
}

Json value_of(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return nullptr;
  using arrow::Type;
  switch (array.type_id()) {
    case Type::NA:
      return nullptr;
    case Type::BOOL:
      return element_of<arrow::BooleanArray>(array, row);
    case Type::INT8:
      return element_of<arrow::Int8Array>(array, row);
    case Type::INT16:
      return element_of<arrow::Int16Array>(array, row);
    case Type::INT32:
      return element_of<arrow::Int32Array>(array, row);
    case Type::INT64:
      return element_of<arrow::Int64Array>(array, row);
    case Type::UINT8:
      return element_of<arrow::UInt8Array>(array, row);
    case Type::UINT16:
      return element_of<arrow::UInt16Array>(array, row);
    case Type::UINT32:
      return element_of<arrow::UInt32Array>(array, row);
    case Type::UINT64:
      return element_of<arrow::UInt64Array>(array, row);
    case Type::FLOAT:
      return element_of<arrow::FloatArray>(array, row);
    case Type::DOUBLE:
      return element_of<arrow::DoubleArray>(array, row);
    case Type::STRING:
      return text_of<arrow::StringArray>(array, row);
    case Type::LARGE_STRING:
      return text_of<arrow::LargeStringArray>(array, row);
    case Type::STRING_VIEW:
      return text_of<arrow::StringViewArray>(array, row);
    case Type::BINARY:
      return bytes_of<arrow::BinaryArray>(array, row);
    case Type::LARGE_BINARY:
      return bytes_of<arrow::LargeBinaryArray>(array, row);
    case Type::BINARY_VIEW:
      return bytes_of<arrow::BinaryViewArray>(array, row);
    case Type::FIXED_SIZE_BINARY:
      return bytes_of<arrow::FixedSizeBinaryArray>(array, row);
    case Type::LIST:
      return list_of<arrow::ListArray>(array, row);
    case Type::LARGE_LIST:
      return list_of<arrow::LargeListArray>(array, row);
    case Type::FIXED_SIZE_LIST:
      return list_of<arrow::FixedSizeListArray>(array, row);
    case Type::LIST_VIEW:
      return list_of<arrow::ListViewArray>(array, row);
    case Type::LARGE_LIST_VIEW:
      return list_of<arrow::LargeListViewArray>(array, row);
    case Type::STRUCT:
      return object_of(static_cast<const arrow::StructArray&>(array), row);
    case Type::MAP:
      return map_of(static_cast<const arrow::MapArray&>(array), row);
    case Type::DICTIONARY: {
      const auto& words = static_cast<const arrow::DictionaryArray&>(array);
      return value_of(*words.dictionary(), words.GetValueIndex(row));
    }
    case Type::EXTENSION:
      return value_of(*static_cast<const arrow::ExtensionArray&>(array).storage(), row);
    default:
      return written(array, row);
  }
}

Json record_of(const arrow::RecordBatch& batch, std::int64_t row) {
  Json record = Json::object();
  for (int i = 0; i < batch.num_columns(); ++i)
    if (Json value = value_of(*batch.column(i), row); !value.is_null())
      record[batch.column_name(i)] = std::move(value);
  return record;
}

class ParquetFile : public RecordFile {
 public:
  ParquetFile(const std::filesystem::path& path, std::int64_t kept_bytes)
      : name_(path.string()), rows_(name_, kept_bytes) {
    require(size() > 0, "{}: the dataset is empty; there is nothing to read.", name_);
  }

  std::optional<Found> next(std::uint64_t from) override {
    if (from >= size()) return std::nullopt;
    return Found{from, from + 1};
  }

  Json read(std::uint64_t at) override {
    const auto [batch, row] = rows_.find(at);
    return record_of(*batch, row);
  }

  std::uint64_t size() const override { return rows_.count(); }
  std::string where(std::uint64_t at) const override { return fmt::format("{} row {}", name_, at + 1); }

 private:
  std::string name_;
  ParquetRows rows_;
};

}  // namespace

bool reads_parquet() {
  return true;
}

std::unique_ptr<RecordFile> open_parquet(const std::filesystem::path& path, std::int64_t kept_bytes) {
  try {
    return std::make_unique<ParquetFile>(path, kept_bytes);
  } catch (const parquet::ParquetException& error) {
    fail("{}: the Parquet file cannot be read ({}).", path.string(), error.what());
  }
}

std::vector<Json> read_parquet(const std::filesystem::path& path) {
  const auto file = open_parquet(path);
  std::vector<Json> records;
  for (std::uint64_t row = 0; row < file->size(); ++row) records.push_back(file->read(row));
  return records;
}

}  // namespace nudge

#else

namespace nudge {

bool reads_parquet() {
  return false;
}

std::unique_ptr<RecordFile> open_parquet(const std::filesystem::path& path, std::int64_t) {
  fail(
      "{}: this nudge was built without Arrow (the Python package pyarrow) and cannot read Parquet; build it "
      "again where pyarrow is installed, or write the file as JSON Lines first: python3 -c \"import pandas; "
      "pandas.read_parquet('{}').to_json('{}.jsonl', orient='records', lines=True)\".",
      path.string(), path.string(), path.stem().string());
}

std::vector<Json> read_parquet(const std::filesystem::path& path) {
  open_parquet(path);
  return {};
}

}  // namespace nudge

#endif
