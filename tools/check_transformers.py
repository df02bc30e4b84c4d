"""The other side of the two-way check with transformers.

  check_transformers.py run DIR IDS    loads DIR as transformers does and prints one JSON object:
                                       {"kind": "language", "logits": [[[...]]]} for a language model, one matrix
                                       [tokens, vocabulary] a sequence, or {"kind": "scalar", "scores": [...],
                                       "batched": [...]} for a reward model, one by one and as one padded batch.
                                       IDS is JSON, a list of lists of token ids.
  check_transformers.py make DIR       writes a random tiny Llama there; --head scalar for a reward model,
                                       --dtype bfloat16, --sharded for several files with an index, --seed N.
"""

import argparse
import json
import sys

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, LlamaConfig


def load(folder):
    config = AutoConfig.from_pretrained(folder)
    scalar = config.architectures[0].endswith("ForSequenceClassification")
    family = AutoModelForSequenceClassification if scalar else AutoModelForCausalLM
    model, report = family.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report.get(kind):
            sys.exit(f"{folder}: {kind}: {report[kind]}")
    return model.eval(), scalar


def padded_scores(model, sequences):
    longest = max(map(len, sequences))
    pad = model.config.pad_token_id
    ids = torch.tensor([s + [pad] * (longest - len(s)) for s in sequences])
    mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences])
    return model(ids, attention_mask=mask).logits[:, 0].tolist()


@torch.no_grad()
def run(arguments):
    model, scalar = load(arguments.folder)
    sequences = json.loads(arguments.ids)
    outputs = [model(torch.tensor([ids])).logits[0] for ids in sequences]
    if scalar:
        result = {
            "kind": "scalar",
            "scores": [x[0].item() for x in outputs],
            "batched": padded_scores(model, sequences),
        }
    else:
        result = {"kind": "language", "logits": [x.tolist() for x in outputs]}
    print(json.dumps(result))


def make(arguments):
    torch.manual_seed(arguments.seed)
    config = LlamaConfig(
        vocab_size=arguments.vocab_size,
        hidden_size=48,
        intermediate_size=80,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        initializer_range=0.2,
        tie_word_embeddings=arguments.tied,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        num_labels=1,
    )
    scalar = arguments.head == "scalar"
    family = AutoModelForSequenceClassification if scalar else AutoModelForCausalLM
    model = family.from_config(config).to(getattr(torch, arguments.dtype))
    model.save_pretrained(arguments.folder, max_shard_size="40KB" if arguments.sharded else "5GB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    runs = commands.add_parser("run")
    runs.add_argument("folder")
    runs.add_argument("ids")
    runs.set_defaults(action=run)
    makes = commands.add_parser("make")
    makes.add_argument("folder")
    makes.add_argument("--head", choices=["language", "scalar"], default="language")
    makes.add_argument("--dtype", choices=["float32", "bfloat16", "float16"], default="float32")
    makes.add_argument("--tied", action="store_true")
    makes.add_argument("--sharded", action="store_true")
    makes.add_argument("--vocab_size", type=int, default=96)
    makes.add_argument("--seed", type=int, default=0)
    makes.set_defaults(action=make)
    arguments = parser.parse_args()
    arguments.action(arguments)


main()
