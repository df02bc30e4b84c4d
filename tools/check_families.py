"""Whether transformers loads what nudge wrote of the tiny models of tests/goldens/families; used by tests/e2e/families.py.

make FOLDER [config|config_4]   writes each golden's model as FOLDER/NAME, with a tokenizer of a few letters
compare ONE OTHER NAME ...      loads ONE/NAME and OTHER/NAME and compares logits bit by bit; prints the names that differ as JSON
logits IDS FOLDER ...           of one sequence (JSON): a list of them, one for each model
"""

import json
import pathlib
import sys

import numpy
import torch
import transformers
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tools" / "goldens"))
from drawn import drawn  # noqa: E402

GOLDENS = ROOT / "tests" / "goldens" / "families"
LETTERS = ["\u0120", *map(chr, range(ord("a"), ord("z") + 1))]  # \u0120: a space


def tokenizer():
    names = ["<pad>", "<bos>", "<eos>", *LETTERS]
    added = [{"id": i, "content": names[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
             for i in range(3)]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None, "pre_tokenizer": level,
        "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": {n: i for i, n in enumerate(names)},
                  "merges": []},
    }


def make(folder, form="config"):
    for file in sorted(GOLDENS.glob("*.json")):
        golden = json.loads(file.read_text())
        if "weights" not in golden:
            continue
        out = pathlib.Path(folder) / file.stem
        out.mkdir(parents=True)
        (out / "config.json").write_text(json.dumps(golden[form]))
        weights = {w["name"]: drawn(w["name"], int(numpy.prod(w["shape"])), w["centre"], w["scale"]).view(w["shape"]) for w in golden["weights"]}
        save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
        (out / "tokenizer.json").write_text(json.dumps(tokenizer()))
        (out / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<eos>", "pad_token": "<pad>"}))
        print(file.stem, golden["config"]["architectures"][0])


@torch.no_grad()
def logits_of(folder, sequences=None):
    name = json.loads((folder / "config.json").read_text())["architectures"][0]
    model, loading = getattr(transformers, name).from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"], (folder, loading)
    sequences = sequences or json.loads((GOLDENS / f"{folder.name}.json").read_text())["sequences"]
    return [model.eval()(torch.tensor([ids]), use_cache=False).logits for ids in sequences]


def logits(ids, *folders):
    print(json.dumps([logits_of(pathlib.Path(folder), [json.loads(ids)])[0][0].tolist() for folder in folders]))


def compare(one, other, *names):
    differing = []
    for name in names:
        ours, theirs = logits_of(pathlib.Path(one) / name), logits_of(pathlib.Path(other) / name)
        if not all(torch.equal(a, b) for a, b in zip(ours, theirs)):
            differing.append(name)
    print(json.dumps({"transformers": transformers.__version__, "differing": differing}))


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    {"make": make, "compare": compare, "logits": logits}[sys.argv[1]](*sys.argv[2:])
