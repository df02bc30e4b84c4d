"""Writes tests/goldens/tiny_llama/: a tiny Llama with grouped heads as transformers computes it.

  model.safetensors, config.json   random weights, 2 layers, 4 heads on 2 key/value heads
  forward.json                     logits, token log-probs, loss, samples of every gradient, and the scores of the
                                   same trunk under a classification head
  adamw.json                       20 steps of torch.optim.AdamW with clipping: loss and gradient norm of each,
                                   samples of the final weights
"""

import json
import pathlib
import sys

sys.path.pop(0)  # this folder, whose tokenizers.py hides the package of that name

import torch  # noqa: E402
from torch.nn import functional  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification  # noqa: E402

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "goldens" / "tiny_llama"
SHAPE = dict(
    vocab_size=96,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
    tie_word_embeddings=False,
    initializer_range=0.2,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
)
OPTIMIZER = dict(lr=1e-2, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, max_grad_norm=1.0)


def rounded(values):
    """Nine significant digits: what a float32 holds."""
    if isinstance(values, list):
        return [rounded(v) for v in values]
    return float(f"{values:.9g}")


def write(name, value):
    (OUT / name).write_text(json.dumps(value, indent=None, separators=(",", ":")) + "\n")


def sample(tensor):
    """The norm and eight entries, spread over the tensor."""
    flat = tensor.detach().flatten()
    index = torch.linspace(0, flat.numel() - 1, 8).long()
    return {
        "norm": rounded(flat.double().norm().item()),
        "index": index.tolist(),
        "values": rounded(flat[index].tolist()),
    }


def loss_sum(model, sequences):
    total, count, logprobs = 0.0, 0, []
    for ids in sequences:
        logits = model(torch.tensor([ids])).logits[0, :-1]
        picked = functional.log_softmax(logits, -1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
        logprobs.append(picked)
        total, count = total - picked.sum(), count + len(picked)
    return total, count, logprobs


def random_sequences(generator, lengths):
    return [torch.randint(3, SHAPE["vocab_size"], (n,), generator=generator).tolist() for n in lengths]


def forward(model, sequences):
    total, count, logprobs = loss_sum(model, sequences)
    total.backward()
    with torch.no_grad():
        logits = [rounded(model(torch.tensor([ids])).logits[0].tolist()) for ids in sequences]
        config = LlamaConfig(**SHAPE, num_labels=1)
        classifier = LlamaForSequenceClassification(config).eval()
        classifier.model.load_state_dict(model.model.state_dict())
        scores = [classifier(torch.tensor([ids])).logits[0, 0].item() for ids in sequences]
    write(
        "forward.json",
        {
            "sequences": sequences,
            "logits": logits,
            "logprobs": [rounded(x.tolist()) for x in logprobs],
            "loss_sum": rounded(total.item()),
            "count": count,
            "gradients": {name: sample(p.grad) for name, p in model.named_parameters()},
            "score_weight": rounded(classifier.score.weight[0].tolist()),
            "scores": rounded(scores),
        },
    )


def adamw(model, batches):
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, **{k: v for k, v in OPTIMIZER.items() if k != "max_grad_norm"})
    losses, norms = [], []
    for sequences in batches:
        optimizer.zero_grad()
        total, count, _ = loss_sum(model, sequences)
        (total / count).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), OPTIMIZER["max_grad_norm"]).item())
        losses.append(total.item() / count)
        optimizer.step()
    write(
        "adamw.json",
        {
            **OPTIMIZER,
            "batches": batches,
            "losses": rounded(losses),
            "grad_norms": rounded(norms),
            "weights": {name: sample(p) for name, p in model.named_parameters()},
        },
    )


def main():
    torch.manual_seed(7)
    generator = torch.Generator().manual_seed(11)
    model = LlamaForCausalLM(LlamaConfig(**SHAPE, attn_implementation="eager")).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 1:
                p.uniform_(0.5, 1.5, generator=generator)
    OUT.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(OUT)
    (OUT / "generation_config.json").unlink(missing_ok=True)
    forward(model, random_sequences(generator, [5, 17, 1, 9]))
    adamw(model, [random_sequences(generator, [12, 7, 20]) for _ in range(20)])


main()
