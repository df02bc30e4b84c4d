#include "base/hex.h"

#include <openssl/rand.h>

#include "base/error.h"

namespace nudge {

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (const char byte : bytes) {
    digits += kDigits[static_cast<unsigned char>(byte) >> 4];
    digits += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return digits;
}

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  require(RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes)) == 1,
          "random bytes: the system gave none.");
  return to_hex(raw);
}

}  // namespace nudge
