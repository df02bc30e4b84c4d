"""One name for each thing, several datasets, what the model takes as the longest example, and the edges of every option's range."""

import json
import re
import shutil
import unittest

from harness import CHAIN, fresh, main, nudge

POLICY = ["--model", CHAIN / "sft"]
PAIRS = [*POLICY, "--dataset", CHAIN / "pairs.jsonl"]
PROMPTS = [*POLICY, "--dataset", CHAIN / "world/rl_prompts.jsonl", "--reward", "length,max=3", "--rollout_batch_size", 4]
PLANNED = {
    "pretrain": ["--tokenizer", CHAIN / "tokenizer", "--dataset", CHAIN / "world/corpus_eval.jsonl", "--max_length", 32, "--hidden_size", 16,
                 "--intermediate_size", 16, "--num_hidden_layers", 1, "--num_attention_heads", 2, "--num_key_value_heads", 2],
    "sft": ["--model", CHAIN / "base", "--dataset", CHAIN / "world/demonstrations.jsonl"],
    "reward": PAIRS, "dpo": PAIRS, "orpo": PAIRS, "cpo": PAIRS, "kto": PAIRS, "bco": PAIRS,
    "ppo": [*PROMPTS, "--max_new_tokens", 8],
    "grpo": [*PROMPTS, "--max_new_tokens", 8],
    "online-dpo": [*PROMPTS, "--max_new_tokens", 8],
}


def configuration(run):
    lines = (line.split(": ", 1) for line in (run / "config.yaml").read_text().splitlines() if ": " in line)
    return dict(lines)


def records(path):
    return path.read_text().splitlines(keepends=True)


class Options(unittest.TestCase):
    def test_max_length_is_what_the_model_takes(self):
        folder = fresh("max_length")
        for command in ("sft", "reward", "dpo", "orpo", "cpo", "kto", "bco"):
            with self.subTest(command=command):
                nudge(command, *PLANNED[command], "--output_dir", folder / command, "--plan")
        nudge("sft", *PLANNED["sft"], "--output_dir", folder / "run", "--max_steps", 1)
        self.assertEqual(configuration(folder / "run")["max_length"], "192")  # the model's context, less than 1024
        self.assertIn("193", nudge("sft", *PLANNED["sft"], "--output_dir", folder / "long", "--max_length", 193, code=1).stderr)

    def test_every_name_of_the_same_thing(self):
        folder = fresh("names")
        for index, name in enumerate(("max_new_tokens", "max_completion_length", "response_length")):
            with self.subTest(name=name):
                for command in ("ppo", "grpo", "online-dpo"):
                    run = folder / f"{command}-{index}"
                    nudge(command, *PROMPTS, "--output_dir", run, f"--{name}", 5, "--steps" if index else "--max_steps", 1)
                    said = configuration(run)
                    self.assertEqual((said["max_new_tokens"], said["max_steps"]), ("5", "1"))
                sampled = nudge("sample", *POLICY, "--prompt", "Hello", f"--{name}", 5).stdout
                self.assertLessEqual(len(json.loads(sampled)["completions"][0]["tokens"]), 5)
        nudge("chat", "--model", CHAIN / "sft", stdin="Hello\n")
        nudge("best-of-n", *POLICY, "--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 2, "--n", 1, 2, "--max_new_tokens", 4,
              "--reward_model", "length,max=3", "--output_dir", folder / "best")

    def test_an_older_run_resumes_by_its_old_names(self):
        run = fresh("old_names") / "run"
        arguments = ["ppo", *POLICY, "--dataset", CHAIN / "world/rl_prompts.jsonl", "--reward_model", CHAIN / "reward",
                     "--rollout_batch_size", 4, "--response_length", 5, "--steps", 2, "--output_dir", run]
        nudge(*arguments)
        final = (run / "final/model.safetensors").read_bytes()
        text = (run / "config.yaml").read_text()
        text = text.replace("max_new_tokens:", "response_length:").replace("max_steps:", "steps:")
        text = re.sub(r"^reward: \[(.*)\]$", r"reward_model: \1\nreward: []", text, flags=re.MULTILINE)
        text = re.sub(r"^allow_changed_inputs: .*\n", "", text, flags=re.MULTILINE)  # it had no such option
        self.assertIn(f"reward_model: {CHAIN / 'reward'}\n", text)
        (run / "config.yaml").write_text(text)
        shutil.rmtree(run / "final")
        nudge(*arguments, "--resume")
        self.assertEqual((run / "final/model.safetensors").read_bytes(), final)
        self.assertIn("max_new_tokens 5", nudge(*arguments[:-2], "--response_length", 6, "--output_dir", run, "--resume", code=1).stderr)

    def test_several_datasets_are_one_in_their_order(self):
        folder = fresh("several")
        for name, command in (("world/demonstrations.jsonl", "sft"), ("pairs.jsonl", "dpo"), ("pairs.jsonl", "kto"), ("pairs.jsonl", "reward")):
            with self.subTest(command=command):
                lines = records(CHAIN / name)
                (folder / "whole.jsonl").write_text("".join(lines))
                (folder / "a.jsonl").write_text("".join(lines[:7]))
                (folder / "b.jsonl").write_text("".join(lines[7:]))
                start = ["--model", CHAIN / ("base" if command == "sft" else "sft"), "--max_length", 128, "--per_device_train_batch_size", 4]
                short = ["--num_train_epochs", 0.1] if command == "reward" else ["--max_steps", 2]
                models = []
                for run, data in (("whole", ["--dataset", folder / "whole.jsonl"]), ("twice", ["--dataset", folder / "a.jsonl", "--dataset", folder / "b.jsonl"]),
                                  ("listed", ["--dataset", folder / "a.jsonl", folder / "b.jsonl"])):
                    nudge(command, *start, *short, *data, "--output_dir", folder / command / run)
                    models.append((folder / command / run / "final/model.safetensors").read_bytes())
                self.assertEqual(models[0], models[1])
                self.assertEqual(models[0], models[2])

    def test_prompts_come_from_several_files(self):
        folder = fresh("several_prompts")
        lines = records(CHAIN / "world/eval_prompts.jsonl")
        (folder / "a.jsonl").write_text("".join(lines[:3]))
        (folder / "b.jsonl").write_text("".join(lines[3:5]))
        data = ["--dataset", folder / "a.jsonl", "--dataset", folder / "b.jsonl"]
        sampled = nudge("sample", *POLICY, *data, "--max_new_tokens", 4).stdout
        self.assertEqual([json.loads(line)["prompt"] for line in sampled.splitlines()], [json.loads(line)["prompt"] for line in lines[:5]])
        nudge("ppo", *POLICY, *data, "--reward", "length,max=3", "--rollout_batch_size", 5, "--max_steps", 1, "--max_new_tokens", 4,
              "--output_dir", folder / "run")

    def test_what_takes_one_file_refuses_two(self):
        done = nudge("preferences", "stats", "--dataset", CHAIN / "pairs.jsonl", "--dataset", "other.jsonl", code=2)
        self.assertIn("--dataset takes one value, and 2 came", done.stderr)

    def test_a_plain_prompt_to_a_chat_model_is_told(self):
        self.assertIn("--apply_chat_template", nudge("sample", *POLICY, "--prompt", "Hello", "--max_new_tokens", 2).stderr)
        self.assertNotIn("--apply_chat_template",
                         nudge("sample", *POLICY, "--prompt", "Hello", "--apply_chat_template", "--max_new_tokens", 2).stderr)

    def test_the_edges_of_every_range_are_survived(self):
        """0 and -1, where an option takes them, neither crash nor hang: each number of each training command, planned."""
        for command, arguments in PLANNED.items():
            text = nudge(command, "--help", env={"COLUMNS": "2000"}).stdout
            for name, range_ in re.findall(r"^  --(\w+) (?:NUMBER|INTEGER)[ .]* .*?(?:\[([^\]]*)\])?(?: \(default.*)?$", text, re.MULTILINE):
                if f"--{name}" in arguments or name == "seed":
                    continue
                edges = [0] if re.search(r"^0 or more|^from 0|^at least 0|, or 0|^$", range_) else []
                edges += [-1] if re.search(r", or -1|^$", range_) else []
                for value in edges:
                    with self.subTest(command=command, option=name, value=value):
                        done = nudge(command, *arguments, "--output_dir", fresh("edges") / "run", "--plan", f"--{name}", value, code=None,
                                     timeout=60)
                        self.assertIn(done.returncode, (0, 1, 2), f"--{name} {value} [{range_}]\n{done.stderr}")


if __name__ == "__main__":
    main()
