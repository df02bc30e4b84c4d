"""Token ids and text of every part of a tokenizer.json by the `tokenizers` library (0.23.3), for src/text/tokenizer_parts_test.cpp.

usage: python tools/goldens/tokenizer_parts.py

A case is a base (a tiny model trained or written here), what is changed in it, and what the library makes of a few texts. The byte-level base is
trained without a pre-tokenizer on the texts themselves, so that its merges cross every cut: a wrong cut shows in the ids.
"""

import base64
import json
import pathlib
import struct
import sys

# A script beside this one bears the name of the library: leave its folder out of the search.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != pathlib.Path(__file__).resolve().parent]

import tokenizers  # noqa: E402
from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]

TEXTS = [
    "",
    " Hello, world!  It's we'LL\n\n  x12345 \r\n \tab,ab -- ab ",
    "\u6f22\u5b57\u304b\u306a \u1100\u1161 e\u0301\u017f \u212b\u00bd\u00b2\u0663\u0664 A\u030a\u200d\u200c_\u203f ab",
    "  \n\n12 1234567 don't...?! [x] $9 \u00a0\u3000\u2028 \u2581a\u2581b  ",
    "\U0001e030\U0001e031 \U00031350\u4e00 \U0001d2c0\u0663 \U0001fae8! \u0897a\u0301 \ua7cba\U00011b00.",
    "ABCd eFG \u0130\u03a3 \uff21\uff42\ufb01 \u00ad\u0007\u00a0na\u00efve caf\u00e9",
]


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
BYTES_CUT = {**BYTES, "use_regex": True}
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"

EXPRESSIONS = {
    "numbers, scripts, then words (DeepSeek V3)": [
        r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"],
    "intersections (Kimi K2)": [
        rf"[\p{{Han}}]+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*|\p{{N}}{{1,3}}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "a class within a class (BLOOM)": [" ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+"],
    "possessive, and a repetition repeated (cl100k)": [
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"],
    "groups of three from the right (Cohere 2)": [r"\d{1,3}(?=(?:\d{3})*\b)"],
    "matches of nothing (SuperBPE)": [r"(?=(\d{3})+(?!\d))"],
    "look-behind": [r"(?<=\d)(?=(?:\d{3})+(?!\d))"],
    "lines": [r"^.", r".$", r"(?m:a.b)"],
    "escapes and sets": [r"\h+|\W", r"[[:punct:]\x{e9}\t]+", r"[^\S\n]+|\R|\B,"],
    "negations and options": [r"\P{L}{2,3}?|[^[:alpha:]]", r"(?i)ab|(?-i:A)\p{^Ll}", r"[\p{L}&&\p{Latin}&&[^a-e]]{2}"],
    "words": [r"\w+", r"\p{Punct}|\p{Alnum}{2}"],
}

STEPS = {
    **{name: [split(one) for one in expressions] for name, expressions in EXPRESSIONS.items()},
    **{f"{kind} {pattern!r} {behavior}{' inverted' if invert else ''}": [split(pattern, behavior, invert, kind)]
       for kind, pattern in (("String", " "), ("String", "\n"), ("String", "ab"), ("Regex", r"\s"))
       for behavior in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
       for invert in ((False, True) if pattern in (" ", r"\s") else (False,))},
    "Punctuation": [{"type": "Punctuation", "behavior": "Isolated"}],
    "Punctuation Contiguous": [{"type": "Punctuation", "behavior": "Contiguous"}],
    "Digits": [{"type": "Digits", "individual_digits": False}],
    "Whitespace": [{"type": "Whitespace"}],
    "WhitespaceSplit": [{"type": "WhitespaceSplit"}],
    "BertPreTokenizer": [{"type": "BertPreTokenizer"}],
    "CharDelimiterSplit": [{"type": "CharDelimiterSplit", "delimiter": ","}],
    "FixedLength": [{"type": "FixedLength", "length": 3}],
}


def sequence(steps):
    return {"type": "Sequence", "pretokenizers": steps}


def double_array(strings):
    """The trie of a precompiled_charsmap: units of (leaf value) or (offset, whether a string ends, label)."""
    units, used = {0: 0}, {0}

    def place(node, entries):
        labels = sorted({key[0] for key, _ in entries if key} | ({0} if any(not key for key, _ in entries) else set()))
        base = next(b for b in range(1, 1 << 20) if all(b ^ label not in used for label in labels))
        used.update(base ^ label for label in labels)
        units[node] |= (node ^ base) << 10
        for label in labels:
            if label == 0:
                units[node] |= 1 << 8
                units[base] = next(value for key, value in entries if not key) | 1 << 31
            else:
                units[base ^ label] = label
        for label in filter(None, labels):
            place(base ^ label, [(key[1:], value) for key, value in entries if key and key[0] == label])

    place(0, strings)
    return [units.get(i, 0) for i in range(max(units) + 1 + 256)]


def charsmap(replacements):
    results, strings = b"", []
    for key, value in replacements.items():
        strings.append((key.encode(), len(results)))
        results += value.encode() + b"\0"
    units = double_array(strings)
    return base64.b64encode(struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + results).decode()


NORMALIZERS = {
    "NFC": {"type": "NFC"}, "NFKC": {"type": "NFKC"}, "NFKD": {"type": "NFKD"}, "Lowercase": {"type": "Lowercase"}, "Nmt": {"type": "Nmt"},
    "StripAccents behind NFD": {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]},
    "Strip": {"type": "Strip", "strip_left": True, "strip_right": True}, "Strip left": {"type": "Strip", "strip_left": True, "strip_right": False},
    "Replace by Regex": {"type": "Replace", "pattern": {"Regex": r" {2,}|[\p{P}&&[^,]]"}, "content": "\u2581$0"},
    "Precompiled": {"type": "Precompiled", "precompiled_charsmap": charsmap({"\uff21": "A", "\ufb01": "fi", "\u00a0": " ", "\u3000": " ", "e\u0301": "\u00e9", "\u0007": "", "\u00ad": ""})},
}

SIGN = "\u2581"
METASPACE = {"type": "Metaspace", "replacement": SIGN, "prepend_scheme": "always", "split": True}
GEMMA_DECODER = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": SIGN}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]}
SPACE_IS_SIGN = {"type": "Replace", "pattern": {"String": " "}, "content": SIGN}
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]


def byte_level_base():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=420, max_token_length=5, show_progress=False,
                                                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    document = json.loads(tokenizer.to_str())
    document["decoder"] = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    return document


def added(id, content, special):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": special}


def whole(model, **parts):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None, "pre_tokenizer": None,
            "post_processor": None, "decoder": None, **parts, "model": model}


def gemma_base():
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>", "\n\n", SIGN * 2] + BYTE_TOKENS + [SIGN, "a", "b", "x", "1", "2", ",", "\n", SIGN + "a", "ab", SIGN + "ab", "12"]
    merges = [["\n", "\n"], [SIGN, SIGN], [SIGN, "a"], ["a", "b"], [SIGN, "ab"], ["1", "2"]]
    model = {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True,
             "byte_fallback": True, "ignore_merges": False, "vocab": {token: id for id, token in enumerate(tokens)}, "merges": merges}
    return whole(model, added_tokens=[added(id, token, id < 4) for id, token in enumerate(tokens[:6])], normalizer=SPACE_IS_SIGN,
                 pre_tokenizer=split(" ", "MergedWithPrevious", kind="String"), decoder=GEMMA_DECODER)


def unigram_base():
    pieces = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), (SIGN, -3.0), (SIGN + "a", -3.5), ("a", -4.0), ("b", -4.25), ("ab", -5.0), ("l", -4.5), ("o", -4.5), ("lo", -8.75),
              (SIGN + "He", -6.0), ("ll", -9.0), ("llo", -9.5), ("1", -5.0), ("2", -5.0), ("12", -10.0), ("123", -14.0), (",", -4.0), ("--", -9.0), ("-", -4.5), ("\u6f22", -8.0)]
    return whole({"type": "Unigram", "unk_id": 0, "byte_fallback": False, "vocab": [list(piece) for piece in pieces]},
                 pre_tokenizer=METASPACE, decoder=METASPACE)


def word_level_base():
    words = ["[UNK]", "ab", ",", "x", "Hello", "world", "12", "!"]
    return whole({"type": "WordLevel", "vocab": {word: id for id, word in enumerate(words)}, "unk_token": "[UNK]"}, pre_tokenizer={"type": "BertPreTokenizer"})


def changes():
    """Base, name, what is changed."""
    for name, steps in STEPS.items():
        yield "bytes", name, {"pre_tokenizer": sequence(steps + [BYTES])}
    yield "bytes", "steps behind ByteLevel (Falcon)", {"pre_tokenizer": sequence(
        [{"type": "Punctuation", "behavior": "Contiguous"}, BYTES_CUT, {"type": "Digits", "individual_digits": False}, split("[0-9][0-9][0-9]")])}
    for name, normalizer in NORMALIZERS.items():
        yield "bytes", name, {"normalizer": normalizer, "pre_tokenizer": BYTES}
    yield "bytes", "ByteLevel as normalizer", {"normalizer": {"type": "ByteLevel"}, "pre_tokenizer": None}
    yield "gemma", "Gemma", {}
    yield "gemma", "no normalizer", {"normalizer": None}
    yield "gemma", "Replace by Regex in the decoder", {"decoder": {"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"Regex": f"{SIGN}+"}, "content": "_"}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": "_", "start": 1, "stop": 0}]}}
    yield "unigram", "Unigram", {}
    yield "unigram", "whole text", {"pre_tokenizer": None, "normalizer": SPACE_IS_SIGN}
    yield "unigram", "prepended to the first word only", {"pre_tokenizer": {**METASPACE, "prepend_scheme": "first"}}
    model = unigram_base()["model"]
    yield "unigram", "byte fallback", {"model": {**model, "byte_fallback": True, "vocab": model["vocab"] + [[token, -20.0] for token in BYTE_TOKENS]}}
    yield "words", "WordLevel", {}


def case(document, name, base, changed):
    tokenizer = Tokenizer.from_str(json.dumps({**document, **changed}))
    results = []
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        results.append({"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    return {"name": name, "base": base, "changed": changed, "results": results}


def main():
    bases = {"bytes": byte_level_base(), "gemma": gemma_base(), "unigram": unigram_base(), "words": word_level_base()}
    cases = [case(bases[base], name, base, changed) for base, name, changed in changes()]
    content = {"made_by": f"tokenizers {tokenizers.__version__}", "texts": TEXTS, "bases": bases, "cases": cases}
    path = ROOT / "tests" / "goldens" / "tokenizer_parts.json"
    path.write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, len(cases))


main()
