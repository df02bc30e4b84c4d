"""Token ids of awkward texts by the `tokenizers` library, for src/text/tokenizer_test.cpp.

usage: python tools/goldens/tokenizers.py DATA_FOLDER

Real tokenizers come from DATA_FOLDER/tokenizer and are only named; small ones, one for each published part that
no real file there shows, are trained here and stored whole.
"""

import json
import pathlib
import sys

# This script bears the name of the library it uses: leave its own folder out of the search.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != pathlib.Path(__file__).resolve().parent]

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(sys.argv[1])

TEXTS = [
    "",
    " ",
    "Hello, world! It's 3 o'clock; we'll see what they've done, won't we? I'D SAY SO. YOU'RE",
    "don\u2019t use curly quotes\u2026 \u201creally\u201d \u2014 ever",
    "   leading, trailing   \n\n\n  and   inner\t\t\ttabs \r\n mixed\r\rlines   \n",
    "\u00a0non-breaking\u00a0\u2003em\u3000wide\u180emongolian\u200bzero\u0085next\u2028line\u2029",
    "numbers 1 12 123 1234 12345 3.14159 1,000,000 \u00bd \u2167 \u0663\u0664\u0665 10\u2075 x\u00b2 0x1F",
    "\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432\u0438\u0447, \u041c\u043e\u0441\u043a\u0432\u0430",
    "\u6211\u4eec\u5728\u5b66\u4e60\u4eba\u5de5\u667a\u80fd\uff0c\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8\u3002",
    "\u0905\u0928\u0941\u091a\u094d\u091b\u0947\u0926 \u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "e\u0301 versus \u00e9, A\u030a \u212b \u00c5, \ufb01 ligature, \u1e9b\u0323, \uac00 \u1100\u1161",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea \u2764\ufe0f \U0001f44d\U0001f3fd",
    "def f(x):\n    if x > 0:\n        return {'a': [1, 2]}  # comment\n\treturn None\n",
    "http://example.com/a_b?c=d&e=%20 user@host.org C:\\path\\file.txt",
    "<|endoftext|> is text here <|endoftext|><s>[INST] </s> <|user|> \n hi<|end|>",
    "!!!???...,,,;;;:::---===+++***###@@@$$$%%%^^^&&&((()))[[[]]]{{{}}}",
    "'s 'S 't 'T 'll 'LL 're 'RE 'm 'M 'd 'D 've 'VE '\u017f ''s 's's",
    "a\u0000b\u0001c\u007fd\u009fe\ufeff\ufffd\uffff\U0010ffff",
    "CamelCaseHTTPServer iPhone \u00c9cole \u01c5 \u02b0 na\u00efve r\u00e9sum\u00e9 STRASSE stra\u00dfe",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "                                        forty spaces",
    "\u2581already \u2581 there \u2581\u2581",
    "<0x0A> is not a byte \n but this was",
]

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It's the dog's day; they'll see what we've done, he said.",
    "def add(first, second):\n    return first + second\n\nprint(add(1234, 5678))  # prints 6912\n",
    "\u00c9cole na\u00efve r\u00e9sum\u00e9 \u6211\u4eec\u5728\u5b66\u4e60 \u041c\u043e\u0441\u043a\u0432\u0430 \U0001f600\U0001f600",
    "HTTPServer CamelCase, the theme there, then them. Hello world, hello hello!   spaces   here\n\n",
] * 4

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
GPT4O = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def byte_level(*steps, normalizer=None, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(list(steps)) if len(steps) > 1 else steps[0]
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=400, show_progress=False, special_tokens=["<|endoftext|>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert=invert)


def plain_bytes(**options):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, **options)


def added_flags():
    """Every flag of an added token, matched raw and normalized."""
    tokenizer = byte_level(plain_bytes(), normalizer=normalizers.NFKC())
    tokenizer.add_tokens([AddedToken("<s>", lstrip=True, normalized=False), AddedToken("[INST]", rstrip=True, normalized=False),
                          AddedToken("text", single_word=True), AddedToken("\u212b"), AddedToken("  ")])
    tokenizer.add_special_tokens([AddedToken("<|user|>", lstrip=True, rstrip=True), "<|end|>", "</s>"])
    return tokenizer


def sentencepiece(byte_fallback, fuse_unk, pre_tokenizer=None, normalizer=None, decoder=None):
    names = ["<unk>", "<s>", "</s>"] + ([f"<0x{byte:02X}>" for byte in range(256)] if byte_fallback else [])
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=byte_fallback, fuse_unk=fuse_unk))
    metaspace = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.pre_tokenizer = metaspace
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, show_progress=False, special_tokens=names,
                                                              limit_alphabet=60))
    document = json.loads(tokenizer.to_str())
    document["added_tokens"] = document["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.normalizer = normalizer
    tokenizer.decoder = decoder
    return tokenizer


def llama2():
    return sentencepiece(
        True, True,
        normalizer=normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]),
        decoder=decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)]))


def metaspace(scheme, cut, fuse_unk):
    return sentencepiece(False, fuse_unk, pre_tokenizer=pre_tokenizers.Metaspace(prepend_scheme=scheme, split=cut),
                         decoder=decoders.Metaspace(prepend_scheme=scheme))


def small_byte_level():
    yield "Llama-3 pattern, ignore_merges", byte_level(split(LLAMA3), plain_bytes(use_regex=False), ignore_merges=True)
    yield "Qwen2 pattern, NFC", byte_level(split(QWEN2), plain_bytes(use_regex=False), normalizer=normalizers.NFC())
    yield "OLMo-2 removed and inverted", byte_level(split(LLAMA3, "removed", True), plain_bytes(use_regex=False))
    yield "GPT-4o pattern", byte_level(split(GPT4O), plain_bytes(use_regex=False))
    yield "digits one by one", byte_level(pre_tokenizers.Digits(individual_digits=True), plain_bytes())
    yield "digits together, prefix space", byte_level(pre_tokenizers.Digits(), pre_tokenizers.ByteLevel())
    yield "added token flags", added_flags()


def small_sentencepiece():
    yield "Llama-2 kind", llama2()
    yield "Metaspace first", metaspace("first", True, True)
    yield "Metaspace always, whole", metaspace("always", False, False)
    yield "Metaspace never", metaspace("never", True, False)


def golden(name, tokenizer, document=None):
    cases = []
    for text in TEXTS:
        tokenizer.encode_special_tokens = False
        with_specials = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = True
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append({"text": text, "ids": plain, "with_specials": with_specials,
                      "decoded": tokenizer.decode(with_specials, skip_special_tokens=True),
                      "decoded_with_specials": tokenizer.decode(with_specials, skip_special_tokens=False)})
    return {"name": name, **({"document": document} if document else {}), "cases": cases}


def main():
    def small(tokenizers):
        return [golden(name, tokenizer, json.loads(tokenizer.to_str())) for name, tokenizer in tokenizers]

    real = [golden(name, Tokenizer.from_file(str(DATA / "tokenizer" / name / "tokenizer.json")))
            for name in ("gpt2", "gpt-neox-20b", "phi-2", "phi-3-mini")]
    for name, content in (("tokenizers_real", real), ("tokenizers_byte_level", small(small_byte_level())),
                          ("tokenizers_sentencepiece", small(small_sentencepiece()))):
        path = ROOT / "tests" / "goldens" / f"{name}.json"
        path.write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n")
        print(path, path.stat().st_size)


main()
