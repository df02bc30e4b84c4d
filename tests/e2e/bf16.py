"""Training and sampling in bfloat16: what config.yaml keeps, the first ratio, and a run that is interrupted."""

import json
import signal
import subprocess
import time
import unittest

from harness import CHAIN, NUDGE, contents, fresh, main, nudge

BF16 = ["--dtype", "bfloat16"]
SFT = ["sft", "--model", CHAIN / "base", "--dataset", CHAIN / "world/demonstrations.jsonl", "--max_length", 128,
       "--max_steps", 20, "--save_steps", 3, "--logging_steps", 1]
PPO = ["ppo", "--model", CHAIN / "sft", "--reward_model", CHAIN / "reward", "--dataset", CHAIN / "world/rl_prompts.jsonl",
       "--steps", 3, "--rollout_batch_size", 16, "--num_ppo_epochs", 2, "--num_mini_batches", 2, "--learning_rate", "1e-3",
       "--response_length", 16, "--logging_steps", 1]
GRPO = ["grpo", "--model", CHAIN / "sft", "--reward", CHAIN / "reward", "--dataset", CHAIN / "world/rl_prompts.jsonl",
        "--steps", 3, "--rollout_batch_size", 4, "--num_generations", 4, "--learning_rate", "1e-3",
        "--max_completion_length", 16, "--use_peft", "--logging_steps", 1]


def metrics(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def options_of(folder):
    return dict(line.split(": ", 1) for line in (folder / "config.yaml").read_text().splitlines() if ": " in line)


class Bf16(unittest.TestCase):
    def test_it_learns_what_float32_learns(self):
        losses = {}
        for dtype in ("float32", "bfloat16"):
            folder = fresh(f"bf16_sft_{dtype}")
            nudge(*SFT, "--output_dir", folder, "--dtype", dtype)
            losses[dtype] = [line["loss"] for line in metrics(folder) if "loss" in line]
        self.assertEqual(len(losses["float32"]), 20)
        for exact, rounded in zip(losses["float32"], losses["bfloat16"]):
            self.assertNotEqual(exact, rounded)
            self.assertAlmostEqual(exact, rounded, delta=0.05)

    def test_a_run_keeps_to_its_numbers_and_instructions(self):
        folder = fresh("bf16_kept")
        portable = [*SFT, "--output_dir", folder, *BF16, "--bf16_kernels", "portable"]
        nudge(*portable)
        self.assertEqual(options_of(folder)["dtype"], "bfloat16")
        self.assertEqual(options_of(folder)["bf16_kernels"], "portable")
        other = nudge(*SFT, "--output_dir", folder, "--resume", code=1)
        self.assertIn("was started with dtype bfloat16, but this command says float32", other.stderr)
        # What is automatic is settled before the run begins, so that another processor is noticed.
        automatic = fresh("bf16_automatic")
        nudge(*SFT, "--output_dir", automatic, *BF16)
        used = options_of(automatic)["bf16_kernels"]
        self.assertIn(used, ("amx", "avx512_bf16", "portable"))
        if used != "portable":
            other = nudge(*portable[:-4], *BF16, "--resume", code=1)
            self.assertIn(f"was started with bf16_kernels portable, but this command says {used}", other.stderr)

    def test_the_first_ratio_is_one(self):
        for name, command, metric in (("ppo", PPO, "val/first_ratio_deviation"), ("grpo", GRPO, "first_ratio_deviation")):
            for kernels in ("auto", "portable"):
                folder = fresh(f"bf16_{name}_{kernels}")
                nudge(*command, "--output_dir", folder, *BF16, "--bf16_kernels", kernels)
                deviations = [line[metric] for line in metrics(folder) if metric in line]
                self.assertEqual(deviations, [0, 0, 0], f"{name} {kernels}")

    def test_an_interrupted_run_ends_with_the_same_bytes(self):
        undisturbed, disturbed = fresh("bf16_undisturbed"), fresh("bf16_disturbed")
        nudge(*SFT, *BF16, "--output_dir", undisturbed)
        process = subprocess.Popen([NUDGE, *map(str, [*SFT, *BF16, "--output_dir", disturbed, "--resume"])],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        file = disturbed / "metrics.jsonl"
        while process.poll() is None and (not file.exists() or file.read_bytes().count(b"\n") < 7):
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 130)
        nudge(*SFT, *BF16, "--output_dir", disturbed, "--resume")
        expected, came = contents(undisturbed / "final"), contents(disturbed / "final")
        self.assertEqual(expected, came)
        self.assertEqual((undisturbed / "metrics.jsonl").read_bytes(), file.read_bytes())

    def test_a_rollout_is_the_same_in_any_batch(self):
        answers = []
        for size in (1, 7):
            output = fresh(f"bf16_sample_{size}") / "answers.jsonl"
            nudge("sample", "--model", CHAIN / "sft", "--dataset", CHAIN / "world/rl_prompts.jsonl", "--limit", 12, *BF16,
                  "--batch_size", size, "--max_new_tokens", 24, "--seed", 5, "--output", output)
            answers.append(output.read_bytes())
        self.assertEqual(*answers)

    def test_instructions_that_the_processor_has_not(self):
        automatic = fresh("bf16_best")
        nudge(*SFT, "--output_dir", automatic, *BF16)
        has_amx = options_of(automatic)["bf16_kernels"] == "amx"
        asked = nudge("sample", "--model", CHAIN / "sft", "--dataset", CHAIN / "world/rl_prompts.jsonl", "--limit", 1, *BF16,
                      "--bf16_kernels", "amx", "--max_new_tokens", 2, "--output", fresh("bf16_absent") / "a.jsonl",
                      code=0 if has_amx else 1)
        self.assertEqual("this processor has not the instructions of amx" in asked.stderr, not has_amx)


if __name__ == "__main__":
    main()
