#pragma once

#include <string>
#include <string_view>

namespace nudge {

/// The regular expression of a tokenizer.json, in Oniguruma's syntax (its Ruby flavour, as `tokenizers` reads
/// it), in that of PCRE2 (10.42) with the same meaning: `[a&&[^b]]` is an intersection, `{1,3}+` repeats a
/// repetition, \s and \w are Unicode's, \p{Han} is a script, \h a hexadecimal digit, ^ and $ stand at lines.
/// Groups capture nothing. Throws Error naming `where`, the expression, and what has no translation
/// (references, conditions, absence, \X ...).
std::string from_oniguruma(std::string_view expression, std::string_view where);

}  // namespace nudge
