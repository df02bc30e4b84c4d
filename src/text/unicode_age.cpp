#include "text/unicode_age.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "text/utf8.h"

namespace nudge {
namespace {

struct Range {
  char32_t first, last;
};

// Ranges may hold characters that nothing asked about concerns.
constexpr Range kLaterForms[] = {
    {0x7fd, 0x7fd},     {0x897, 0x8d3},     {0x9fe, 0x9fe},     {0xafa, 0xaff},     {0xb55, 0xb55},
    {0xc04, 0xc3c},     {0xcf3, 0xd00},     {0xd3b, 0xd3c},     {0xd81, 0xd81},     {0xeba, 0xeba},
    {0xece, 0xece},     {0x1715, 0x1715},   {0x180f, 0x180f},   {0x1abf, 0x1ace},   {0x1cf7, 0x1cf7},
    {0x1df6, 0x1dfa},   {0x32ff, 0x32ff},   {0xa7f2, 0xa7f4},   {0xa82c, 0xa82c},   {0xa8ff, 0xa8ff},
    {0xab69, 0xab69},   {0x10781, 0x107ba}, {0x10d24, 0x10d27}, {0x10d69, 0x10d6d}, {0x10eab, 0x10eac},
    {0x10efc, 0x10eff}, {0x10f46, 0x10f85}, {0x11070, 0x11074}, {0x110c2, 0x110c2}, {0x11145, 0x11146},
    {0x111c9, 0x111c9}, {0x111ce, 0x111cf}, {0x11241, 0x11241}, {0x1133b, 0x1133b}, {0x113b8, 0x113e2},
    {0x1145e, 0x1145e}, {0x1182c, 0x1183a}, {0x11930, 0x11943}, {0x119d1, 0x11a99}, {0x11d31, 0x11d47},
    {0x11d8a, 0x11d97}, {0x11ef3, 0x11f5a}, {0x13440, 0x13455}, {0x1611e, 0x1612f}, {0x16f4f, 0x16f4f},
    {0x16f7f, 0x16f87}, {0x16fe4, 0x16ff1}, {0x1cf00, 0x1cf46}, {0x1e030, 0x1e08f}, {0x1e130, 0x1e136},
    {0x1e2ae, 0x1e2ef}, {0x1e4ec, 0x1e4ef}, {0x1e5ee, 0x1e5ef}, {0x1f16c, 0x1f16c}, {0x1fbf0, 0x1fbf9}};

constexpr Range kLaterPunctuation[] = {
    {0x61d, 0x61d},     {0x9fd, 0x9fd},     {0xa76, 0xa76},     {0xc77, 0xc84},     {0x1b4e, 0x1b4f},
    {0x1b7d, 0x1b7f},   {0x2e43, 0x2e5d},   {0x10d6e, 0x10d6e}, {0x10ead, 0x10ead}, {0x10f55, 0x10f89},
    {0x113d4, 0x113d8}, {0x1144b, 0x1145d}, {0x11660, 0x1166c}, {0x116b9, 0x116b9}, {0x1183b, 0x1183b},
    {0x11944, 0x11946}, {0x119e2, 0x119e2}, {0x11a3f, 0x11a46}, {0x11a9a, 0x11aa2}, {0x11b00, 0x11b09},
    {0x11be1, 0x11be1}, {0x11c41, 0x11c71}, {0x11ef7, 0x11ef8}, {0x11f43, 0x11f4f}, {0x11fff, 0x11fff},
    {0x12ff1, 0x12ff2}, {0x16d6d, 0x16d6f}, {0x16e97, 0x16e9a}, {0x16fe2, 0x16fe2}, {0x1e5ff, 0x1e5ff},
    {0x1e95e, 0x1e95f}};

/// Older characters in the place of newer ones: of three bytes, and of four.
struct Older {
  char32_t three, four;
};
constexpr Older upper{0x1e00, 0x10400}, lower{0x1e01, 0x10428}, modifier{0x1d2c, 0x16b40},
    letter{0x3105, 0x10000}, han{0x4e00, 0x20000}, digit{0xa620, 0x104a0}, number{0x2460, 0x10107},
    mark{0x941, 0x10a01}, spacing{0x903, 0x11000}, punctuation{0x2010, 0x10100}, symbol{0x2190, 0x1f600},
    format{0x200b, 0x110bd};

struct Newer {
  char32_t first, last;
  Older older;
};
constexpr Newer kNewer[] = {{0x897, 0x897, mark},
                            {0xcf3, 0xcf3, spacing},
                            {0xece, 0xece, mark},
                            {0x1b4e, 0x1b4f, punctuation},
                            {0x1b7f, 0x1b7f, punctuation},
                            {0x1c89, 0x1c89, upper},
                            {0x1c8a, 0x1c8a, lower},
                            {0x2427, 0x2429, symbol},
                            {0x2ffc, 0x2fff, symbol},
                            {0x31e4, 0x31e5, symbol},
                            {0x31ef, 0x31ef, symbol},
                            {0xa7cb, 0xa7cc, upper},
                            {0xa7cd, 0xa7cd, lower},
                            {0xa7da, 0xa7da, upper},
                            {0xa7db, 0xa7db, lower},
                            {0xa7dc, 0xa7dc, upper},
                            {0x105c0, 0x105f3, letter},
                            {0x10d40, 0x10d49, digit},
                            {0x10d4a, 0x10d4d, letter},
                            {0x10d4e, 0x10d4e, modifier},
                            {0x10d4f, 0x10d4f, letter},
                            {0x10d50, 0x10d65, upper},
                            {0x10d69, 0x10d6d, mark},
                            {0x10d6e, 0x10d6e, punctuation},
                            {0x10d6f, 0x10d6f, modifier},
                            {0x10d70, 0x10d85, lower},
                            {0x10d8e, 0x10d8f, symbol},
                            {0x10ec2, 0x10ec4, letter},
                            {0x10efc, 0x10eff, mark},
                            {0x1123f, 0x11240, letter},
                            {0x11241, 0x11241, mark},
                            {0x11380, 0x11389, letter},
                            {0x1138b, 0x1138b, letter},
                            {0x1138e, 0x1138e, letter},
                            {0x11390, 0x113b5, letter},
                            {0x113b7, 0x113b7, letter},
                            {0x113b8, 0x113ba, spacing},
                            {0x113bb, 0x113c0, mark},
                            {0x113c2, 0x113c2, spacing},
                            {0x113c5, 0x113c5, spacing},
                            {0x113c7, 0x113ca, spacing},
                            {0x113cc, 0x113cd, spacing},
                            {0x113ce, 0x113ce, mark},
                            {0x113cf, 0x113cf, spacing},
                            {0x113d0, 0x113d0, mark},
                            {0x113d1, 0x113d1, letter},
                            {0x113d2, 0x113d2, mark},
                            {0x113d3, 0x113d3, letter},
                            {0x113d4, 0x113d5, punctuation},
                            {0x113d7, 0x113d8, punctuation},
                            {0x113e1, 0x113e2, mark},
                            {0x116d0, 0x116e3, digit},
                            {0x11b00, 0x11b09, punctuation},
                            {0x11bc0, 0x11be0, letter},
                            {0x11be1, 0x11be1, punctuation},
                            {0x11bf0, 0x11bf9, digit},
                            {0x11f00, 0x11f01, mark},
                            {0x11f02, 0x11f02, letter},
                            {0x11f03, 0x11f03, spacing},
                            {0x11f04, 0x11f10, letter},
                            {0x11f12, 0x11f33, letter},
                            {0x11f34, 0x11f35, spacing},
                            {0x11f36, 0x11f3a, mark},
                            {0x11f3e, 0x11f3f, spacing},
                            {0x11f40, 0x11f40, mark},
                            {0x11f41, 0x11f41, spacing},
                            {0x11f42, 0x11f42, mark},
                            {0x11f43, 0x11f4f, punctuation},
                            {0x11f50, 0x11f59, digit},
                            {0x11f5a, 0x11f5a, mark},
                            {0x1342f, 0x1342f, letter},
                            {0x13439, 0x1343f, format},
                            {0x13440, 0x13440, mark},
                            {0x13441, 0x13446, letter},
                            {0x13447, 0x13455, mark},
                            {0x13460, 0x143fa, letter},
                            {0x16100, 0x1611d, letter},
                            {0x1611e, 0x16129, mark},
                            {0x1612a, 0x1612c, spacing},
                            {0x1612d, 0x1612f, mark},
                            {0x16130, 0x16139, digit},
                            {0x16d40, 0x16d42, modifier},
                            {0x16d43, 0x16d6a, letter},
                            {0x16d6b, 0x16d6c, modifier},
                            {0x16d6d, 0x16d6f, punctuation},
                            {0x16d70, 0x16d79, digit},
                            {0x18cff, 0x18cff, letter},
                            {0x1b132, 0x1b132, letter},
                            {0x1b155, 0x1b155, letter},
                            {0x1cc00, 0x1ccef, symbol},
                            {0x1ccf0, 0x1ccf9, digit},
                            {0x1cd00, 0x1ceb3, symbol},
                            {0x1d2c0, 0x1d2d3, number},
                            {0x1df25, 0x1df2a, lower},
                            {0x1e030, 0x1e06d, modifier},
                            {0x1e08f, 0x1e08f, mark},
                            {0x1e4d0, 0x1e4ea, letter},
                            {0x1e4eb, 0x1e4eb, modifier},
                            {0x1e4ec, 0x1e4ef, mark},
                            {0x1e4f0, 0x1e4f9, digit},
                            {0x1e5d0, 0x1e5ed, letter},
                            {0x1e5ee, 0x1e5ef, mark},
                            {0x1e5f0, 0x1e5f0, letter},
                            {0x1e5f1, 0x1e5fa, digit},
                            {0x1e5ff, 0x1e5ff, punctuation},
                            {0x1f6dc, 0x1f6dc, symbol},
                            {0x1f774, 0x1f776, symbol},
                            {0x1f77b, 0x1f77f, symbol},
                            {0x1f7d9, 0x1f7d9, symbol},
                            {0x1f8b2, 0x1f8bb, symbol},
                            {0x1f8c0, 0x1f8c1, symbol},
                            {0x1fa75, 0x1fa77, symbol},
                            {0x1fa87, 0x1fa89, symbol},
                            {0x1fa8f, 0x1fa8f, symbol},
                            {0x1faad, 0x1faaf, symbol},
                            {0x1fabb, 0x1fabf, symbol},
                            {0x1fac6, 0x1fac6, symbol},
                            {0x1face, 0x1facf, symbol},
                            {0x1fada, 0x1fadc, symbol},
                            {0x1fadf, 0x1fadf, symbol},
                            {0x1fae8, 0x1fae9, symbol},
                            {0x1faf7, 0x1faf8, symbol},
                            {0x1fbcb, 0x1fbef, symbol},
                            {0x2b739, 0x2b739, han},
                            {0x2ebf0, 0x2ee5d, han},
                            {0x31350, 0x323af, han}};

/// The range that holds `c`, or the end.
template <class Ranges>
auto range_of(const Ranges& ranges, char32_t c) {
  const auto found = std::ranges::lower_bound(ranges, c, {}, [](const auto& range) { return range.last; });
  return found != std::end(ranges) && found->first <= c ? found : std::end(ranges);
}

}  // namespace

bool normal_forms_know(char32_t c) {
  return range_of(kLaterForms, c) == std::end(kLaterForms);
}

bool punctuation_knows(char32_t c) {
  return range_of(kLaterPunctuation, c) == std::end(kLaterPunctuation);
}

char32_t later_lower_case(char32_t c) {
  struct Letters {
    char32_t first, last, lower;
  };
  constexpr Letters kLater[] = {{0x1c89, 0x1c89, 0x1c8a},    {0xa7cb, 0xa7cb, 0x264},
                                {0xa7cc, 0xa7cc, 0xa7cd},    {0xa7ce, 0xa7ce, 0xa7cf},
                                {0xa7d2, 0xa7d2, 0xa7d3},    {0xa7d4, 0xa7d4, 0xa7d5},
                                {0xa7da, 0xa7da, 0xa7db},    {0xa7dc, 0xa7dc, 0x19b},
                                {0x10d50, 0x10d65, 0x10d70}, {0x16ea0, 0x16eb8, 0x16ebb}};
  const auto found = range_of(kLater, c);
  return found == std::end(kLater) ? c : found->lower + (c - found->first);
}

std::string with_older_characters(std::string_view text) {
  std::string older(text);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t here = i;
    if (static_cast<unsigned char>(text[i]) < 0xE0) {  // of two bytes nothing is newer
      ++i;
      continue;
    }
    const auto newer = range_of(kNewer, next_code_point(text, i));
    if (newer == std::end(kNewer)) continue;
    std::string replacement;
    append_utf8(replacement, i - here == 3 ? newer->older.three : newer->older.four);
    older.replace(here, i - here, replacement);
  }
  return older;
}

}  // namespace nudge
