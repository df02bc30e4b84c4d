#!/bin/sh
# transformers 5.24.0: of config.json's rope_scaling, {"type": "linear", "factor": 8.0} (the older name of rope_type) scales Llama's
# rotary embedding, and not Gemma 3's, which has one for each kind of layer: there only "rope_type" counts, the embedding stays
# "default", and the factor is an "unrecognized key". Likewise a rope_theta at the top of OLMo 3's file reaches its full-attention
# layers alone; those with a window keep 500000.
# Seen on 2026-11-30: "llama linear, gemma3 default, olmo3 1000.0 500000.0". Exits with 1 when that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0
cat > "$folder/seen.py" <<'PYTHON'
import sys

from transformers import Gemma3TextConfig, LlamaConfig, Olmo3Config

scaling = {"type": "linear", "factor": 8.0}
llama = LlamaConfig(rope_scaling=dict(scaling)).rope_parameters["rope_type"]
gemma = Gemma3TextConfig(rope_scaling=dict(scaling)).rope_parameters["full_attention"]["rope_type"]
olmo = Olmo3Config(rope_theta=1000.0).rope_parameters
thetas = [olmo[kind]["rope_theta"] for kind in ("full_attention", "sliding_attention")]
print(f"llama {llama}, gemma3 {gemma}, olmo3 {thetas[0]} {thetas[1]}")
sys.exit((llama, gemma, thetas) != ("linear", "default", [1000.0, 500000.0]))
PYTHON
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" "$folder/seen.py"
