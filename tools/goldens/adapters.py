"""Writes tests/goldens/adapters.json: adapters of the tiny Llama as peft saves them, and what peft computes with them.

Each case holds adapter_config.json, the tensors of adapter_model.safetensors, and for one sequence the logits (or scores)
of the adapted and of the merged model. Needs tests/goldens/tiny_llama, which tiny_llama.py writes.
"""

import json
import pathlib
import sys
import tempfile

sys.path.pop(0)  # this folder, whose tokenizers.py hides the package of that name

import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

GOLDENS = pathlib.Path(__file__).resolve().parents[2] / "tests" / "goldens"
SEQUENCE = [5, 17, 80, 3, 44, 91, 9]
CASES = {
    "patterns": dict(
        r=3,
        lora_alpha=6,
        target_modules=["q_proj", "v_proj", "mlp.down_proj"],
        rank_pattern={"layers.0.self_attn.q_proj": 2},
        alpha_pattern={"v_proj": 5},
        task_type="CAUSAL_LM",
    ),
    "rslora": dict(r=2, lora_alpha=3, use_rslora=True, target_modules="all-linear", task_type="CAUSAL_LM"),
    "expression": dict(r=2, lora_alpha=4, target_modules=r".*\.1\..*(gate|o)_proj", task_type="CAUSAL_LM"),
    "embeddings": dict(
        r=2, lora_alpha=2, target_modules=["k_proj"], modules_to_save=["embed_tokens"], task_type="CAUSAL_LM"
    ),
    "scores": dict(r=2, lora_alpha=2, target_modules=["up_proj"], task_type="SEQ_CLS"),
}


def rounded(values):
    if isinstance(values, list):
        return [rounded(v) for v in values]
    return float(f"{values:.9g}")


def case(options):
    torch.manual_seed(7)
    scores = options["task_type"] == "SEQ_CLS"
    kind = transformers.AutoModelForSequenceClassification if scores else transformers.AutoModelForCausalLM
    base = kind.from_pretrained(GOLDENS / "tiny_llama", **({"num_labels": 2} if scores else {}))
    model = get_peft_model(base, LoraConfig(**options)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn(parameter.shape) * 0.3)
        result = model(torch.tensor([SEQUENCE])).logits[0]
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            config = json.loads((pathlib.Path(folder) / "adapter_config.json").read_text())
            tensors = load_file(pathlib.Path(folder) / "adapter_model.safetensors")
        merged = model.merge_and_unload()(torch.tensor([SEQUENCE])).logits[0]
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    config["base_model_name_or_path"] = "tiny_llama"
    return {
        "config": config,
        "tensors": {name: rounded(tensor.tolist()) for name, tensor in sorted(tensors.items())},
        "result": rounded(result.tolist()),
        "merged": rounded(merged.tolist()),
    }


versions = {"peft": peft.__version__, "transformers": transformers.__version__, "torch": torch.__version__}
golden = {"versions": versions, "sequence": SEQUENCE, "cases": {name: case(options) for name, options in CASES.items()}}
(GOLDENS / "adapters.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
