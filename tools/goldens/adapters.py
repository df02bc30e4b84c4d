"""Writes tests/goldens/adapters.json: what peft computes with adapters on the tiny models of tests/goldens/families.

Each case names its base, and holds adapter_config.json as peft saves it, the names and shapes of the tensors in
adapter_model.safetensors (their numbers are drawn as families.py draws: centre 0, scale .3; a tied head is its embeddings), and for the last token of one
sequence the logits (or scores) of the adapted and of the merged model.
"""

import importlib.util
import json
import pathlib
import sys
import tempfile

sys.path.pop(0)  # this folder, whose tokenizers.py hides the package of that name

import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
GOLDENS = HERE.parents[1] / "tests" / "goldens"
SEQUENCE = [5, 17, 80, 3, 44, 91, 9]
SCALE = 0.3
LANGUAGE, SCORES = {"task_type": "CAUSAL_LM"}, {"task_type": "SEQ_CLS"}
CASES = {
    "patterns": ("llama", dict(
        r=3, lora_alpha=6, target_modules=["q_proj", "v_proj", "mlp.down_proj"],
        rank_pattern={"layers.0.self_attn.q_proj": 2}, alpha_pattern={"v_proj": 5}, **LANGUAGE)),
    "rslora": ("qwen2", dict(r=2, lora_alpha=3, use_rslora=True, target_modules="all-linear", **LANGUAGE)),
    "expression": ("llama", dict(r=2, lora_alpha=4, target_modules=r".*\.1\..*(gate|o)_proj", **LANGUAGE)),
    "embeddings": ("llama", dict(r=2, lora_alpha=2, target_modules=["k_proj"], modules_to_save=["embed_tokens"], **LANGUAGE)),
    "untied": ("gemma3_text", dict(r=2, lora_alpha=2, target_modules=["k_proj"], modules_to_save=["embed_tokens"], **LANGUAGE)),
    "tied": ("gemma3_text", dict(
        r=2, lora_alpha=2, target_modules=["k_proj"], modules_to_save=["embed_tokens"], ensure_weight_tying=True, **LANGUAGE)),
    "scores": ("llama", dict(r=2, lora_alpha=2, target_modules=["up_proj"], **SCORES)),
    "fused_rows": ("phi3", dict(r=2, lora_alpha=2, target_modules=["qkv_proj", "gate_up_proj"], **LANGUAGE)),
    "transposed": ("gpt2", dict(
        r=2, lora_alpha=2, target_modules=["c_attn", "c_fc", "c_proj"], fan_in_fan_out=True, **LANGUAGE)),
    "fused_heads": ("gpt_neox", dict(r=2, lora_alpha=2, target_modules=["query_key_value", "dense"], **LANGUAGE)),
}

spec = importlib.util.spec_from_file_location("families", HERE / "families.py")
families = importlib.util.module_from_spec(spec)
sys.path.insert(0, str(HERE))  # it takes its first away
spec.loader.exec_module(families)


def write_base(name, folder):
    golden = json.loads((GOLDENS / "families" / f"{name}.json").read_text())
    (folder / "config.json").write_text(json.dumps(golden["config"]))
    weights = {}
    for item in golden["weights"]:
        flat = families.drawn(item["name"], torch.Size(item["shape"]).numel(), item["centre"], item["scale"])
        weights[item["name"]] = flat.view(item["shape"]).contiguous()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def load_base(folder, options):
    scores = options["task_type"] == "SEQ_CLS"
    kind = transformers.AutoModelForSequenceClassification if scores else transformers.AutoModelForCausalLM
    return kind.from_pretrained(folder, **({"num_labels": 2, "pad_token_id": 0} if scores else {})).eval()


def result_of(model):
    logits = model(torch.tensor([SEQUENCE])).logits[0]
    return families.rounded((logits[-1] if logits.dim() == 2 else logits).tolist())


@torch.no_grad()
def case(base, options):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "base").mkdir()
        write_base(base, folder / "base")
        model = get_peft_model(load_base(folder / "base", options), LoraConfig(**options))
        state = get_peft_model_state_dict(model)
        shapes = {name: list(state[name].shape) for name in sorted(state)}
        drawn = {name: families.drawn(name, state[name].numel(), 0, SCALE).view(state[name].shape) for name in shapes}
        if options.get("ensure_weight_tying"):  # the file holds the one embedding under both names
            drawn["base_model.model.lm_head.weight"] = drawn["base_model.model.model.embed_tokens.weight"].clone()
        model.save_pretrained(folder / "adapters")
        assert sorted(load_file(folder / "adapters" / "adapter_model.safetensors")) == sorted(shapes)
        save_file(drawn, folder / "adapters" / "adapter_model.safetensors", {"format": "pt"})
        config = json.loads((folder / "adapters" / "adapter_config.json").read_text())
        loaded = PeftModel.from_pretrained(load_base(folder / "base", options), folder / "adapters").eval()
        result = result_of(loaded)
        merged = result_of(loaded.merge_and_unload())
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    config["base_model_name_or_path"] = base
    return {"base": base, "config": config, "tensors": shapes, "result": result, "merged": merged}


versions = {"peft": peft.__version__, "transformers": transformers.__version__, "torch": torch.__version__}
golden = {"versions": versions, "sequence": SEQUENCE, "scale": SCALE}
golden["cases"] = {name: case(*each) for name, each in CASES.items()}
(GOLDENS / "adapters.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
