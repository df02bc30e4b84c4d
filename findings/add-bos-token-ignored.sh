#!/bin/sh
# transformers 5.24.0: "add_bos_token": true in tokenizer_config.json changes nothing beside a tokenizer.json. The post-processor of
# tokenizer.json alone decides whether a text opens with BOS; the setting is dropped on loading, without a word
# (PreTrainedTokenizerBase._from_pretrained). Asked for in Python, on the loaded tokenizer, it does work.
# Seen on 2026-11-30: "file: ['a'] asked: ['<s>', 'a']". Exits with 1 when that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0
cat > "$folder/seen.py" <<'PYTHON'
import json
import os
import sys

from transformers import AutoTokenizer

folder = sys.argv[1]
token = lambda i, content: {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
                            "normalized": False, "special": True}
json.dump({"version": "1.0", "added_tokens": [token(0, "<s>")], "normalizer": None, "pre_tokenizer": None, "post_processor": None,
           "decoder": None, "model": {"type": "BPE", "vocab": {"<s>": 0, "a": 1}, "merges": []}},
          open(os.path.join(folder, "tokenizer.json"), "w"))
json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "add_bos_token": True},
          open(os.path.join(folder, "tokenizer_config.json"), "w"))
tokenizer = AutoTokenizer.from_pretrained(folder)
from_file = tokenizer.convert_ids_to_tokens(tokenizer("a")["input_ids"])
tokenizer.add_bos_token = True
asked = tokenizer.convert_ids_to_tokens(tokenizer("a")["input_ids"])
print("file:", from_file, "asked:", asked)
sys.exit(from_file != ["a"] or asked != ["<s>", "a"])
PYTHON
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" "$folder/seen.py" "$folder"
