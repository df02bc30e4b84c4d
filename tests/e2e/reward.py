"""Reward models from every kind of feedback, and their uses: ensembles, heads, averages, reports, real comparisons."""

import json
import shutil
import unittest

from harness import CHAIN, SHARED_DATA, VENV_PYTHON, contents, fresh, main, nudge, venv_python

SMALL = ["--max_length", 128, "--learning_rate", "1e-3", "--eval_share", 0.3, "--normalization_samples", 16,
         "--normalization_max_new_tokens", 8, "--logging_steps", 1]
TRANSFORMERS = """
import sys, json, torch
from transformers import AutoModelForSequenceClassification
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1])
print(json.dumps({"labels": model.config.num_labels, "names": model.config.id2label, "shape": list(model.score.weight.shape)}))
"""


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def ranked(record):
    """A ranking by a rater who likes many letters e, ties included."""
    texts = [completion["text"] for completion in record["completions"]]
    liked = sorted({text.count("e") for text in texts}, reverse=True)
    return {"prompt": record["prompt"], "completions": texts, "ranks": [liked.index(text.count("e")) for text in texts],
            "extra": {"ended": [completion["ended"] for completion in record["completions"]]}}


class Reward(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = fresh("reward")
        nudge("sample", "--model", CHAIN / "sft", "--dataset", CHAIN / "world/comparison_prompts.jsonl", "--num_generations",
              4, "--temperature", 1, "--max_new_tokens", 16, "--output", cls.folder / "four.jsonl")
        write(cls.folder / "rankings.jsonl", [ranked(record) for record in lines(cls.folder / "four.jsonl")])
        for seed in (1, 2):
            cls.train(f"seed{seed}", "--seed", seed)

    @classmethod
    def train(cls, name, *more, dataset=None, code=0):
        done = nudge("reward", "--model", CHAIN / "sft", "--dataset", dataset or CHAIN / "pairs.jsonl", "--output_dir",
                     cls.folder / name, *SMALL, *more, code=code)
        return done.stderr if code else json.loads((cls.folder / name / "evaluation.json").read_text())

    def test_every_likelihood_of_comparisons(self):
        for loss in ("bradley_terry", "rao_kupper", "davidson", "plackett_luce"):
            with self.subTest(loss):
                evaluation = self.train(loss, "--loss_type", loss, dataset=self.folder / "rankings.jsonl")
                self.assertGreater(evaluation["pairs"], evaluation["prompts"])  # of rankings of four
                self.assertEqual("ties" in evaluation, True)
                self.assertEqual("thresholds" in evaluation, loss in ("rao_kupper", "davidson"))
                self.assertTrue((self.folder / loss / "report.html").read_text().startswith("<!doctype html>"))

    def test_what_is_known_of_raters(self):
        pairs = lines(CHAIN / "pairs.jsonl")
        for i, pair in enumerate(pairs):
            pair["extra"] = {**pair.get("extra", {}), "strength": 1 + i % 4}
            pair["source"] = "even" if i % 2 == 0 else "odd"
        data = write(self.folder / "strengths.jsonl", pairs)
        evaluation = self.train("strengths", "--margin", "strength", "--rater_noise", 0.1, "--label_smoothing", 0.05,
                                "--center_rewards_coefficient", 0.01, "--learning_curve", 0.5, dataset=data)
        self.assertEqual([row["strength"] for row in evaluation["by_strength"]], [1, 2, 3, 4])
        self.assertEqual([row["source"] for row in evaluation["by_source"]], ["even", "odd"])
        self.assertEqual(len(evaluation["learning_curve"]), 2)
        self.assertIn("position", evaluation)

    def test_labels_and_steps(self):
        labelled = [{"prompt": f"Question {i}?", "completion": ["No.", "Perhaps.", "Yes."][i % 3], "label": i % 3} for i in range(45)]
        data = write(self.folder / "graded.jsonl", labelled)
        for loss in ("regression", "ordinal"):
            self.assertIn("correlation", self.train(loss, "--loss_type", loss, dataset=data))
        outcomes = write(self.folder / "outcomes.jsonl", [record | {"label": record["label"] == 2} for record in labelled])
        for loss in ("outcome", "outcome_every_token"):
            self.assertIn("accuracy", self.train(loss, "--loss_type", loss, dataset=outcomes))
        steps = write(self.folder / "steps.jsonl", [{"prompt": f"{i} + 1?", "completions": ["One more.", f"It is {i + 1 + i % 2}."],
                                                     "labels": [True, i % 2 == 0]} for i in range(40)])
        self.assertIn("accuracy", self.train("process", "--loss_type", "process", dataset=steps))
        answers = write(self.folder / "steps_answers.jsonl", [{"prompt": "1 + 1?", "completion": "One more.\nIt is 2.\n"},
                                                              {"prompt": "1 + 1?", "completion": " "}])
        scores = {}
        for how in ("min", "mean", "last", "product"):
            nudge("score", "--dataset", answers, "--reward", f"steps,combine={how}:{self.folder / 'process'}", "--output",
                  self.folder / "steps_scored.jsonl")
            first, blank = lines(self.folder / "steps_scored.jsonl")
            scores[how] = first["score"]
            self.assertIsNone(blank["score"])
        self.assertLess(scores["product"], scores["min"])
        self.assertLessEqual(scores["min"], scores["mean"])
        self.assertIn("0 or 1", self.train("wrong", "--loss_type", "outcome", dataset=data, code=1))

    def test_heads_are_combined_where_they_are_used(self):
        self.train("heads", "--num_heads", 3)
        config = json.loads((self.folder / "heads/final/config.json").read_text())
        self.assertEqual(config["num_labels"], 3)
        self.assertEqual(len(config["mean"]), 3)
        prompts = write(self.folder / "completions.jsonl", [{"prompt": "What is the capital of France?", "completion": "Paris."}])
        plain = nudge("score", "--dataset", prompts, "--reward", self.folder / "heads", code=1)
        self.assertIn("combine=mean", plain.stderr)
        output = self.folder / "scored.jsonl"
        scores = {}
        for how in ("combine=mean", "combine=min", "combine=mean_minus_std,k=2", "weights=1/0/0", "head=head_2"):
            nudge("score", "--dataset", prompts, "--reward", f"model,{how}:{self.folder / 'heads'}", "--output", output)
            (scored,) = lines(output)
            heads = [scored["components"][f"heads/head_{i}"] for i in range(3)]
            scores[how] = scored["score"]
        self.assertAlmostEqual(scores["combine=mean"], sum(heads) / 3, places=6)
        self.assertAlmostEqual(scores["combine=min"], min(heads), places=6)
        self.assertAlmostEqual(scores["weights=1/0/0"], heads[0], places=6)
        self.assertAlmostEqual(scores["head=head_2"], heads[2], places=6)
        self.assertLess(scores["combine=mean_minus_std,k=2"], scores["combine=mean"])

    def test_heads_of_aspects(self):
        pairs = [pair | {"aspect": ["helpful", "harmless"][i % 2]} for i, pair in enumerate(lines(CHAIN / "pairs.jsonl"))]
        self.train("aspects", "--head_column", "aspect", dataset=write(self.folder / "aspects.jsonl", pairs))
        config = json.loads((self.folder / "aspects/final/config.json").read_text())
        self.assertEqual(config["id2label"], {"0": "harmless", "1": "helpful"})
        missing = self.train("missing", "--head_column", "colour", dataset=self.folder / "aspects.jsonl", code=1)
        self.assertIn("colour", missing)

    def test_ensembles_and_averages_train_a_policy(self):
        both = f"{self.folder / 'seed1'},{self.folder / 'seed2'}"
        grpo = ["grpo", "--model", CHAIN / "sft", "--dataset", CHAIN / "world/rl_prompts.jsonl", "--steps", 1, "--rollout_batch_size",
                2, "--num_generations", 2, "--max_completion_length", 8, "--logging_steps", 1]
        nudge(*grpo, "--reward", f"ensemble,combine=min:{both}", "--output_dir", self.folder / "grpo")
        (step,) = lines(self.folder / "grpo/metrics.jsonl")
        for name in ("rewards/ensemble/mean", "rewards/ensemble/std/mean", "rewards/seed1/mean", "rewards/seed2/mean"):
            self.assertIn(name, step)
        nudge("reward", "average", "--models", self.folder / "seed1", self.folder / "seed2", "--output_dir", self.folder / "warm")
        nudge(*grpo, "--reward", self.folder / "warm", "--output_dir", self.folder / "grpo_warm")
        own = {"generation_config.json", "manifest.json"}  # what only a run writes
        self.assertEqual(set(contents(self.folder / "warm")) - own, set(contents(self.folder / "seed1/final")) - own)
        other = nudge("reward", "average", "--models", self.folder / "seed1", CHAIN / "sft", "--output_dir", self.folder / "no", code=1)
        self.assertIn("language model", other.stderr)
        self.assertFalse((self.folder / "no").exists())

    def test_transformers_loads_heads(self):
        if not VENV_PYTHON.exists():
            self.skipTest("needs the environment of tools/setup --test")
        self.train("two_heads", "--num_heads", 2)
        script = self.folder / "load.py"
        script.write_text(TRANSFORMERS)
        loaded = json.loads(venv_python(script, self.folder / "two_heads/final").splitlines()[-1])
        self.assertEqual(loaded["labels"], 2)
        self.assertEqual(loaded["names"], {"0": "head_0", "1": "head_1"})
        self.assertEqual(loaded["shape"][0], 2)

    def test_any_reward_is_judged(self):
        output, page = self.folder / "judged.json", self.folder / "judged.html"
        done = nudge("reward", "evaluate", "--dataset", self.folder / "rankings.jsonl", "--tokenizer", CHAIN / "sft", "--reward",
                     "length,unit=words,min=4", "--output", output, "--report", page)
        self.assertIn("accuracy", done.stdout)
        self.assertIn("when_longer_chosen", json.loads(output.read_text()))
        self.assertIn("Most doubtful", page.read_text())

    def test_killed_thresholds_come_back(self):
        whole = [*SMALL, "--loss_type", "davidson", "--num_train_epochs", 2]
        data = self.folder / "rankings.jsonl"
        self.train("at_once", *whole, dataset=data)
        run = self.folder / "in_parts"
        self.train("in_parts", *whole, "--save_steps", 1, dataset=data)
        checkpoints = sorted((run / "checkpoints").iterdir())
        self.assertTrue(checkpoints)
        for name in ("final", "evaluation.json", "report.html"):
            path = run / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.train("in_parts", *whole, "--save_steps", 1, "--resume", dataset=data)
        self.assertEqual(contents(run / "final"), contents(self.folder / "at_once/final"))

    def test_normalisation_is_checked_before_the_first_step(self):
        """The model was trained to the end and then thrown away."""
        folder = fresh("reward_normalisation")
        asked = ["reward", "--model", CHAIN / "sft", "--dataset", CHAIN / "pairs.jsonl", *SMALL]
        for words, *options in (("at least 2", "--normalization_samples", 1), ("leave room", "--normalization_max_new_tokens", 100000)):
            said = nudge(*asked, *options, "--output_dir", folder / "refused", code=2 if "samples" in options[0] else 1).stderr
            self.assertIn(words, said)
            self.assertFalse((folder / "refused").exists())
        nudge(*asked, "--normalization_samples", 0, "--output_dir", folder / "raw")
        config = json.loads((folder / "raw/final/config.json").read_text())
        self.assertEqual((config.get("mean", 0), config.get("std", 1)), (0, 1))

    def test_wrong_use(self):
        for words, arguments in (
            ("strength_margins", ["--margin", "strength", "--strength_margins", 0, 1]),
            ("bradley_terry", ["--loss_type", "davidson", "--label_smoothing", 0.1]),
            ("margin", ["--loss_type", "plackett_luce", "--margin", "column"]),
            ("num_heads", ["--num_heads", 0]),
            ("head_column", ["--num_heads", 2, "--head_column", "aspect"]),
            ("loss_type", ["--loss_type", "bradly_terry"]),
        ):
            with self.subTest(words):
                self.assertIn(words, self.train("wrong_use", *arguments, code=2).strip().splitlines()[-1])
                self.assertFalse((self.folder / "wrong_use").exists())

    def test_real_comparisons(self):
        real = SHARED_DATA / "pref/llmbar-adv-Manual.json"
        if not real.exists():
            self.skipTest(f"{real} is absent")
        records = [{"prompt": each["input"], "chosen": each[f"output_{each['label']}"], "rejected": each[f"output_{3 - each['label']}"]}
                   for each in json.loads(real.read_text())]
        output = self.folder / "llmbar.json"
        nudge("reward", "evaluate", "--dataset", write(self.folder / "llmbar.jsonl", records), "--tokenizer", CHAIN / "sft",
              "--reward", "length,unit=words,min=50", "--output", output)
        judged = json.loads(output.read_text())
        self.assertAlmostEqual(judged["longer_preferred"]["value"], 0.178, delta=0.05)  # longer is worse there


if __name__ == "__main__":
    main()
