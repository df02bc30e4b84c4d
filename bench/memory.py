"""Peak memory of SFT, DPO and PPO, whole and with LoRA, in nudge and beside it in TRL with peft, fp32 on the CPU.

usage: memory.py NUDGE MODEL REWARD DATA [RUN ...]     RUN: sft dpo ppo, each also -lora; all by default

MODEL is a Hugging Face directory with a chat template, REWARD an adapter and head on it (nudge reward --use_peft), DATA a folder with
prompts.jsonl, sft.jsonl and pairs.jsonl of plain texts, prompts and answers of 64 tokens. The numbers are the peak of resident memory, file
pages counted, less that of `nudge --version`, in MB. PPO takes 64 answers; SFT and DPO 16, which changes no peak: micro-batches are of 8
sequences (1,024 tokens) everywhere. TRL's side runs where trl and peft can be imported: $TRL_PYTHON, $TRL_PPO_PYTHON (TRL 1.12 is the last
one tried whose PPO runs), else this Python. A program that passes $MOST_MB is stopped, and so marked.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

RANK, TOKENS, ROWS = 16, 64, 8
LORA = ["--use_peft", "--lora_r", str(RANK)]


def status(pid):
    try:
        lines = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status") if ":" in line)
    except OSError:
        return 0
    return int(lines.get("VmHWM", "0 kB").split()[0]) * 1024 / 1e6


def peak(command, log, most=float(os.environ.get("MOST_MB", "inf"))):
    """The most memory that the command held, MB, whether it ended well, and seconds."""
    began, highest, stopped = time.time(), 0, False
    process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log)
    while process.poll() is None:
        highest = max(highest, status(process.pid))
        if highest > most and not stopped:
            stopped = True
            process.kill()
        time.sleep(0.02)
    return highest, "stopped" if stopped else "" if process.returncode == 0 else "FAILED", time.time() - began


def of_nudge(run, nudge, model, reward, data, out):
    kind, lora = run.removesuffix("-lora"), LORA if run.endswith("-lora") else []
    common = ["--model", model, "--micro_batch_tokens", 2 * TOKENS * ROWS, "--save_steps", 0, "--output_dir", out, *lora]
    if kind == "sft":
        return [nudge, "sft", "--dataset", f"{data}/sft.jsonl", "--max_steps", 1, "--per_device_train_batch_size", 16, *common]
    if kind == "dpo":
        return [nudge, "dpo", "--dataset", f"{data}/pairs.jsonl", "--max_steps", 1, "--per_device_train_batch_size", 8, *common]
    return [nudge, "ppo", "--reward", reward, "--dataset", f"{data}/prompts.jsonl", "--max_steps", 1,
            "--rollout_batch_size", 64, "--max_new_tokens", TOKENS, "--num_ppo_epochs", 1, "--num_mini_batches", 1,
            "--ratio_tolerance", 1e-3, *common]


def train_with_trl(run, model, data, out):
    import datasets
    import torch
    from peft import LoraConfig, TaskType
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

    kind, lora = run.removesuffix("-lora"), run.endswith("-lora")
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    rows = {"sft": "sft", "dpo": "pairs", "ppo": "prompts"}[kind]
    records = [json.loads(line) for line in open(f"{data}/{rows}.jsonl")]
    config = LoraConfig(r=RANK, lora_alpha=32, target_modules="all-linear", task_type=TaskType.CAUSAL_LM) if lora else None
    load = lambda: AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    common = dict(output_dir=out, report_to=[], use_cpu=True, bf16=False, fp16=False, gradient_checkpointing=False, save_strategy="no")
    if kind == "sft":
        from trl import SFTConfig, SFTTrainer

        args = SFTConfig(max_steps=1, per_device_train_batch_size=ROWS, gradient_accumulation_steps=2, **common)
        SFTTrainer(model=load(), args=args, train_dataset=datasets.Dataset.from_list(records), processing_class=tokenizer,
                   peft_config=config).train()
    elif kind == "dpo":
        from trl import DPOConfig, DPOTrainer

        args = DPOConfig(max_steps=1, per_device_train_batch_size=ROWS // 2, gradient_accumulation_steps=2, **common)
        DPOTrainer(model=load(), args=args, train_dataset=datasets.Dataset.from_list(records), processing_class=tokenizer,
                   peft_config=config).train()
    else:
        from trl.experimental.ppo import PPOConfig, PPOTrainer

        score = lambda: AutoModelForSequenceClassification.from_pretrained(model, dtype=torch.float32, num_labels=1)
        prompts = [{"input_ids": tokenizer(record["prompt"])["input_ids"]} for record in records]
        args = PPOConfig(total_episodes=64, per_device_train_batch_size=ROWS, gradient_accumulation_steps=8, num_mini_batches=1,
                         num_ppo_epochs=1, local_rollout_forward_batch_size=ROWS, response_length=TOKENS, num_sample_generations=0,
                         **common)
        PPOTrainer(args=args, processing_class=tokenizer, model=load(), ref_model=None, reward_model=score(), value_model=score(),
                   train_dataset=datasets.Dataset.from_list(prompts), peft_config=config).train()


def main():
    if sys.argv[1] == "--trl":
        return train_with_trl(*sys.argv[2:])
    nudge, model, reward, data, *runs = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/version", "w") as log:
        least = peak([nudge, "--version"], log)[0]
    print(f"{'run':<10}{'nudge':>10}{'TRL':>10}   MB less the {least:.0f} of nudge --version", flush=True)
    for run in runs or [kind + lora for kind in ("sft", "dpo", "ppo") for lora in ("", "-lora")]:
        python = os.environ.get("TRL_PPO_PYTHON" if run.startswith("ppo") else "TRL_PYTHON", sys.executable)
        cells = []
        for who, command in (("nudge", lambda out: of_nudge(run, nudge, model, reward, data, out)),
                             ("trl", lambda out: [python, __file__, "--trl", run, model, data, out])):
            with tempfile.TemporaryDirectory() as folder, open(f"{os.environ.get('LOGS', folder)}/{run}-{who}.log", "w") as log:
                most, ending, seconds = peak(command(f"{folder}/out"), log)
                cells.append(f"{most - least:>10.0f} {ending or f'{seconds:.0f} s'}")
        print(f"{run:<10}{cells[0]}{cells[1]}", flush=True)


if __name__ == "__main__":
    main()
