"""Adapters from training to a merged model: every training command takes them, and every command reads what they write."""

import json
import os
import pathlib
import shutil
import subprocess
import time
import unittest

from harness import CHAIN, NUDGE, VENV_PYTHON, contents, fresh, main, nudge, venv_python

FOLDER = CHAIN.parent / "lora"
LORA = ["--use_peft", "--lora_r", 4, "--lora_alpha", 8]
SFT = ["sft", "--model", CHAIN / "base", "--dataset", CHAIN / "world/demonstrations.jsonl", "--max_length", 128, *LORA,
       "--learning_rate", "1e-2"]
PPO = ["ppo", "--model", FOLDER / "sft", "--reward_model", FOLDER / "reward", "--dataset", CHAIN / "world/rl_prompts.jsonl", *LORA,
       "--steps", 6, "--rollout_batch_size", 8, "--num_ppo_epochs", 2, "--num_mini_batches", 2, "--learning_rate", "1e-2",
       "--response_length", 12, "--save_steps", 1, "--logging_steps", 1]
CHECK_PEFT = """
import json, sys
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM
folder, sequence = sys.argv[1], torch.tensor([json.loads(sys.argv[2])])
base = json.load(open(folder + "/adapter_config.json"))["base_model_name_or_path"]
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder)
print(json.dumps(torch.log_softmax(model(sequence).logits[0], -1).tolist()))
"""


def adapters(folder):
    names = {path.name for path in pathlib.Path(folder).iterdir()}
    return {"adapter_config.json", "adapter_model.safetensors", "tokenizer.json"} <= names and "model.safetensors" not in names


def greedy(model, *arguments):
    """The tokens that are said where the likeliest is always taken."""
    done = nudge("sample", "--model", model, "--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 6, "--temperature", 0,
                 "--max_new_tokens", 16, *arguments)
    return [json.loads(line)["completions"][0]["tokens"] for line in done.stdout.splitlines()]


def have_peft():
    return VENV_PYTHON.exists() and subprocess.run([VENV_PYTHON, "-c", "import peft"], capture_output=True).returncode == 0


class Lora(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)

    def test_01_sft(self):
        nudge(*SFT, "--output_dir", FOLDER / "sft", "--num_train_epochs", 4)
        self.assertTrue(adapters(FOLDER / "sft/final"))
        config = json.loads((FOLDER / "sft/final/adapter_config.json").read_text())
        self.assertEqual(config["base_model_name_or_path"], str((CHAIN / "base/final").resolve()))
        self.assertEqual((config["r"], config["lora_alpha"], len(config["target_modules"])), (4, 8, 7))
        lines = [json.loads(line) for line in (FOLDER / "sft/metrics.jsonl").read_text().splitlines()]
        self.assertLess(lines[-1]["loss"], lines[0]["loss"])
        said = nudge("inspect", FOLDER / "sft").stdout
        self.assertRegex(said, r"adapters +14 of rank 4 on down_proj, gate_proj")
        self.assertRegex(said, r"trained +[\d,]+\nfrozen +[\d,]+")

    def test_02_reward_on_the_same_base(self):
        nudge("reward", "--model", FOLDER / "sft", "--dataset", CHAIN / "pairs.jsonl", "--output_dir", FOLDER / "reward", *LORA,
              "--max_length", 128, "--learning_rate", "1e-2", "--normalization_samples", 16, "--normalization_max_new_tokens", 12)
        self.assertTrue(adapters(FOLDER / "reward/final"))
        self.assertEqual(json.loads((FOLDER / "reward/final/adapter_config.json").read_text())["modules_to_save"], ["score"])
        self.assertIn("mean", json.loads((FOLDER / "reward/final/nudge_config.json").read_text()))

    def test_03_ppo_killed_and_resumed_ends_with_the_same_bytes(self):
        whole, killed = FOLDER / "ppo", FOLDER / "ppo_killed"
        nudge(*PPO, "--output_dir", whole)
        self.assertTrue(adapters(whole / "final") and adapters(whole / "value_model"))
        lines = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
        self.assertLess(abs(lines[0]["objective/kl"]), 1e-2, "the reference is the model that the policy starts from")
        command = [NUDGE, *map(str, PPO), "--output_dir", str(killed), "--resume"]
        for count in (1, 3, 5):
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            metrics = killed / "metrics.jsonl"
            while process.poll() is None and (not metrics.exists() or metrics.read_bytes().count(b"\n") < count):
                time.sleep(0.002)
            process.kill()
            process.wait()
        nudge(*PPO, "--output_dir", killed, "--resume")
        for part in ("final", "value_model", "samples"):
            self.assertEqual(contents(whole / part), contents(killed / part), part)
        self.assertEqual((whole / "metrics.jsonl").read_bytes(), (killed / "metrics.jsonl").read_bytes())

    def test_04_merged_it_says_the_same(self):
        nudge("merge", FOLDER / "ppo", "--output_dir", FOLDER / "merged")
        self.assertFalse((FOLDER / "merged/adapter_config.json").exists())
        self.assertEqual(greedy(FOLDER / "ppo"), greedy(FOLDER / "merged"))
        self.assertIn("nothing to merge", nudge("merge", FOLDER / "merged", "--output_dir", FOLDER / "x", code=1).stderr)
        # Without --use_peft all weights are trained, of the base with its adapters.
        nudge("sft", "--model", FOLDER / "ppo", "--dataset", CHAIN / "world/demonstrations.jsonl", "--max_length", 128, "--max_steps", 1,
              "--output_dir", FOLDER / "whole")
        self.assertTrue((FOLDER / "whole/final/model.safetensors").exists())

    def test_05_every_command_trains_adapters(self):
        pairs = ["--model", FOLDER / "sft", "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128, "--max_steps", 1, *LORA]
        prompts = ["--model", CHAIN / "sft", "--dataset", CHAIN / "world/rl_prompts.jsonl", "--reward", "length,max=3", "--steps", 1,
                   "--rollout_batch_size", 4, "--max_new_tokens", 6, *LORA]
        for command in ("dpo", "kto", "bco", "orpo", "cpo"):
            with self.subTest(command=command):
                nudge(command, *pairs, "--output_dir", FOLDER / command)
                self.assertTrue(adapters(FOLDER / command / "final"))
        for command in ("grpo", "rloo", "reinforce", "online-dpo", "ppo"):
            with self.subTest(command=command):
                nudge(command, *prompts, "--output_dir", FOLDER / ("fresh_" + command))
                self.assertTrue(adapters(FOLDER / ("fresh_" + command) / "final"))
        refused = nudge("dpo", *pairs, "--sync_ref_model", "--output_dir", FOLDER / "moving", code=2).stderr
        self.assertIn("--sync_ref_model", refused)
        self.assertIn("dropout", nudge(*SFT, "--lora_dropout", 0.05, "--output_dir", FOLDER / "dropout", code=2).stderr)

    def test_06_a_base_that_is_not_here_or_another(self):
        moved = fresh("lora_moved") / "adapters"
        shutil.copytree(FOLDER / "sft/final", moved)
        config = json.loads((moved / "adapter_config.json").read_text())
        config["base_model_name_or_path"] = "owner/name"
        (moved / "adapter_config.json").write_text(json.dumps(config))
        self.assertIn("--base", nudge("inspect", moved, code=1).stderr)
        self.assertEqual(greedy(moved, "--base", CHAIN / "base"), greedy(FOLDER / "sft"))
        self.assertIn("not the base", nudge("chat", moved, "--base", CHAIN / "sft", code=1).stderr)
        hub = moved.parent / "hub/models--owner--name"
        (hub / "refs").mkdir(parents=True)
        (hub / "refs/main").write_text("abc")
        (hub / "snapshots").mkdir()
        (hub / "snapshots/abc").symlink_to(CHAIN / "base/final")
        self.assertIn("owner/name", nudge("inspect", moved, env={"HF_HUB_CACHE": str(hub.parent)}).stdout)

    def test_07_bases_of_several_models_in_one_command(self):
        """The policy and the reward model are adapters whose base is not where they say."""
        folder = fresh("lora_several")
        for name, source, base in (("policy", FOLDER / "sft/final", "owner/name"), ("judge", FOLDER / "reward/final", "other/name")):
            shutil.copytree(source, folder / name)
            config = json.loads((folder / name / "adapter_config.json").read_text())
            (folder / name / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": base}))
        policy, judge = folder / "policy", folder / "judge"
        prompts = ["--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 4]
        both = ["--base", CHAIN / "base"]
        short = ["--max_new_tokens", 8]
        nudge("eval", "--model", policy, "--baseline", policy, "--reference", policy, "--judge", judge, "--proxy", judge, *prompts, *both, *short)
        nudge("eval", "--model", policy, "--judge", judge, *prompts, *short, "--base", f"owner/name={CHAIN / 'base'}",
              f"other/name={CHAIN / 'base'}")
        refused = nudge("eval", "--model", policy, "--judge", judge, *prompts, *short, "--base", f"owner/name={CHAIN / 'base'}", code=1).stderr
        self.assertIn("other/name", refused)
        self.assertIn("--base", refused)
        self.assertIn("NAME=DIR", nudge("eval", "--model", policy, *prompts, *both, CHAIN / "sft", code=2).stderr)
        self.assertIn("not the base", nudge("eval", "--model", policy, *prompts, "--base", CHAIN / "sft", code=1).stderr)
        nudge("sample", "--model", policy, *prompts, *both, *short, "--num_generations", 2, "--output", folder / "answers.jsonl")
        nudge("best-of-n", "--model", policy, "--reward", judge, *prompts, *both, *short, "--n", 1, 2, "--output_dir", folder / "best")
        nudge("pass-at-k", "--model", policy, "--reward", judge, *prompts, *both, *short, "--k", 1, "--num_generations", 2)
        nudge("score", "--dataset", folder / "answers.jsonl", "--reward", judge, "--tokenizer", policy, *both)
        nudge("reward", "evaluate", "--dataset", CHAIN / "pairs.jsonl", "--reward", judge, "--tokenizer", policy, *both)
        nudge("reward", "average", "--models", judge, judge, *both, "--output_dir", folder / "average")
        nudge("preferences", "simulate", "--dataset", folder / "answers.jsonl", "--scorer", f"reward_model:{judge}", *both, "--output",
              folder / "pairs.jsonl")
        self.assertIn("owner/name", nudge("inspect", policy, *both).stdout)
        nudge("ppo", "--model", policy, "--reward", judge, "--monitor", judge, *both, "--dataset", CHAIN / "world/rl_prompts.jsonl", *LORA,
              "--steps", 1, "--rollout_batch_size", 4, "--num_mini_batches", 1, "--response_length", 8, "--output_dir", folder / "ppo")
        nudge("kto", "--model", policy, "--ref_model", policy, *both, "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128, "--max_steps", 1,
              *LORA, "--output_dir", folder / "kto")
        self.assertIn(str((CHAIN / "base/final/model.safetensors")), json.dumps(json.loads((folder / "ppo/inputs.json").read_text())))

    def test_08_its_options_alone_are_refused(self):
        done = nudge("sft", "--model", CHAIN / "base", "--dataset", CHAIN / "world/demonstrations.jsonl", "--lora_r", 4,
                     "--output_dir", FOLDER / "idle", code=2)
        self.assertIn("--use_peft", done.stderr)

    @unittest.skipUnless(have_peft(), "peft is not installed in .deps/venv")
    def test_09_peft_computes_the_same(self):
        line = json.loads(nudge("sample", "--model", FOLDER / "sft", "--prompt", "Hello", "--max_new_tokens", 8).stdout)
        answer = line["completions"][0]
        script = fresh("lora_peft") / "check.py"
        script.write_text(CHECK_PEFT)
        (script.parent / "prompt.txt").write_text("Hello")
        prompt = nudge("tokenizer", "encode", "--tokenizer", FOLDER / "sft/final", "--input", script.parent / "prompt.txt").stdout.split()
        tokens = [int(token) for token in prompt] + answer["tokens"]
        theirs = json.loads(venv_python(script, FOLDER / "sft/final", json.dumps(tokens)))
        for i, (token, ours) in enumerate(zip(answer["tokens"], answer["logprobs"])):
            self.assertAlmostEqual(theirs[len(prompt) - 1 + i][token], ours, delta=1e-4)


if __name__ == "__main__":
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    main()
