"""What happens around a run: files that change under it, signals, closed streams, recipes that never end."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import unittest

from harness import CHAIN, NUDGE, fresh, main, nudge

DEMONSTRATIONS = CHAIN / "world/demonstrations.jsonl"
LONG = 100_000  # steps: more than anybody waits for


def sft(dataset, folder, *more, model=CHAIN / "base"):
    return ["sft", "--model", model, "--dataset", dataset, "--output_dir", folder, "--max_length", 128, "--max_steps", 6,
            "--per_device_train_batch_size", 2, "--save_steps", 2, "--logging_steps", 1, *more]


def start(*arguments, **options):
    return subprocess.Popen([NUDGE, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True, **options)


def wait_for(condition, process):
    """Until it holds; fails when the process ends before."""
    while not condition():
        if process.poll() is not None and not condition():
            raise AssertionError(process.stderr.read())
        time.sleep(0.005)


def is_over(process_id):
    """Gone, or undead because nobody has asked how it ended."""
    try:
        return pathlib.Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def altered(file):
    """What the file could hold as well: another last weight, or a line break more."""
    data = file.read_bytes()
    return data[:-1] + bytes([data[-1] ^ 1]) if file.suffix == ".safetensors" else data + b"\n"


class ChangedInputs(unittest.TestCase):
    """A resumed run goes on with the files that it began with, or says which one is another."""

    def begun(self, name, train):
        """A run that was stopped before its end."""
        folder = fresh(name)
        nudge(*train(folder))
        shutil.rmtree(folder / "final")
        return folder

    def refused(self, train, folder, word):
        self.assertIn(word, nudge(*train(folder), "--resume", code=1).stderr)

    def test_data_and_model(self):
        inputs = fresh("changed_inputs")
        data, model = inputs / "data.jsonl", inputs / "model"
        shutil.copy(DEMONSTRATIONS, data)
        shutil.copytree(CHAIN / "base/final", model)
        folder = self.begun("changed_inputs_run", lambda run: sft(data, run, model=model))
        train = lambda run: sft(data, run, model=model)
        for file in (data, model / "model.safetensors", model / "tokenizer.json", model / "config.json"):
            with self.subTest(file=file.name):
                before = file.read_bytes()
                file.write_bytes(altered(file))
                self.refused(train, folder, f"{file.name} has changed")
                file.write_bytes(before)
        (folder / "config.yaml").rename(folder / "config.yaml.away")
        self.refused(train, folder, "config.yaml")
        (folder / "config.yaml.away").rename(folder / "config.yaml")
        nudge(*train(folder), "--resume")

    def test_reference_and_reward(self):
        inputs = fresh("changed_references")
        for name in ("sft", "reward"):
            shutil.copytree(CHAIN / name / "final", inputs / name)
        rewards = inputs / "rewards.py"
        rewards.write_text("def by_length(completions, **_): return [float(len(c)) for c in completions]\n")
        dpo = lambda run: ["dpo", "--model", CHAIN / "sft", "--ref_model", inputs / "sft", "--dataset", CHAIN / "pairs.jsonl",
                           "--output_dir", run, "--max_length", 128, "--max_steps", 2, "--save_steps", 1]
        grpo = lambda run: ["grpo", "--model", CHAIN / "sft", "--reward", inputs / "reward", f"python:{rewards}:by_length",
                            "--dataset", CHAIN / "world/rl_prompts.jsonl", "--output_dir", run, "--steps", 2, "--save_steps", 1,
                            "--rollout_batch_size", 2, "--num_generations", 2, "--max_completion_length", 8]
        for name, train, file in (("dpo", dpo, inputs / "sft/model.safetensors"),
                                  ("grpo", grpo, inputs / "reward/model.safetensors"), ("grpo_python", grpo, rewards)):
            with self.subTest(command=name):
                folder = self.begun(f"changed_{name}", train)
                before = file.read_bytes()
                file.write_bytes(altered(file))
                self.refused(train, folder, f"{file.name} has changed")
                self.assertIn("has changed", nudge(*train(folder), "--resume", "--allow_changed_inputs").stderr)
                file.write_bytes(before)

    def test_a_final_model_is_complete_when_its_files_are(self):
        folder = fresh("half_final")
        nudge(*sft(DEMONSTRATIONS, folder))
        weights = folder / "final/model.safetensors"
        whole = weights.read_bytes()
        weights.write_bytes(whole[: len(whole) // 2])
        self.assertIn("not complete", nudge(*sft(DEMONSTRATIONS, folder), "--resume").stderr)
        self.assertEqual(weights.read_bytes(), whole)
        self.assertIn("Nothing left to do", nudge(*sft(DEMONSTRATIONS, folder), "--resume").stderr)


class Signals(unittest.TestCase):
    def recipe(self, name):
        """A recipe whose one stage trains for ever."""
        folder = fresh(name)
        options = {key.lstrip("-"): str(value) for key, value in zip(*[iter(sft(DEMONSTRATIONS, folder / "run")[1:])] * 2)}
        options.update(max_steps=str(LONG), save_steps="0")
        recipe = folder / "recipe.yaml"
        recipe.write_text(json.dumps({"variables": {"folder": str(folder)}, "stages": [{"command": "sft", "options": options}]}))
        return folder, recipe

    def stage_of(self, process):
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        self.assertEqual(len(children), 1)
        return int(children[0])

    def test_a_recipe_passes_on_what_stops_it_and_waits(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(signal=number.name):
                folder, recipe = self.recipe(f"recipe_{number.name}")
                process = start("run", recipe)
                wait_for((folder / "run/metrics.jsonl").exists, process)
                stage = self.stage_of(process)
                process.send_signal(number)
                _, errors = process.communicate()
                self.assertEqual(process.returncode, 130, errors)
                self.assertTrue(is_over(stage))
                self.assertTrue(list((folder / "run/checkpoints").glob("step-*")), errors)

    def test_a_signal_to_the_whole_group_is_one_to_the_stage(self):
        folder, recipe = self.recipe("recipe_group")
        process = start("run", recipe, start_new_session=True)
        wait_for((folder / "run/metrics.jsonl").exists, process)
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C
        _, errors = process.communicate()
        self.assertEqual(process.returncode, 130, errors)
        self.assertTrue(list((folder / "run/checkpoints").glob("step-*")), errors)

    def test_a_stage_ends_with_a_killed_recipe(self):
        folder, recipe = self.recipe("recipe_killed")
        process = start("run", recipe)
        wait_for((folder / "run/metrics.jsonl").exists, process)
        stage = self.stage_of(process)
        process.kill()
        process.communicate()
        while not is_over(stage):
            time.sleep(0.01)
        self.assertTrue(list((folder / "run/checkpoints").glob("step-*")))

    def test_a_reward_that_is_awaited_holds_nothing_up(self):
        folder = fresh("awaited_reward")
        called, never = folder / "called", folder / "never.sh"
        never.write_text(f"echo $$ > {called}.new; mv {called}.new {called}; exec sleep 100000\n")
        for number in (signal.SIGINT, signal.SIGKILL):
            with self.subTest(signal=number.name):
                called.unlink(missing_ok=True)
                process = start("grpo", "--model", CHAIN / "sft", "--reward", f"program:sh {never}", "--dataset",
                                CHAIN / "world/rl_prompts.jsonl", "--output_dir", folder / number.name, "--steps", 2,
                                "--rollout_batch_size", 2, "--num_generations", 2, "--max_completion_length", 8)
                wait_for(called.exists, process)
                process.send_signal(number)
                _, errors = process.communicate()
                if number == signal.SIGINT:
                    self.assertEqual(process.returncode, 130, errors)
                program = int(called.read_text())
                while not is_over(program):
                    time.sleep(0.01)


    def test_a_server_that_is_awaited_holds_nothing_up(self):
        with socket.create_server(("127.0.0.1", 0)) as server:  # takes the request and says nothing
            folder = fresh("awaited_server")
            process = start("grpo", "--model", CHAIN / "sft", "--reward", f"http://127.0.0.1:{server.getsockname()[1]}/score",
                            "--dataset", CHAIN / "world/rl_prompts.jsonl", "--output_dir", folder / "run", "--steps", 2,
                            "--rollout_batch_size", 2, "--num_generations", 2, "--max_completion_length", 8)
            connection, _ = server.accept()
            with connection:
                connection.recv(1)
                process.send_signal(signal.SIGTERM)
                _, errors = process.communicate()
                self.assertEqual(process.returncode, 130, errors)


class Streams(unittest.TestCase):
    def test_closed_standard_streams_do_not_reach_our_files(self):
        folder = fresh("closed_streams")
        command = " ".join(map(str, [NUDGE, *sft(DEMONSTRATIONS, folder / "run")]))
        for closed in ("<&- >&- 2>&-", "2>&-", ">&- 2>&-"):
            with self.subTest(closed=closed):
                shutil.rmtree(folder / "run", ignore_errors=True)
                self.assertEqual(subprocess.run(["sh", "-c", f"exec {command} {closed}"]).returncode, 0)
                lines = (folder / "run/metrics.jsonl").read_text().splitlines()
                self.assertEqual([json.loads(line)["step"] for line in lines], list(range(1, 7)))


class Recipes(unittest.TestCase):
    def refused(self, text, *words):
        recipe = fresh("recipes") / "recipe.yaml"
        recipe.write_text(text)
        message = nudge("run", recipe, code=1).stderr
        for word in words:
            self.assertIn(word, message)

    def test_recipe_of_itself(self):
        self.refused("variables: {folder: x}\nstages: &s\n  - rounds: 2\n    stages: *s\n", "line 2", "hold itself")

    def test_doubling_variables(self):
        doubled = "".join(f'  v{i}: "{{v{i - 1}}}{{v{i - 1}}}"\n' for i in range(1, 60))
        self.refused(f"variables:\n  folder: x\n  v0: xx\n{doubled}stages: []\n", "longer than")

    def test_what_would_be_passed_over_in_silence(self):
        self.refused("variables: {folder: x}\nstages: []\n---\nstages: []\n", "2 documents")
        self.refused("variables: {folder: x}\nstages: []\nvariables: {folder: y}\n", '"variables"', "twice")


if __name__ == "__main__":
    main()
