"""Rewards on the command line: every example of docs/rewards.md is run, then ppo, best-of-n and eval train and judge by them."""

import json
import math
import os
import pathlib
import re
import shlex
import subprocess
import unittest

from harness import CHAIN, NUDGE, SOURCE, VENV_PYTHON, fresh, main, nudge, venv_python

DOCUMENT = (SOURCE / "docs/rewards.md").read_text()
EXAMPLES = pathlib.Path(os.environ.get("NUDGE_EXAMPLES", SOURCE / "build/release/examples"))
BLOCK = re.compile(r"^```(\w+) (run|output|file=(\S+))\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SMALL = ["--steps", 2, "--rollout_batch_size", 8, "--num_ppo_epochs", 1, "--num_mini_batches", 1, "--response_length", 8]


class Documentation(unittest.TestCase):
    def test_every_example_prints_what_the_page_says(self):
        folder = fresh("rewards_doc")
        commands, last = 0, None
        for _, kind, name, text in BLOCK.findall(DOCUMENT):
            if name and name.endswith(".cpp"):
                self.assertTrue((SOURCE / "examples" / name).read_text().endswith(text), f"examples/{name} differs from the page")
                last = subprocess.run([EXAMPLES / name[:-4]], capture_output=True, text=True, timeout=60).stdout
            elif name:
                (folder / name).write_text(text)
            elif kind == "run":
                words = shlex.split(text)
                self.assertEqual(words[0], "nudge")
                done = subprocess.run([NUDGE, *words[1:]], capture_output=True, text=True, cwd=folder, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                last = done.stdout
            else:
                self.assertEqual(last.splitlines(), text.splitlines())
                commands += 1
        self.assertEqual(commands, 4)

    def test_the_page_names_every_reward(self):
        listing = nudge("score", "--list").stdout
        for line in listing.splitlines():
            if not line.startswith(" "):
                name = re.match(r"\w+", line).group()
                self.assertRegex(DOCUMENT, rf"`{name}\b|`http", name)


CHATML = ("{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}"
          "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
TEMPLATE = ("{% for m in messages %}[{{ m['role'] }}]\n{{ m['content'] }}{{ eos_token }}{% endfor %}"
            "{% if add_generation_prompt %}[assistant]\n{% endif %}")
THEIR_SCORES = """
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
for messages in json.loads(sys.argv[2]):
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
    print(model(ids).logits[0, 0].item())
"""


@unittest.skipUnless(VENV_PYTHON.exists(), "the test environment (tools/setup --test) is absent")
class ForeignRewardModel(unittest.TestCase):
    def test_a_model_of_another_tokenizer_and_template_scores_as_in_transformers(self):
        """Case reward-position: read at the last token of the rendering that is not padding, whichever way it is loaded."""
        for name, template, pad in (("ends in its padding", TEMPLATE, "<|endoftext|>"), ("newline", CHATML, "<|endoftext|>"),
                                    ("pads with its end", CHATML, "<|im_end|>"), ("pads with another", TEMPLATE, "<|im_start|>")):
            with self.subTest(name):
                self.compare(fresh("rewards_foreign"), template, pad)

    def compare(self, folder, template, pad):
        model = folder / "model"
        nudge("tokenizer", "train", "--input", CHAIN / "world/corpus_eval.jsonl", "--vocab_size", 300, "--output_dir", model)
        tokenizer = json.loads((model / "tokenizer_config.json").read_text())
        (model / "tokenizer_config.json").write_text(json.dumps({**tokenizer, "chat_template": template, "pad_token": pad}))
        vocabulary = json.loads((model / "tokenizer.json").read_text())["model"]["vocab"]
        venv_python(SOURCE / "tools/check_transformers.py", "make", model, "--head", "scalar", "--vocab_size", len(vocabulary))
        config = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps({**config, "pad_token_id": vocabulary[pad]}))
        answers = [("What is the capital of France?", "It is Paris."), ("And of Japan?", "I don't know.")]
        asked = [[{"role": "user", "content": question}] for question, _ in answers]
        (folder / "answers.jsonl").write_text("".join(
            json.dumps({"prompt": prompt, "completion": answer}) + "\n" for prompt, (_, answer) in zip(asked, answers)))
        (folder / "theirs.py").write_text(THEIR_SCORES)
        whole = [prompt + [{"role": "assistant", "content": answer}] for prompt, (_, answer) in zip(asked, answers)]
        theirs = [float(line) for line in venv_python(folder / "theirs.py", model, json.dumps(whole)).split()]
        for option in ([], ["--tokenizer", CHAIN / "sft"], ["--tokenizer", model]):
            nudge("score", "--dataset", folder / "answers.jsonl", "--reward", model, "--output", folder / "scores.jsonl", *option)
            ours = [json.loads(line)["score"] for line in (folder / "scores.jsonl").read_text().splitlines()]
            for a, b in zip(ours, theirs, strict=True):
                self.assertAlmostEqual(a, b, delta=1e-4)


class Commands(unittest.TestCase):
    def test_ppo_sums_rewards_and_needs_no_reward_model(self):
        folder = fresh("rewards_ppo")
        nudge("ppo", "--model", CHAIN / "sft", "--reward", "length,max=3", "0.5*world", f"2*model,name=learned:{CHAIN / 'reward'}",
              "--dataset", CHAIN / "world/rl_prompts.jsonl", "--monitor", "regex,name=digits:[0-9]", "--output_dir", folder / "ppo",
              "--logging_steps", 1, *SMALL)
        line = json.loads((folder / "ppo/metrics.jsonl").read_text().splitlines()[0])
        self.assertIn("monitor/digits", line)
        self.assertTrue(math.isfinite(line["objective/scores"]))

    def test_reward_model_and_reward_are_one_thing(self):
        folder = fresh("rewards_same")
        scores = []
        for name, option in (("a", ["--reward_model", CHAIN / "reward"]), ("b", ["--reward", CHAIN / "reward"])):
            nudge("ppo", "--model", CHAIN / "sft", *option, "--value_model", CHAIN / "reward", "--dataset",
                  CHAIN / "world/rl_prompts.jsonl", "--output_dir", folder / name, "--logging_steps", 1, *SMALL)
            scores.append((folder / name / "metrics.jsonl").read_bytes())
        self.assertEqual(scores[0], scores[1])

    def test_best_of_n_and_eval(self):
        folder = fresh("rewards_bon")
        prompts = CHAIN / "world/eval_prompts.jsonl"
        small = ["--dataset", prompts, "--limit", 8, "--max_new_tokens", 8]
        nudge("best-of-n", "--model", CHAIN / "sft", "--reward", "length,max=4", "--judge", "regex:a", "--n", 1, 2,
              "--output_dir", folder, *small)
        self.assertEqual(len(json.loads((folder / "curve.json").read_text())), 2)
        nudge("eval", "--model", CHAIN / "sft", "--judge", "0.5*length,max=4", "--output", folder / "eval.json", *small)
        result = json.loads((folder / "eval.json").read_text())
        self.assertTrue(0 <= result["judge"]["value"] <= 0.5)
        self.assertEqual(result["unscorable"], 0)

    def test_score_reads_samples_and_writes_components(self):
        folder = fresh("rewards_score")
        nudge("sample", "--model", CHAIN / "sft", "--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 4,
              "--num_generations", 2, "--max_new_tokens", 8, "--output", folder / "samples.jsonl")
        nudge("score", "--dataset", folder / "samples.jsonl", "--reward", "repetition_penalty", CHAIN / "reward", "--output",
              folder / "scores.jsonl")
        lines = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
        self.assertEqual(len(lines), 8)
        self.assertEqual(list(lines[0]["components"]), ["repetition_penalty", "reward"])
        self.assertAlmostEqual(lines[0]["score"], sum(lines[0]["components"].values()), places=6)
        with_tokens = nudge("score", "--dataset", folder / "samples.jsonl", "--reward", CHAIN / "reward", "--tokenizer", CHAIN / "sft")
        self.assertIn(" 0 unscorable", with_tokens.stdout)

    def test_a_reward_that_scores_nothing_is_counted(self):
        folder = fresh("rewards_nothing")
        (folder / "answers.jsonl").write_text('{"prompt": "a", "completion": "1", "answer": "1"}\n{"prompt": "a", "completion": "2", "answer": "1"}\n')
        (folder / "none.py").write_text("def none(completions, **kwargs):\n    return [None] * len(completions)\n")
        reward = f"python:{folder / 'none.py'}:none"
        done = nudge("score", "--dataset", folder / "answers.jsonl", "--reward", reward, "number", "--output", folder / "scores.jsonl")
        self.assertRegex(done.stdout, r"none +0 scored +2 unscorable +no mean\n")
        self.assertRegex(done.stdout, r"number +2 scored +0 unscorable +mean 0\.5")
        lines = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
        self.assertEqual([line["score"] for line in lines], [1, 0])
        nudge("score", "--dataset", folder / "answers.jsonl", "--reward", reward, "--output", folder / "nothing.jsonl")
        self.assertEqual(json.loads((folder / "nothing.jsonl").read_text().splitlines()[1])["score"], None)

    def test_pass_at_k_leaves_out_what_could_not_be_checked(self):
        """pass-at-k-unscorable: it stood there as wrong."""
        folder = fresh("rewards_pass")
        (folder / "questions.jsonl").write_text('{"prompt": "Hello"}\n')
        (folder / "judge.py").write_text("def judge(completions, **kwargs):\n    return [1.0 if i % 2 else None for i in range(len(completions))]\n")
        said = nudge("pass-at-k", "--model", CHAIN / "sft", "--dataset", folder / "questions.jsonl", "--reward",
                     f"python:{folder / 'judge.py'}:judge", "--num_generations", 4, "--k", 1, 3, "--max_new_tokens", 4)
        result = json.loads(said.stdout)
        self.assertEqual(result["pass@1"]["value"], 1)
        self.assertIsNone(result["pass@3"]["value"])
        self.assertIsNone(result["length_wrong"]["value"])
        self.assertEqual((result["unscorable"], result["questions_left_out"]), (2, {"pass@3": 1}))

    def test_a_dead_reward_leaves_no_model(self):
        """dead-reward-exit-0: every step warned, none stopped, and the run ended well with the model unchanged."""
        folder = fresh("rewards_dead")
        prompts = ["--model", CHAIN / "sft", "--dataset", CHAIN / "world/rl_prompts.jsonl", "--steps", 4]
        (folder / "broken.py").write_text("def f(completions:\n")
        (folder / "other.py").write_text("def f(completions, **kwargs):\n    return [1.0] * len(completions)\n")
        small = {"grpo": ["--rollout_batch_size", 2, "--num_generations", 4, "--max_completion_length", 4],
                 "online-dpo": ["--rollout_batch_size", 4, "--max_new_tokens", 4],
                 "ppo": ["--rollout_batch_size", 8, "--num_mini_batches", 1, "--response_length", 4]}
        for command, sizes in small.items():
            for reward, words in (("program:/nonexistent/x", "could score 0 of 8 completions"),
                                  ("http,retries=0://127.0.0.1:1/score", "could score 0 of 8 completions"),
                                  (f"python:{folder / 'broken.py'}:f", "SyntaxError"),
                                  (f"python:{folder / 'other.py'}:g", "has no function g")):
                said = nudge(command, *prompts, *sizes, "--reward", reward, "--output_dir", folder / "run", code=1).stderr
                self.assertIn(words, said, command)
                self.assertFalse((folder / "run").exists(), f"{command} {reward}")
        said = nudge("grpo", *prompts, *small["grpo"], "--reward", f"python:{folder / 'other.py'}:f", "--output_dir", folder / "run", code=1).stderr
        self.assertIn("nothing was learned", said)
        self.assertFalse((folder / "run/final").exists())

    def test_each_reward_can_be_compared_alone(self):
        """GDPO: the advantages of a rollout are those that its texts give by the formula."""
        folder = fresh("rewards_alone")
        (folder / "two.py").write_text(
            "def text(completion):\n    return completion if isinstance(completion, str) else completion[-1]['content']\n"
            "def vowels(completions, **kwargs):\n    return [float(sum(c in 'aeiou' for c in text(each))) for each in completions]\n"
            "def brief(completions, **kwargs):\n    return [-100.0 * len(text(each)) for each in completions]\n")
        rewards = ["--reward", f"python:{folder / 'two.py'}:vowels", f"0.5*python:{folder / 'two.py'}:brief"]
        run = ["grpo", "--model", CHAIN / "sft", "--dataset", CHAIN / "world/rl_prompts.jsonl", *rewards, "--steps", 1,
               "--rollout_batch_size", 1, "--num_generations", 8, "--max_completion_length", 8, "--save_steps", 0]

        def normal(values, epsilon):
            mean = sum(values) / len(values)
            deviation = math.sqrt(sum((x - mean) ** 2 for x in values) / (len(values) - 1))
            return [(x - mean) / (deviation + epsilon) for x in values]

        nudge(*run, "--preset", "gdpo", "--output_dir", folder / "gdpo")
        samples = [json.loads(line) for line in (folder / "gdpo/samples/rollouts.jsonl").read_text().splitlines()]
        vowels = [sum(c in "aeiou" for c in each["completion"]) for each in samples]
        lengths = [-100 * len(each["completion"]) for each in samples]
        self.assertEqual(len(set(lengths)) > 1 and len(samples), 8)
        summed = [a + 0.5 * b for a, b in zip(normal(vowels, 1e-4), normal(lengths, 1e-4))]
        for each, a, b, advantage in zip(samples, vowels, lengths, normal(summed, 1e-4)):
            self.assertAlmostEqual(each["reward"], a + 0.5 * b)
            self.assertAlmostEqual(each["advantage"], advantage, places=6)
        line = json.loads((folder / "gdpo/metrics.jsonl").read_text())
        self.assertEqual(line["frac_reward_zero_std"], 0)
        self.assertAlmostEqual(line["rewards/vowels/mean"], sum(vowels) / 8)
        for program, words in (("trl", "--normalize_advantages sequences"), ("verl", "--normalize_advantages tokens")):
            said = nudge(*run, "--preset", "gdpo", "--compat", program, "--output_dir", folder / program).stderr
            self.assertIn(words, said)
        nudge(*run, "--preset", "gdpo", "--compat", "openrlhf", "--output_dir", folder / "openrlhf", code=2)
        said = nudge(*run, "--multi_objective_aggregation", "normalize_then_sum", "--output_dir", folder / "half", code=2).stderr
        self.assertIn("--preset gdpo", said)

    def test_one_bad_record_is_named_and_costs_itself(self):
        """ifeval-one-bad-record, and a reference that is no number: it ended the run in its middle."""
        folder = fresh("rewards_record")
        ids = ["punctuation:no_comma", "no:such", "punctuation:no_comma"]
        records = [{"prompt": f"Question {i}", "completion": "yes", "answer": ["1", "2", "3k"][i], "instruction_id_list": [ids[i]], "kwargs": [{}]}
                   for i in range(3)]
        (folder / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        done = nudge("score", "--dataset", folder / "records.jsonl", "--reward", "ifeval", "--output", folder / "scores.jsonl")
        self.assertIn("record 2 (Question 1): ifeval: ifeval: there is no instruction no:such", done.stderr)
        self.assertEqual([json.loads(line)["score"] for line in (folder / "scores.jsonl").read_text().splitlines()], [1, None, 1])
        said = nudge("score", "--dataset", folder / "records.jsonl", "--reward", "number").stderr
        self.assertIn('record 3 (Question 2): number: its answer "3k" is no number', said)
        (folder / "length.py").write_text("def length(completions, **kwargs):\n    return [float(len(c) % 7) for c in completions]\n")
        said = nudge("grpo", "--model", CHAIN / "sft", "--dataset", folder / "records.jsonl", "--steps", 2, "--rollout_batch_size", 2,
                     "--num_generations", 4, "--max_completion_length", 8, "--reward", "ifeval", f"python:{folder / 'length.py'}:length",
                     "--output_dir", folder / "run").stderr
        self.assertIn("1 of 3 records cannot be scored", said)

    def test_an_answer_that_nests_too_deep_is_no_score(self):
        """reward-nested-answer: it ended the program with a signal."""
        folder = fresh("rewards_nested")
        (folder / "one.jsonl").write_text('{"prompt": "a", "completion": "b"}\n')
        (folder / "nested.py").write_text("import sys\nfor line in sys.stdin:\n    print('[' * 60000 + ']' * 60000, flush=True)\n")
        done = nudge("score", "--dataset", folder / "one.jsonl", "--reward", f"program:python3 {folder / 'nested.py'}")
        self.assertIn("nested deeper than 64 levels", done.stderr)
        self.assertRegex(done.stdout, r"score +0 scored +1 unscorable")

    def test_what_is_wrong_is_said(self):
        for code, words, *arguments in (
            (2, ["did you mean number?"], "score", "--dataset", "x", "--reward", "nmber"),
            (2, ["--reward_weights"], "score", "--dataset", "x", "--reward", "number", "--reward_weights", 1, 2),
            (2, ["--reward"], "ppo", "--model", CHAIN / "sft", "--dataset", "x", "--output_dir", "y"),
            (2, ["one of the two"], "ppo", "--model", CHAIN / "sft", "--dataset", "x", "--output_dir", "y", "--reward", "number",
             "--reward_model", CHAIN / "reward"),
            (1, ["called number"], "score", "--dataset", "x", "--reward", "number", "number"),
            (1, ["no such model directory"], "score", "--dataset", "x", "--reward", "no/such"),
        ):
            said = nudge(*arguments, code=code).stderr
            for word in words:
                self.assertIn(word, said)


if __name__ == "__main__":
    main()
