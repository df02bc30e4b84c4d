"""Comparisons and votes on the command line: every command of docs/preferences.md is run, then trainers read what export wrote."""

import json
import os
import re
import shlex
import unittest

from harness import CHAIN, SOURCE, contents, fresh, main, nudge

DOCUMENT = (SOURCE / "docs/preferences.md").read_text()


class Preferences(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = fresh("preferences")
        for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.S):
            for line in block.splitlines():
                words = shlex.split(line)
                words = [re.sub(r"^runs/tour/(pairs|candidates)\.jsonl$", rf"{CHAIN}/\1.jsonl", word) for word in words]
                words = [word.replace("runs/tour/", f"{cls.folder}/") for word in words]
                nudge(*words[1:])

    def test_the_document_ran(self):
        agreement = json.loads((self.folder / "agreement.json").read_text())
        self.assertEqual(agreement["raters"], 3)
        self.assertLessEqual(agreement["fleiss"]["low"], agreement["fleiss"]["value"])
        rows = (self.folder / "train.csv").read_bytes()
        self.assertTrue(rows.startswith(b"comparison,prompt,chosen,rejected"))
        manifest = json.loads((self.folder / "consensus.jsonl.manifest.json").read_text())
        self.assertEqual(manifest["query"]["aggregate"], "dawid_skene")
        self.assertEqual(manifest["counts"]["votes_after_aggregation"], manifest["counts"]["comparisons"])
        priorities = [json.loads(line)["priority"] for line in (self.folder / "order.jsonl").read_text().splitlines()]
        self.assertEqual(priorities, sorted(priorities, reverse=True))

    def test_comparisons_without_votes_are_said_to_be_so(self):
        refused = nudge("preferences", "export", "--dataset", CHAIN / "candidates.jsonl", "--output", self.folder / "none.jsonl",
                        code=1)
        self.assertIn("nobody has voted on any of its", refused.stderr)
        self.assertFalse((self.folder / "none.jsonl").exists())

    def test_a_stream_gets_the_records_alone(self):
        done = nudge("preferences", "export", "--dataset", self.folder / "three.jsonl", "--output", "/dev/stdout")
        nudge("preferences", "export", "--dataset", self.folder / "three.jsonl", "--output", self.folder / "same.jsonl")
        self.assertEqual(done.stdout, (self.folder / "same.jsonl").read_text())
        self.assertIn("records", done.stderr)
        self.assertFalse(os.path.exists("/dev/stdout.manifest.json"))

    def test_exports_are_reproducible_and_train(self):
        for format in ("pairs", "ranking", "kto", "sharegpt", "csv", "raw"):
            for name in ("a", "b"):
                nudge("preferences", "export", "--dataset", self.folder / "three.jsonl", "--format", format, "--output",
                      self.folder / name / f"{format}.{'csv' if format == 'csv' else 'jsonl'}")
        self.assertEqual(contents(self.folder / "a"), contents(self.folder / "b"))
        training = ["--model", CHAIN / "sft", "--max_length", 128]
        nudge("reward", *training, "--num_train_epochs", 1, "--dataset", self.folder / "consensus.jsonl", "--output_dir",
              self.folder / "reward")
        training += ["--max_steps", 1]
        nudge("dpo", *training, "--dataset", self.folder / "a/pairs.jsonl", "--output_dir", self.folder / "dpo")
        nudge("kto", *training, "--dataset", self.folder / "a/kto.jsonl", "--output_dir", self.folder / "kto")

    def test_models_say_what_to_ask(self):
        order = self.folder / "by_models.jsonl"
        nudge("preferences", "prioritise", "--dataset", self.folder / "three.jsonl", "--models", CHAIN / "reward",
              CHAIN / "reward", "--by", "uncertainty", "--random_share", 0, "--output", order)
        values = [json.loads(line)["value"] for line in order.read_text().splitlines()]
        self.assertEqual(values, sorted(values, reverse=True))

    def test_bad_records_are_counted_and_bad_files_refused(self):
        data = self.folder / "mixed.jsonl"
        data.write_text('{"prompt": "a", "chosen": "x", "rejected": "y"}\n{"prompt": "a", "chosen": true, "rejected": "y"}\n'
                        '{"prompt": 3, "chosen": "x", "rejected": "y"}\n{"chosen": [], "rejected": {}}\n{}\n')
        done = nudge("preferences", "import", "--dataset", data, "--output", self.folder / "mixed.raw.jsonl")
        self.assertIn("1 comparisons and 1 votes", done.stdout)
        self.assertEqual(done.stdout.count("left out: 1"), 4)
        data.write_text('{"a": 1}\n')
        done = nudge("preferences", "stats", "--dataset", data, code=1)
        self.assertIn("no format of preferences has the columns a", done.stderr)


if __name__ == "__main__":
    main()
