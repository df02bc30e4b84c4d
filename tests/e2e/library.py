"""The library as another program's author has it: installed, found by CMake, linked, and trained with."""

import json
import os
import pathlib
import subprocess
import unittest

from harness import CHAIN, SOURCE, fresh, main, nudge

BUILD = pathlib.Path(os.environ["NUDGE_BUILD"])


def run(*command):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = fresh("library")
        cls.prefix = cls.folder / "prefix"
        run(os.environ["CMAKE"], "--install", BUILD, "--prefix", cls.prefix)

    def test_installs_what_belongs_to_it(self):
        headers = self.prefix / "include/nudge"
        self.assertTrue((headers / "assembly/loaded_model.h").exists())
        self.assertFalse((headers / "cli").exists())
        for header in headers.rglob("*.h"):
            self.assertNotIn("gtest", header.read_text(), header)
        self.assertFalse(list(self.prefix.rglob("libnudge_cli*")))

    def test_examples_train_on_the_installed_package(self):
        built = self.folder / "examples"
        run(os.environ["CMAKE"], "-S", SOURCE / "examples", "-B", built, "-DCMAKE_BUILD_TYPE=Release",
            f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run(os.environ["CMAKE"], "--build", built, "--parallel", "2")
        self.assertIn("It is 5. -> 1.5", run(built / "own_reward"))
        said = run(built / "train", CHAIN / "base", CHAIN / "world/demonstrations.jsonl", CHAIN / "world/rl_prompts.jsonl",
                   self.folder / "runs")
        self.assertRegex(said, r"train: \d+ steps: loss from .*\nppo: 4 rollouts: reward from ")
        metrics = [json.loads(line) for line in (self.folder / "runs/ppo/metrics.jsonl").read_text().splitlines()]
        self.assertEqual(len(metrics), 4)
        self.assertIn("kl_coef: 0.2", (self.folder / "runs/ppo/config.yaml").read_text())
        nudge("sample", "--model", self.folder / "runs/ppo", "--dataset", CHAIN / "world/eval_prompts.jsonl",
              "--max_new_tokens", 8, "--output", self.folder / "answers.jsonl")


if __name__ == "__main__":
    main()
