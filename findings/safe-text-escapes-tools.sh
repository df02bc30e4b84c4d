#!/bin/sh
# transformers 5.24.0, jinja2 3.1.6: a chat template that adds tools to a text it has marked as safe asks the model in HTML:
# {{ 'Tools: '|safe + tools | tojson }} writes every quote of the JSON as &#34;. safe makes a Markup of the text, whose sum escapes
# whatever is added, although templates are rendered without autoescape; ~ in place of + does not. Functionary 3.1's published
# template writes its functions so.
# Seen on 2026-12-01: "+ Tools: [{&#34;name&#34;: &#34;look&#34;}]" and "~ Tools: [{"name": "look"}]". Exits with 1 when that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0 jinja2==3.1.6
cat > "$folder/seen.py" <<'PYTHON'
import sys

from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE({"a": 0}, [])))
told = {}
for sign in "+~":
    template = "{{ 'Tools: '|safe " + sign + " tools | tojson }}"
    told[sign] = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tools=[{"name": "look"}], chat_template=template, tokenize=False)
    print(sign, told[sign])
sys.exit(told != {"+": "Tools: [{&#34;name&#34;: &#34;look&#34;}]", "~": 'Tools: [{"name": "look"}]'})
PYTHON
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" "$folder/seen.py"
