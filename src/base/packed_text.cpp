#include "base/packed_text.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#ifdef NUDGE_ZSTD
#include <zstd.h>

#include <memory>
#endif

#include "base/error.h"

namespace nudge {
namespace {

std::string inflate_gzip(std::string_view packed, const std::string& name) {
  z_stream stream{};
  require(inflateInit2(&stream, 15 + 16) == Z_OK, "{}: zlib could not start.", name);
  std::string text;
  std::array<char, 1 << 16> block;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  std::size_t left = packed.size();
  int status = Z_OK;
  while (status == Z_OK || (status == Z_STREAM_END && (left > 0 || stream.avail_in > 0))) {
    if (status == Z_STREAM_END) inflateReset(&stream);  // gzip files may be concatenated
    if (stream.avail_in == 0) {
      stream.avail_in = static_cast<uInt>(std::min<std::size_t>(left, 1u << 30));
      left -= stream.avail_in;
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = block.size();
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(block.data(), block.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  require(status == Z_STREAM_END, "{}: the gzip data is {}.", name,
          status == Z_BUF_ERROR ? "cut off; copy the file again" : "damaged");
  return text;
}

#ifdef NUDGE_ZSTD
std::string decompress_zstd(std::string_view packed, const std::string& name) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(),
                                                                          ZSTD_freeDStream);
  require(stream != nullptr, "{}: libzstd could not start.", name);
  // As `zstd --long` writes them: a window of up to 2 GB, of which only what the text needs is taken.
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax,
                         ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
  std::string text;
  std::array<char, 1 << 17> block;
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t wanted = 1;  // 0: a frame has ended, and another may follow
  for (bool filled = false; in.pos < in.size || filled;) {
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    wanted = ZSTD_decompressStream(stream.get(), &out, &in);
    require(!ZSTD_isError(wanted), "{}: the zstd data is damaged ({}).", name, ZSTD_getErrorName(wanted));
    text.append(block.data(), out.pos);
    filled = out.pos == out.size && wanted > 0;
  }
  require(wanted == 0, "{}: the zstd data is cut off; copy the file again.", name);
  return text;
}
#else
std::string decompress_zstd(std::string_view, const std::string& name) {
  fail(
      "{}: this nudge was built without libzstd (Debian: libzstd-dev) and cannot read .zst; unpack it first: "
      "zstd -d {}",
      name, name);
}
#endif

}  // namespace

bool names_packed(const std::filesystem::path& path) {
  return path.extension() == ".gz" || path.extension() == ".zst";
}

std::filesystem::path name_unpacked(std::filesystem::path path) {
  if (names_packed(path)) path.replace_extension();
  return path;
}

std::string unpack(std::string_view packed, const std::filesystem::path& path) {
  return path.extension() == ".zst" ? decompress_zstd(packed, path.string())
                                    : inflate_gzip(packed, path.string());
}

}  // namespace nudge
