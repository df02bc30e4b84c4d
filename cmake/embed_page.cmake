# cmake -D PAGE=folder -D SOURCE=file.cpp -P embed_page.cmake: writes the files of the folder as the function page_assets().
set(type_html "text/html; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_svg "image/svg+xml")
file(GLOB_RECURSE files LIST_DIRECTORIES false RELATIVE ${PAGE} ${PAGE}/*)
list(SORT files)
set(bytes "")
set(rows "")
set(index 0)
foreach(file IN LISTS files)
  string(REGEX REPLACE ".*\\." "" extension ${file})
  if(NOT DEFINED type_${extension})
    message(FATAL_ERROR "embed_page: ${file} is of a kind that the label server has no content type for.")
  endif()
  file(READ ${PAGE}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  string(APPEND bytes "constexpr unsigned char file_${index}[] = {${hex}};\n")
  string(APPEND rows "    {\"/${file}\", \"${type_${extension}}\", view(file_${index}, sizeof file_${index})},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${SOURCE} "#include \"preference/server/page_assets.h\"

namespace nudge {
namespace {

${bytes}
std::string_view view(const unsigned char* bytes, std::size_t count) { return {reinterpret_cast<const char*>(bytes), count}; }

}  // namespace

const std::vector<PageAsset>& page_assets() {
  static const std::vector<PageAsset> assets = {
${rows}  };
  return assets;
}

}  // namespace nudge
")
