"""Writes tests/goldens/families/NAME.json and rotary.json: tiny models of every family as transformers computes them.

usage: python tools/goldens/families.py [NAME ...]        (transformers 5.24.0, torch 2.13.0, in single precision)

A file holds:
  config       as transformers 5 writes it;  config_4: as transformers 4 wrote it, where that differs
  weights      names and shapes of model.safetensors, and of each a centre and a scale: element i of a tensor is
               centre + scale * (n / 512 - 1), n the ten highest bits of splitmix64(fnv1a(name) + (i + 1) * golden),
               so that no weight is stored; all are exact in fp16
  sequences    ragged; of each: logits behind its last token, and the log-probabilities of its tokens but the first
  loss         mean over all of these tokens;  gradients: of the loss, the norm and some entries of every tensor
  greedy       32 tokens behind a prompt, every step a whole forward pass, and the smallest lead of a best token
  scores       (classifiers) raw scores of each sequence under each label, and of one that ends in pad tokens
  token_scores (classifiers of tokens) raw scores of each token under each label, the sequences one behind the other
rotary.json: cosines and sines at some positions as transformers' ROPE_INIT_FUNCTIONS give them.
"""

import copy
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent  # last, because its tokenizers.py would hide the package of that name
sys.path = [entry for entry in sys.path if pathlib.Path(entry).resolve() != HERE] + [str(HERE)]

import torch  # noqa: E402
import transformers  # noqa: E402
from drawn import drawn  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from torch.nn import functional  # noqa: E402
from transformers import (  # noqa: E402
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS  # noqa: E402

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "goldens" / "families"
MADE_BY = f"tools/goldens/families.py with transformers {transformers.__version__}, torch {torch.__version__}"

SHAPE = dict(
    vocab_size=96,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
    tie_word_embeddings=False,
)
GEMMA = dict(head_dim=16, tie_word_embeddings=True)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
LONG = dict(
    rope_type="longrope",
    short_factor=[1.0, 1.05, 1.25, 1.5],
    long_factor=[1.2, 2.0, 3.5, 5.0],
    original_max_position_embeddings=40,
)
GPT2 = dict(
    vocab_size=96,
    n_embd=32,
    n_layer=2,
    n_head=4,
    n_inner=48,
    n_positions=64,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
)

# name: (model type, what it says beside SHAPE)
FAMILIES = {
    "llama": ("llama", dict(rope_parameters=dict(rope_type="default", rope_theta=500.0))),
    "llama_biases": ("llama", dict(attention_bias=True, mlp_bias=True, head_dim=16, tie_word_embeddings=True)),
    "llama_linear": ("llama", dict(rope_parameters=dict(rope_type="linear", rope_theta=1000.0, factor=4.0))),
    "llama_dynamic": ("llama", dict(rope_parameters=dict(rope_type="dynamic", rope_theta=1000.0, factor=4.0))),
    "llama_llama3": (
        "llama",
        dict(rope_parameters=dict(**LLAMA3, rope_theta=500000.0, original_max_position_embeddings=32)),
    ),
    "llama_yarn": (
        "llama",
        dict(
            head_dim=16,
            rope_parameters=dict(
                rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=16
            ),
        ),
    ),
    "llama_classifier": ("llama", dict(num_labels=3)),
    "qwen3_classifier": ("qwen3", dict(head_dim=16, num_labels=1)),
    "gpt2_classifier": ("gpt2", dict(**GPT2, num_labels=2)),
    "gpt_neox_classifier": ("gpt_neox", dict(num_labels=2)),
    "llama_tokens": ("llama", dict(num_labels=3)),
    "gpt2_tokens": ("gpt2", dict(**GPT2, num_labels=2)),
    "gpt_neox_tokens": ("gpt_neox", dict(num_labels=2)),
    "mistral": ("mistral", dict(sliding_window=6, head_dim=16)),
    "qwen2": (
        "qwen2",
        dict(use_sliding_window=True, sliding_window=6, max_window_layers=1, tie_word_embeddings=True),
    ),
    "qwen3": ("qwen3", dict(head_dim=16, tie_word_embeddings=True)),
    "smollm3": ("smollm3", dict(num_hidden_layers=3, no_rope_layer_interval=2, tie_word_embeddings=True)),
    "gemma": ("gemma", GEMMA),
    "gemma2": (
        "gemma2",
        dict(
            **GEMMA,
            query_pre_attn_scalar=24,
            sliding_window=6,
            attn_logit_softcapping=2.0,
            final_logit_softcapping=3.0,
        ),
    ),
    "gemma3_text": (
        "gemma3_text",
        dict(
            **GEMMA,
            num_hidden_layers=3,
            query_pre_attn_scalar=24,
            sliding_window=6,
            sliding_window_pattern=3,
            rope_parameters=dict(
                sliding_attention=dict(rope_type="default", rope_theta=100.0),
                full_attention=dict(rope_type="linear", rope_theta=10000.0, factor=8.0),
            ),
        ),
    ),
    "phi3": (
        "phi3",
        dict(
            sliding_window=6,
            rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5),
        ),
    ),
    "phi3_longrope": (
        "phi3",
        dict(
            max_position_embeddings=160,
            original_max_position_embeddings=40,
            rope_parameters=dict(**LONG, rope_theta=10000.0),
        ),
    ),
    "olmo2": ("olmo2", {}),
    "olmo3": (
        "olmo3",
        dict(
            sliding_window=6,
            layer_types=["sliding_attention", "full_attention"],
            rope_parameters=dict(
                sliding_attention=dict(rope_type="default", rope_theta=500000.0),
                full_attention=dict(
                    rope_type="yarn",
                    rope_theta=500000.0,
                    factor=8.0,
                    original_max_position_embeddings=8,
                    attention_factor=1.2,
                    beta_fast=32.0,
                    beta_slow=1.0,
                ),
            ),
        ),
    ),
    "granite": (
        "granite",
        dict(embedding_multiplier=3.0, logits_scaling=0.5, residual_multiplier=0.5, attention_multiplier=0.25),
    ),
    "gpt2": ("gpt2", GPT2),
    "gpt_neox": ("gpt_neox", dict(rope_parameters=dict(rope_theta=10000.0, partial_rotary_factor=0.5))),
    "gpt_neox_serial": (
        "gpt_neox",
        dict(use_parallel_residual=False, rope_parameters=dict(rope_theta=10000.0, partial_rotary_factor=0.25)),
    ),
    "starcoder2": ("starcoder2", dict(sliding_window=6, tie_word_embeddings=True)),
}

LENGTHS = [5, 24, 1, 13]
NEW_TOKENS = 32

# name: (positions of the context, rope_parameters, head size, length of the sequence)
ROTARY = {
    "default": (64, dict(rope_type="default", rope_theta=10000.0), 16, 64),
    "partial": (64, dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.4), 80, 64),
    "linear": (64, dict(rope_type="linear", rope_theta=10000.0, factor=4.0), 16, 64),
    "dynamic, within": (64, dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0), 16, 64),
    "dynamic, beyond": (64, dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0), 16, 100),
    "llama3": (
        8192,
        dict(**LLAMA3, rope_theta=500000.0, original_max_position_embeddings=1024),
        64,
        8192,
    ),
    "yarn": (
        4096,
        dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=1024),
        64,
        4096,
    ),
    "yarn, not truncated": (
        4096,
        dict(
            rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=1024, truncate=False
        ),
        64,
        4096,
    ),
    "yarn, betas and attention factor": (
        4096,
        dict(
            rope_type="yarn",
            rope_theta=150000.0,
            factor=32.0,
            original_max_position_embeddings=128,
            beta_fast=16.0,
            beta_slow=2.0,
            attention_factor=0.8,
            partial_rotary_factor=0.5,
        ),
        64,
        4096,
    ),
    "yarn, mscale": (
        4096,
        dict(
            rope_type="yarn",
            rope_theta=10000.0,
            factor=40.0,
            original_max_position_embeddings=128,
            mscale=1.0,
            mscale_all_dim=0.7,
        ),
        64,
        4096,
    ),
    "longrope, short": (160, dict(**LONG, rope_theta=10000.0), 8, 40),
    "longrope, long": (160, dict(**LONG, rope_theta=10000.0), 8, 41),
    "longrope, factor": (160, dict(**LONG, rope_theta=10000.0, factor=2.0, partial_rotary_factor=0.5), 16, 160),
}


def rounded(values):
    """Nine significant digits: what a float32 holds."""
    if isinstance(values, list):
        return [rounded(v) for v in values]
    return float(f"{values:.9g}")


def write(name, value):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(value, indent=None, separators=(",", ":")) + "\n")


def recipe(name, shape, config):
    """Centre and scale: every term matters, attention is neither flat nor one token's, and greedy text no one token."""
    gemma = config.model_type.startswith("gemma")
    if name.endswith("bias"):
        return 0.0, 0.25
    if len(shape) == 1:
        return (0.0 if gemma else 1.0), 0.5
    if config.tie_word_embeddings and any(part in name for part in ("embed", "wte")):
        return 0.0, (0.0625 if gemma else 0.125)
    if any(part in name for part in ("embed", "wte", "wpe", "lm_head", "embed_out", "score", "classifier")):
        return 0.0, 0.5
    return 0.0, 0.25


def fill(model):
    """Draws every tensor that a checkpoint holds, under the name it has there, and tells the recipes."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        stored = load_file(pathlib.Path(folder) / "model.safetensors")
    parameters = dict(model.named_parameters())
    for name in stored.keys() - parameters.keys():  # GPT-NeoX's head has another name in the file
        (parameters[name],) = (p for p in model.parameters() if torch.equal(p, stored[name]))
    weights = []
    for name, tensor in sorted(stored.items()):
        centre, scale = recipe(name, tensor.shape, model.config)
        with torch.no_grad():
            parameters[name].copy_(drawn(name, tensor.numel(), centre, scale).view(tensor.shape))
        weights.append({"name": name, "shape": list(tensor.shape), "centre": centre, "scale": scale})
    assert len(list(model.parameters())) == len(weights), "a parameter is not in the file"
    return weights, parameters


def sample(tensor):
    """The norm and eight entries, spread over the tensor."""
    flat = tensor.detach().flatten()
    index = torch.linspace(0, flat.numel() - 1, 8).long()
    return {
        "norm": rounded(flat.double().norm().item()),
        "index": index.tolist(),
        "values": rounded(flat[index].tolist()),
    }


def random_ids(count, generator):
    return torch.randint(3, SHAPE["vocab_size"], (count,), generator=generator).tolist()


def logits_of(model, ids):
    return model(torch.tensor([ids]), use_cache=False).logits[0]


def greedy(model):
    """Behind the first of some prompts where no step is a tie that rounding could turn."""
    generator = torch.Generator().manual_seed(12)
    while True:
        prompt = random_ids(5, generator)
        ids, lead = list(prompt), float("inf")
        for _ in range(NEW_TOKENS):
            best = logits_of(model, ids)[-1].topk(2)
            lead = min(lead, (best.values[0] - best.values[1]).item())
            ids.append(best.indices[0].item())
        if lead > 2e-3:
            return {"prompt": prompt, "tokens": ids[len(prompt) :], "smallest_lead": rounded(lead)}


def language(model, sequences, weights, parameters):
    loss, count, logits, logprobs = 0.0, 0, [], []
    for ids in sequences:
        rows = logits_of(model, ids)
        picked = functional.log_softmax(rows[:-1], -1).gather(1, torch.tensor(ids[1:], dtype=torch.long)[:, None])
        logits.append(rounded(rows[-1].tolist()))
        logprobs.append(rounded(picked[:, 0].tolist()))
        loss, count = loss - picked.sum(), count + len(ids) - 1
    (loss / count).backward()
    with torch.no_grad():
        return {
            "logits": logits,
            "logprobs": logprobs,
            "loss": rounded((loss / count).item()),
            "gradients": {w["name"]: sample(parameters[w["name"]].grad) for w in weights},
            "greedy": greedy(model),
        }


@torch.no_grad()
def token_classifier(model, sequences, _weights, _parameters):
    return {"token_scores": [rounded(row.tolist()) for ids in sequences for row in logits_of(model, ids)]}


@torch.no_grad()
def classifier(model, sequences, _weights, _parameters):
    padded = sequences[0] + [0, 0]
    return {
        "scores": [rounded(logits_of(model, ids).tolist()) for ids in sequences],
        "padded": {"sequence": padded, "scores": rounded(logits_of(model, padded).tolist())},
    }


def as_transformers_4(config):
    """The keys under which transformers 4 wrote what 5 writes otherwise, in the oldest form of each."""
    kind, old = config["model_type"], copy.deepcopy(config)
    old["transformers_version"] = "4.57.1" if kind == "olmo3" else "4.40.0"
    old["torch_dtype"] = old.pop("dtype")
    if kind in ("gemma2", "gemma3_text", "qwen2"):
        del old["layer_types"]
    if kind == "gemma3_text":
        old["sliding_window_pattern"] = old.pop("_sliding_window_pattern")
    rope = old.pop("rope_parameters", None)
    if rope is None:
        return old
    if "full_attention" in rope:
        local, rope = rope["sliding_attention"], rope["full_attention"]
        if kind == "gemma3_text":
            old["rope_local_base_freq"] = local["rope_theta"]
    partial, theta = rope.pop("partial_rotary_factor", None), rope.pop("rope_theta")
    if kind == "gpt_neox":
        old["rotary_emb_base"], old["rotary_pct"] = theta, partial
    else:
        old["rope_theta"] = theta
        if partial is not None:
            old["partial_rotary_factor"] = partial
    old["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    if kind == "phi3":
        rope.pop("original_max_position_embeddings", None)  # beside it, and 4.57 takes no fourth field
    if kind in ("llama", "phi3") and rope["rope_type"] in ("linear", "dynamic", "longrope"):
        rope["type"] = rope.pop("rope_type")  # Gemma 3's reader would take this key for nothing
    return old


def check_transformers_4(name, old, config):
    """transformers 5 must read the old form as the same model, or the golden is wrong."""
    read = json.loads(AutoConfig.for_model(**copy.deepcopy(old)).to_json_string(use_diff=False))
    for at in (read.get("rope_parameters") or {}, *(read.get("rope_parameters") or {}).values()):
        if isinstance(at, dict):
            at.pop("type", None)
    for key, value in config.items():
        if key not in ("dtype", "transformers_version", "architectures"):
            assert read.get(key) == value, (name, key, read.get(key), value)


def family(name, kind, extra):
    shape = {} if kind == "gpt2" else SHAPE
    if kind == "gpt_neox":
        shape = {k: v for k, v in SHAPE.items() if k != "num_key_value_heads"}
    config = AutoConfig.for_model(kind, **{**shape, **extra})
    config.dtype = torch.float32
    maker, measure = AutoModelForCausalLM, language
    if name.endswith("_tokens"):
        maker, measure = AutoModelForTokenClassification, token_classifier
    elif "num_labels" in extra:
        maker, measure = AutoModelForSequenceClassification, classifier
    model = maker.from_config(config, attn_implementation="eager").eval()
    weights, parameters = fill(model)
    model.config.architectures = [type(model).__name__]
    stored = json.loads(model.config.to_json_string(use_diff=False))
    stored = {k: v for k, v in stored.items() if k in written_keys(model)}
    old = as_transformers_4(stored)
    check_transformers_4(name, old, stored)
    generator = torch.Generator().manual_seed(11)
    sequences = [random_ids(n, generator) for n in LENGTHS]
    golden = {"made_by": MADE_BY, "config": stored, "config_4": old, "weights": weights, "sequences": sequences}
    write(name, golden | measure(model, sequences, weights, parameters))


def written_keys(model):
    """The keys that save_pretrained writes."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return json.loads((pathlib.Path(folder) / "config.json").read_text()).keys()


def rotary():
    cases = []
    for name, (context, parameters, head_size, length) in ROTARY.items():
        config = AutoConfig.for_model(
            "llama",
            hidden_size=head_size * 2,
            num_attention_heads=2,
            head_dim=head_size,
            max_position_embeddings=context,
            rope_parameters=dict(parameters),
        )
        if parameters["rope_type"] == "default":
            dim = int(head_size * parameters.get("partial_rotary_factor", 1.0))
            frequencies, factor = 1 / parameters["rope_theta"] ** (torch.arange(0, dim, 2).float() / dim), 1.0
        else:
            frequencies, factor = ROPE_INIT_FUNCTIONS[parameters["rope_type"]](config, "cpu", seq_len=length)
        positions = sorted({0, 1, 7, length // 2, length - 1})
        angles = torch.tensor(positions)[:, None].double() * frequencies.double()
        cases.append(
            {
                "name": name,
                "max_position_embeddings": context,
                "rope_parameters": parameters,
                "head_size": head_size,
                "length": length,
                "frequencies": rounded(frequencies.tolist()),
                "attention_factor": rounded(factor),
                "positions": positions,
                "cosines": rounded((angles.cos() * factor).tolist()),
                "sines": rounded((angles.sin() * factor).tolist()),
            }
        )
    write("rotary", {"made_by": MADE_BY, "cases": cases})


def main():
    torch.manual_seed(0)
    transformers.logging.disable_progress_bar()
    asked = sys.argv[1:]
    for name, (kind, extra) in FAMILIES.items():
        if not asked or name in asked:
            family(name, kind, extra)
    if not asked or "rotary" in asked:
        rotary()


if __name__ == "__main__":
    main()
