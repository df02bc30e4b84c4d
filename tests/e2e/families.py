"""Models of every family pass through nudge unchanged: transformers makes of what nudge wrote the logits that it makes of what nudge
read, bit for bit, in version 5 and, where NUDGE_TRANSFORMERS_4 names a Python that has it, in version 4."""

import json
import math
import os
import subprocess
import unittest

from harness import SOURCE, VENV_PYTHON, fresh, main, nudge, skip_all, venv_python

TOOL = SOURCE / "tools" / "check_families.py"
FORMS = {"config": "five", "config_4": "four"}  # of config.json


class Families(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = fresh("families")
        cls.data = cls.folder / "data.jsonl"
        cls.data.write_text(json.dumps({"text": "the quick brown fox"}) + "\n")
        for form, name in FORMS.items():
            lines = venv_python(TOOL, "make", cls.folder / name, form).splitlines()
            cls.architectures = dict(line.split() for line in lines)
            for family, architecture in cls.architectures.items():
                cls.rewrite(cls.folder / name / family, cls.folder / f"ours_{name}" / family, architecture)

    @classmethod
    def rewrite(cls, model, out, architecture):
        """Reads and writes it: a mean of the same, or a step that learns nothing."""
        if "Classification" in architecture:
            nudge("reward", "average", "--models", model, model, "--output_dir", out)
            return
        run = cls.folder / "run"
        nudge("sft", "--model", model, "--dataset", cls.data, "--max_length", 16, "--max_steps", 1, "--learning_rate", 0, "--overwrite",
              "--output_dir", run)
        out.parent.mkdir(exist_ok=True)
        (run / "final").rename(out)

    def test_transformers_5_computes_the_same(self):
        for name in FORMS.values():
            told = json.loads(venv_python(TOOL, "compare", self.folder / f"ours_{name}", self.folder / "five", *self.architectures).splitlines()[-1])
            self.assertEqual(told["differing"], [], told)

    def test_classifiers_score_as_transformers(self):
        """Several labels at the last token of the finished text; those of tokens at each."""
        ids = {name: i + 3 for i, name in enumerate(" abcdefghijklmnopqrstuvwxyz")}
        prompt, completion = "a cat", " and a dog"
        (self.folder / "texts.jsonl").write_text(json.dumps({"prompt": prompt, "completion": completion}) + "\n")
        sequence = [ids[letter] for letter in prompt + completion] + [2]
        score = ["score", "--dataset", self.folder / "texts.jsonl", "--output", self.folder / "scores.jsonl"]
        models = [self.folder / "five" / family for family, name in self.architectures.items() if "Classification" in name]
        told = json.loads(venv_python(TOOL, "logits", json.dumps(sequence), *models).splitlines()[-1])
        for model, theirs in zip(models, told):
            if model.name.endswith("_tokens"):
                nudge(*score, "--token_labels", model)
                self.expect_labels(json.loads((self.folder / "scores.jsonl").read_text())["token_labels"], theirs[len(prompt) :], completion)
                continue
            for label, expected in enumerate(theirs):
                head = f"model,head=LABEL_{label}:{model}" if len(theirs) > 1 else model
                nudge(*score, "--reward", head)
                self.assertAlmostEqual(json.loads((self.folder / "scores.jsonl").read_text())["score"], expected, delta=1e-4)

    def expect_labels(self, labelled, theirs, completion):
        self.assertEqual("".join(token["word"] for token in labelled), completion + "<eos>")
        for token, logits in zip(labelled, theirs):
            best = max(range(len(logits)), key=logits.__getitem__)
            self.assertEqual(token["entity"], f"LABEL_{best}")
            self.assertAlmostEqual(token["score"], 1 / sum(math.exp(x - logits[best]) for x in logits), delta=1e-4)

    def test_transformers_4_computes_the_same(self):
        python = os.environ.get("NUDGE_TRANSFORMERS_4")
        if not python:
            self.skipTest("NUDGE_TRANSFORMERS_4 names no Python with transformers 4")
        for name in FORMS.values():
            done = subprocess.run([python, TOOL, "compare", self.folder / f"ours_{name}", self.folder / "four", *self.architectures],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            told = json.loads(done.stdout.splitlines()[-1])
            self.assertTrue(told["transformers"].startswith("4."), told)
            self.assertEqual(told["differing"], [], told)


if __name__ == "__main__":
    if not VENV_PYTHON.exists():
        skip_all("no test environment; tools/setup --test makes one")
    main()
