"""Writes tests/goldens/training_runs.json: TRL's own trainers over several updates, on the completions that nudge sampled.

A case is a few command lines of nudge, which make a tiny model from a seed and train it with --compat trl, and what TRL's trainer
makes of the same model, prompts, completions and scores under its default options: the loss of each update, and how far each 41st
weight has moved at the end. `nudge verify` runs the command lines again and compares. Only what both must be told is set: a
learning rate that moves a model so small, sizes, and what keeps TRL on a CPU in single precision.

    pip install trl==1.16.0 transformers==5.24.0 accelerate datasets torch
    TRL_WITH_PPO=FOLDER python -P tools/goldens/training_runs.py NUDGE      (tools/goldens/trl_with_ppo.py says how to get FOLDER)
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from datasets import Dataset
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

sys.path.append(str(Path(__file__).parent))  # last: tokenizers.py beside it is not the package
from nudge_streams import permutation
from trl_with_ppo import module_of_trl_with_ppo

ppo_trainer = module_of_trl_with_ppo("trl.experimental.ppo.ppo_trainer")
import trl
from trl.trainer import grpo_trainer, rloo_trainer

NUDGE = sys.argv[1]
SEED = 42
STRIDE = 41
DOCUMENTS = ["ab", "c", "abc", "xy", "bz", "z", "cab", "wx"] * 8  # short, so that the model soon ends its answers
START = [
    "tokenizer train --input {}/documents.jsonl --vocab_size 257 --special_tokens <|end|> --output_dir {}/tokenizer",
    "pretrain --tokenizer {}/tokenizer --dataset {}/documents.jsonl --output_dir {}/start --max_length 16 --hidden_size 16 "
    "--intermediate_size 32 --num_hidden_layers 1 --num_attention_heads 2 --num_key_value_heads 2 --max_position_embeddings 32 "
    "--initializer_range 0.2 --learning_rate 1e-2 --warmup_steps 0 --per_device_train_batch_size 4 --max_steps 12 --seed 11",
]
COMMON = " --model {}/start/final --dataset {}/prompts.jsonl --output_dir {}/run --compat trl --learning_rate 1e-3"
REWARD = " --reward regex:[a-m]"


def nudge(command, folder):
    words = [word.replace("{}", str(folder)) for word in command.split()]
    subprocess.run([NUDGE, *words], check=True, capture_output=True)


def rollouts_of(folder, size):
    """Nudge's samples, `size` a rollout: all of them, since no rollout has more than it logs."""
    samples = [json.loads(line) for line in (folder / "run/samples/rollouts.jsonl").read_text().splitlines()]
    return [samples[i : i + size] for i in range(0, len(samples), size)]


def model_of(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def tokenizer_of(folder, rollouts):
    """With a padding token that nobody sampled."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    used = {token for rollout in rollouts for sample in rollout for token in sample["completion_tokens"]}
    unused = next(token for token in range(250, 100, -1) if token not in used)
    tokenizer.pad_token = tokenizer.convert_ids_to_tokens(unused)
    assert tokenizer.pad_token_id == unused
    return tokenizer


def quiet(folder, **options):
    return dict(output_dir=str(folder / "trl"), learning_rate=1e-3, use_cpu=True, bf16=False, gradient_checkpointing=False,
                logging_steps=1, save_strategy="no", report_to="none", disable_tqdm=True, **options)


def recorded(trainer_class, rollouts):
    """The trainer, its completions replaced by these."""

    class Recorded(trainer_class):
        def _generate_single_turn(self, prompt_ids, *_, **__):
            rollout = next(self.recorded)
            prompts = [self._tokenizer(sample["prompt"])["input_ids"] for sample in rollout]
            assert [list(ids) for ids in prompt_ids] == prompts, (prompt_ids, prompts)
            completions = [sample["completion_tokens"] for sample in rollout]
            return completions if trainer_class is rloo_trainer.RLOOTrainer else (completions, None)

    Recorded.recorded = iter(rollouts)
    return Recorded


def without_critic(module, folder, rollouts, size, **options):
    """GRPOTrainer or RLOOTrainer; one prompt a rollout."""
    name = "GRPO" if module is grpo_trainer else "RLOO"
    scores = iter(rollouts)
    steps = options.get("steps_per_generation", 1)
    config = getattr(trl, name + "Config")(**quiet(
        folder, max_steps=len(rollouts) * steps, per_device_train_batch_size=size // steps, shuffle_dataset=False,
        max_completion_length=6, **options))
    order = iter(range(len(rollouts)))

    def as_nudge_shuffles(batch):
        chosen = torch.tensor(permutation(SEED, "grpo-minibatches", next(order), size))
        return {key: value[chosen] if torch.is_tensor(value) and value.dim() else value for key, value in batch.items()}

    module.shuffle_sequence_dict = as_nudge_shuffles
    model = model_of(folder / "start/final")
    trainer = recorded(getattr(module, name + "Trainer"), rollouts)(
        model=model, args=config, processing_class=tokenizer_of(folder / "start/final", rollouts),
        reward_funcs=lambda completions, **_: [sample["score"] for sample in next(scores)],
        train_dataset=Dataset.from_list([{"prompt": rollout[0]["prompt"]} for rollout in rollouts]))
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return model, [sum(losses[i : i + steps]) / steps for i in range(0, len(losses), steps)]


def with_critic(folder, rollouts, size):
    """PPOTrainer.train, with nudge's completions and scores; the critic starts as the policy under a head of zeros."""
    start = folder / "start/final"
    tokenizer = tokenizer_of(start, rollouts)
    policy, reference = model_of(start), model_of(start)
    value = AutoModelForSequenceClassification.from_pretrained(start, num_labels=1, dtype=torch.float32, attn_implementation="eager")
    torch.nn.init.zeros_(value.score.weight)
    reward = AutoModelForSequenceClassification.from_pretrained(start, num_labels=1, dtype=torch.float32)
    pad = tokenizer.pad_token_id

    def padded(rows, left):
        width = max(map(len, rows))
        return torch.tensor([[pad] * (width - len(r)) + r if left else r + [pad] * (width - len(r)) for r in rows])

    queries = [padded([tokenizer(s["prompt"])["input_ids"] for s in rollout], left=True) for rollout in rollouts]
    answers, scores = iter(rollouts), iter(rollouts)

    def batch_generation(model, query, _, __, generation_config):
        response = padded([s["completion_tokens"] for s in next(answers)], left=False)
        both = torch.cat([query, response], 1)
        logits = ppo_trainer.forward(model, both, pad).logits[:, query.shape[1] - 1 : -1]
        return both, logits / generation_config.temperature

    own_get_reward = ppo_trainer.get_reward

    def get_reward(model, *rest):
        if model is reward:
            return None, torch.tensor([s["score"] for s in next(scores)]), None
        return own_get_reward(model, *rest)

    ppo_trainer.batch_generation, ppo_trainer.get_reward = batch_generation, get_reward
    config = ppo_trainer.PPOConfig(**quiet(
        folder, total_episodes=size * len(rollouts), per_device_train_batch_size=size, response_length=6, num_sample_generations=0,
        stop_token="eos", seed=SEED))
    trainer = ppo_trainer.PPOTrainer(
        args=config, processing_class=tokenizer, model=policy, ref_model=reference, reward_model=reward, value_model=value,
        train_dataset=Dataset.from_dict({"input_ids": [[1]] * size * len(rollouts)}))
    trainer.dataloader = [{"input_ids": each} for each in queries]
    trainer.train()
    losses = [entry["loss/policy_avg"] for entry in trainer.state.log_history if "loss/policy_avg" in entry]
    return policy, value, losses


def moved(after, before):
    """How far each STRIDE-th weight went, the tensors one behind the other in the order of their names."""
    flat = lambda tensors: torch.cat([tensors[name].flatten() for name in sorted(tensors)])
    return (flat(after) - flat(before))[::STRIDE].tolist()


def weights(model, folder):
    model.save_pretrained(folder)
    return load_file(folder / "model.safetensors")


def apart(ours, theirs):
    a, b = torch.tensor(ours), torch.tensor(theirs)
    return ((a - b).norm() / b.norm()).item()


def case(what, command, prompts, size, train):
    """`train` of (folder, rollouts) gives TRL's models by the folder of nudge's, and its losses."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = lambda column, texts: "".join(json.dumps({column: text}) + "\n" for text in texts)
        files = {"documents.jsonl": lines("text", DOCUMENTS), "prompts.jsonl": lines("prompt", prompts)}
        for file, content in files.items():
            (folder / file).write_text(content)
        commands = [*START, command]
        for each in commands:
            nudge(each, folder)
        rollouts = rollouts_of(folder, size)
        torch.manual_seed(0)
        models, losses = train(folder, rollouts)
        lines = [json.loads(line) for line in (folder / "run/metrics.jsonl").read_text().splitlines()]
        products = []
        for where, model in models.items():
            start = load_file(folder / "start/final/model.safetensors")
            after, ours = weights(model, folder / "theirs"), load_file(folder / where / "model.safetensors")
            if "score.weight" in after:
                start = {n: t for n, t in start.items() if n != "lm_head.weight"} | {"score.weight": torch.zeros_like(after["score.weight"])}
            assert sorted(after) == sorted(ours) == sorted(start)
            product = {"folder": where, "moved": moved(after, start)}
            print(f"{what}: {where} {apart(moved(ours, start), product['moved']):.1e} of its move apart")
            products.append(product)
        ours = [line.get("loss", line.get("loss/policy_avg")) for line in lines]
        print("  losses apart by", max(abs(a - b) for a, b in zip(ours, losses, strict=True)),
              "; ended", sum(s["ended"] for r in rollouts for s in r), "of", sum(map(len, rollouts)),
              "; score", sum(s["score"] for r in rollouts for s in r) / sum(map(len, rollouts)))
        return {"kind": "training", "convention": "trl", "what": what, "files": files, "commands": commands, "stride": STRIDE,
                "scores": [[s["score"] for s in rollout] for rollout in rollouts], "products": products, "losses": losses}


def cases():
    prompts = ["ab", "c", "abca", "bb", "cab"]
    grpo = "grpo" + COMMON + REWARD + " --rollout_batch_size 1 --max_completion_length 6 --steps 12"
    one = lambda module, size, **options: lambda folder, rollouts: (
        lambda model, losses: ({"run/final": model}, losses))(*without_critic(module, folder, rollouts, size, **options))
    yield case("GRPOTrainer, beta 0.04, 12 updates", grpo + " --beta 0.04", prompts, 8, one(grpo_trainer, 8, beta=0.04))
    yield case("GRPOTrainer, steps_per_generation 2, 24 updates", grpo + " --steps_per_generation 2", prompts, 8,
               one(grpo_trainer, 8, steps_per_generation=2))
    yield case("RLOOTrainer, 12 updates", grpo.replace("grpo", "rloo", 1) + " --num_generations 8", prompts, 8,
               one(rloo_trainer, 8, num_generations=8))

    def ppo(folder, rollouts):
        policy, value, losses = with_critic(folder, rollouts, 4)
        return {"run/final": policy, "run/value_model": value}, losses

    yield case("PPOTrainer (1.12), 10 rollouts, 40 updates",
               "ppo" + COMMON + REWARD + " --rollout_batch_size 4 --response_length 6 --steps 10", prompts, 4, ppo)


goldens = {"made_by": f"tools/goldens/training_runs.py with torch {torch.__version__} and trl {trl.__version__}", "cases": list(cases())}
path = Path(__file__).parents[2] / "tests/goldens/training_runs.json"
path.write_text(json.dumps(goldens) + "\n")
print(f"{path}: {len(goldens['cases'])} cases, {path.stat().st_size} bytes")
