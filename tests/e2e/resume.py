"""Killed at any moment and resumed, a run ends with the bytes of a run that was never killed."""

import random
import shutil
import signal
import subprocess
import time
import unittest

from harness import CHAIN, NUDGE, contents, fresh, main, nudge

SFT = ["sft", "--model", CHAIN / "base", "--dataset", CHAIN / "world/demonstrations.jsonl", "--max_length", 128,
       "--max_steps", 40, "--save_steps", 3, "--logging_steps", 1]
REWARD = ["reward", "--model", CHAIN / "sft", "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128, "--save_steps", 2,
          "--num_train_epochs", 6, "--per_device_train_batch_size", 8, "--normalization_samples", 24,
          "--normalization_max_new_tokens", 16, "--logging_steps", 1]
PPO = ["ppo", "--model", CHAIN / "sft", "--reward_model", CHAIN / "reward", "--dataset", CHAIN / "world/rl_prompts.jsonl",
       "--steps", 10, "--rollout_batch_size", 16, "--num_ppo_epochs", 2, "--num_mini_batches", 2, "--learning_rate", "1e-3",
       "--response_length", 16, "--kl_target", 0.5, "--save_steps", 1, "--logging_steps", 1]

DPO = ["dpo", "--model", CHAIN / "sft", "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128, "--max_steps", 40,
       "--learning_rate", "1e-3", "--save_steps", 3, "--logging_steps", 1]
KTO = ["kto", "--model", CHAIN / "sft", "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128, "--max_steps", 30,
       "--learning_rate", "1e-3", "--save_steps", 2, "--logging_steps", 1]
GRPO = ["grpo", "--model", CHAIN / "sft", "--reward", CHAIN / "reward", "length,max=30", "--dataset", CHAIN / "world/rl_prompts.jsonl",
        "--steps", 10, "--rollout_batch_size", 6, "--num_generations", 3, "--num_iterations", 2, "--steps_per_generation", 2,
        "--learning_rate", "1e-3", "--max_completion_length", 16, "--dynamic_sampling", "--save_steps", 1]

ONLINE_DPO = ["online-dpo", "--model", CHAIN / "sft", "--reward", CHAIN / "reward", "--dataset", CHAIN / "world/rl_prompts.jsonl",
              "--steps", 10, "--rollout_batch_size", 8, "--num_iterations", 2, "--learning_rate", "1e-3", "--max_new_tokens", 16,
              "--save_steps", 1]


def reproducible(folder):
    """What must be the same: weights, metrics, samples. Clocks and event files may differ."""
    return {name: data for name, data in contents(folder).items()
            if name.startswith(("final/", "value_model/", "samples/")) or name in ("metrics.jsonl", "evaluation.json", "ending.json")}


def lines_of(file):
    return file.read_bytes().count(b"\n") if file.exists() else 0


class Resume(unittest.TestCase):
    def compare(self, name, arguments, kill):
        undisturbed, disturbed = fresh(name + "_undisturbed"), fresh(name + "_disturbed")
        nudge(*arguments, "--output_dir", undisturbed)
        kill([NUDGE, *map(str, arguments), "--output_dir", str(disturbed), "--resume"], undisturbed, disturbed)
        nudge(*arguments, "--output_dir", disturbed, "--resume")
        expected, came = reproducible(undisturbed), reproducible(disturbed)
        self.assertIn("final/model.safetensors", expected)
        self.assertEqual(sorted(expected), sorted(came))
        for file in expected:
            self.assertEqual(expected[file], came[file], f"{name}: {file} differs")

    def killed(self, command, undisturbed, disturbed):
        """Kills a few milliseconds after a random line of metrics, further into the run each time. Lines and not seconds:
        on a busy machine a run takes many times longer than the one before."""
        random_numbers = random.Random(len(command))
        steps = lines_of(undisturbed / "metrics.jsonl")
        hits = 0
        for share in sorted(random_numbers.uniform(0.05, 0.95) for _ in range(5)):
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            while process.poll() is None and lines_of(disturbed / "metrics.jsonl") < share * steps:
                time.sleep(0.002)
            time.sleep(random_numbers.uniform(0, 0.03))
            process.kill()
            hits += process.wait() == -signal.SIGKILL
        self.assertGreater(hits, 2, "the run was over before it could be killed")

    def interrupted(self, command, undisturbed, disturbed):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True)
        half = lines_of(undisturbed / "metrics.jsonl") / 2
        while process.poll() is None and lines_of(disturbed / "metrics.jsonl") < half:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("--resume", errors)

    def test_sft_killed(self):
        self.compare("sft", SFT, self.killed)

    def test_reward_killed(self):
        self.compare("reward", REWARD, self.killed)

    def test_dpo_killed(self):
        self.compare("dpo", DPO, self.killed)

    def test_dpo_with_a_moving_reference_killed(self):
        self.compare("tr-dpo", [*DPO, "--sync_ref_model", "--ref_model_sync_steps", 4, "--loss_type", "aot"], self.killed)

    def test_kto_killed(self):
        self.compare("kto", KTO, self.killed)

    def test_bco_interrupted(self):
        self.compare("bco", ["bco", *KTO[1:]], self.interrupted)

    def test_ppo_killed(self):
        self.compare("ppo", PPO, self.killed)

    def test_ppo_interrupted(self):
        self.compare("ppo_interrupt", PPO, self.interrupted)

    def test_online_dpo_killed(self):
        self.compare("online_dpo", ONLINE_DPO, self.killed)

    def test_grpo_killed(self):
        self.compare("grpo", GRPO, self.killed)

    def test_grpo_interrupted(self):
        self.compare("grpo_interrupt", GRPO, self.interrupted)

    def test_a_damaged_checkpoint_falls_back_to_the_one_before(self):
        undisturbed, disturbed = fresh("damage_undisturbed"), fresh("damage_disturbed")
        nudge(*SFT, "--output_dir", undisturbed)
        nudge(*SFT, "--output_dir", disturbed)
        shutil.rmtree(disturbed / "final")  # as if it had been killed just before the end
        saved = sorted((disturbed / "checkpoints").glob("step-*"), key=lambda p: int(p.name.split("-")[1]))
        self.assertGreaterEqual(len(saved), 2)
        state = saved[-1] / "state.safetensors"
        damaged = bytearray(state.read_bytes())
        damaged[-1] ^= 0xFF
        state.write_bytes(damaged)
        resumed = nudge(*SFT, "--output_dir", disturbed, "--resume")
        self.assertIn("warning", resumed.stderr)
        self.assertEqual(reproducible(undisturbed), reproducible(disturbed))

    def test_another_configuration_does_not_resume(self):
        folder = fresh("other_configuration")
        nudge(*SFT, "--output_dir", folder)
        (folder / "final").rename(folder / "moved")
        wrong = nudge(*SFT, "--output_dir", folder, "--resume", "--learning_rate", "0.5", code=1)
        self.assertIn("learning_rate", wrong.stderr)


if __name__ == "__main__":
    main()
