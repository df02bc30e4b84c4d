#include "tensor/safetensors_header.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/error.h"

namespace nudge::safetensors {

namespace {

using nlohmann::json;

struct Type {
  std::string_view name;
  at::ScalarType type;
};

/// In the order of the reference implementation. Types of less than a byte (F4, F6) have no tensor here.
constexpr std::array kTypes = {Type{"BOOL", at::ScalarType::Bool},
                               Type{"U8", at::ScalarType::Byte},
                               Type{"I8", at::ScalarType::Char},
                               Type{"F8_E5M2", at::ScalarType::Float8_e5m2},
                               Type{"F8_E4M3", at::ScalarType::Float8_e4m3fn},
                               Type{"F8_E8M0", at::ScalarType::Float8_e8m0fnu},
                               Type{"F8_E4M3FNUZ", at::ScalarType::Float8_e4m3fnuz},
                               Type{"F8_E5M2FNUZ", at::ScalarType::Float8_e5m2fnuz},
                               Type{"I16", at::ScalarType::Short},
                               Type{"U16", at::ScalarType::UInt16},
                               Type{"F16", at::ScalarType::Half},
                               Type{"BF16", at::ScalarType::BFloat16},
                               Type{"I32", at::ScalarType::Int},
                               Type{"U32", at::ScalarType::UInt32},
                               Type{"F32", at::ScalarType::Float},
                               Type{"C64", at::ScalarType::ComplexFloat},
                               Type{"F64", at::ScalarType::Double},
                               Type{"I64", at::ScalarType::Long},
                               Type{"U64", at::ScalarType::UInt64}};

constexpr std::size_t kMaxTensors = 100000, kMaxName = 512, kMaxRank = 16;
constexpr int kMaxDepth = 8;
constexpr std::uint64_t kMaxInteger = (std::uint64_t{1} << 48) - 1;

/// Parses JSON and refuses keys that occur twice in one object, which the JSON library lets pass.
json parse_strictly(std::string_view text, const std::string& where) {
  std::vector<std::unordered_set<std::string>> keys;
  const auto check = [&](int depth, json::parse_event_t event, json& parsed) {
    require(depth <= kMaxDepth, "{}: the header is nested too deeply.", where);
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key) {
      const auto key = parsed.get<std::string>();
      require(keys.back().insert(key).second, "{}: the header holds the key \"{}\" twice.", where, key);
    }
    return true;
  };
  const auto first = text.find_first_not_of(" \t\r\n");
  require(first != std::string_view::npos && text[first] == '{', "{}: the header is not a JSON object.",
          where);
  try {
    return json::parse(text, check);
  } catch (const json::exception&) {
    fail("{}: the header is not valid JSON in UTF-8; the file is damaged or not a safetensors file.", where);
  }
}

std::uint64_t integer(const json& value, const std::string& what) {
  require(value.is_number_unsigned() && value.get<std::uint64_t>() <= kMaxInteger,
          "{} must hold integers from 0 to 2^48 - 1.", what);
  return value.get<std::uint64_t>();
}

void check_name(const std::string& name, const std::string& where) {
  const bool printable =
      std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  require(name.size() <= kMaxName && printable,
          "{}: a tensor's name is longer than {} bytes or holds control characters.", where, kMaxName);
}

/// Bytes of a tensor; Error when they, or the strides of an empty one, do not fit 63 bits.
std::uint64_t size_in_bytes(const Entry& entry, const std::string& what) {
  std::int64_t reach = c10::elementSize(entry.type);
  bool empty = false;
  for (const std::int64_t extent : entry.shape) {
    const bool overflow = __builtin_mul_overflow(reach, std::max<std::int64_t>(extent, 1), &reach);
    require(!overflow, "{} has a shape too large for any file.", what);
    empty = empty || extent == 0;
  }
  return empty ? 0 : static_cast<std::uint64_t>(reach);
}

Entry parse_entry(const std::string& name, const json& value, const std::string& where) {
  check_name(name, where);
  const std::string what = fmt::format("{}: the tensor \"{}\"", where, name);
  const bool complete = value.is_object() && value.size() == 3 && value.contains("dtype") &&
                        value.contains("shape") && value.contains("data_offsets");
  require(complete, "{} must have exactly the keys dtype, shape and data_offsets.", what);
  const json &dtype = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];
  require(dtype.is_string() && shape.is_array() && offsets.is_array() && offsets.size() == 2,
          "{} must have a string as dtype, a list as shape and two data_offsets.", what);
  require(shape.size() <= kMaxRank, "{} has {} dimensions; at most {} are supported.", what, shape.size(),
          kMaxRank);

  const auto type_text = dtype.get<std::string>();
  const auto* type =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const Type& t) { return t.name == type_text; });
  require(type != kTypes.end(), "{} has the dtype \"{}\", which is not supported.", what, type_text);

  Entry entry{.name = name, .type = type->type};
  for (const auto& extent : shape) {
    entry.shape.push_back(integer(extent, what + ": shape"));
  }
  entry.begin = integer(offsets[0], what + ": data_offsets");
  entry.end = integer(offsets[1], what + ": data_offsets");
  const auto size = size_in_bytes(entry, what);
  require(entry.begin <= entry.end && entry.end - entry.begin == size,
          "{} needs {} bytes, but its data_offsets are {} to {}.", what, size, entry.begin, entry.end);
  return entry;
}

std::map<std::string, std::string> parse_metadata(const json& value, const std::string& where) {
  require(value.is_object(), "{}: __metadata__ must be an object of strings.", where);
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    require(text.is_string(), "{}: __metadata__ must hold strings, but \"{}\" is none.", where, key);
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

void check_cover(const std::vector<Entry>& entries, std::uint64_t data_bytes, const std::string& where) {
  std::uint64_t covered = 0;
  for (const auto& entry : entries) {
    require(entry.begin == covered,
            "{}: the tensor \"{}\" begins at byte {} where {} was expected; tensors must follow each other "
            "without holes or overlap.",
            where, entry.name, entry.begin, covered);
    covered = entry.end;
  }
  require(covered == data_bytes,
          "{}: the tensors cover {} bytes and the file holds {}; it was cut short or something was appended.",
          where, covered, data_bytes);
}

}  // namespace

Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& where) {
  const json object = parse_strictly(text, where);
  require(object.size() <= kMaxTensors, "{}: {} tensors are more than the limit of {}.", where, object.size(),
          kMaxTensors);
  Header header;
  for (const auto& [name, value] : object.items()) {
    if (name == "__metadata__") {
      header.metadata = parse_metadata(value, where);
    } else {
      header.entries.push_back(parse_entry(name, value, where));
    }
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);  // an empty tensor before its successor
  });
  check_cover(header.entries, data_bytes, where);
  return header;
}

std::string opening(const std::vector<Entry>& tensors, const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  if (!metadata.empty()) text += "\"__metadata__\":" + json(metadata).dump();
  std::uint64_t begin = 0;
  for (const Entry& tensor : tensors) {
    const std::uint64_t end = begin + size_in_bytes(tensor, tensor.name);
    if (text.size() > 1) text += ",";
    text +=
        fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":{},\"data_offsets\":[{},{}]}}", json(tensor.name).dump(),
                    type_name(tensor.type), json(tensor.shape).dump(), begin, end);
    begin = end;
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

std::size_t type_rank(at::ScalarType type) {
  const auto* found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const Type& t) { return t.type == type; });
  require(found != kTypes.end(), "safetensors has no name for the type {}.", c10::toString(type));
  return found - kTypes.begin();
}

std::string_view type_name(at::ScalarType type) {
  return kTypes[type_rank(type)].name;
}

}  // namespace nudge::safetensors
