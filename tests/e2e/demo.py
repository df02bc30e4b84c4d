"""The demo's recipe at its tiny size: every stage runs, the same seed gives the same bytes, the page opens clean."""

import json
import subprocess
import sys
import unittest

from harness import SOURCE, fresh, main, nudge


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = fresh("demo")
        nudge("demo", "--tiny", "--seed", 3, "--output_dir", cls.folder / "first", timeout=500)

    def test_report_holds_every_chapter(self):
        report = json.loads((self.folder / "first/report.json").read_text())
        for key in ("base", "raters", "reward_model", "models", "ppo_curves", "best_of_n", "texts", "length_reward", "stages"):
            self.assertIn(key, report)
        self.assertEqual([model["kind"] for model in report["models"]], ["sft", "ppo", "ppo", "offline", "offline", "online", "online"])

    def test_page_draws_what_every_method_watched(self):
        page = (self.folder / "first/report.html").read_text()
        self.assertIn("Gold score during PPO", page)
        self.assertIn("Other ways from the same comparisons", page)

    def test_report_shows_no_clock(self):
        self.assertNotIn("seconds", (self.folder / "first/report.json").read_text())

    def test_same_seed_same_bytes(self):
        nudge("demo", "--tiny", "--seed", 3, "--output_dir", self.folder / "second", timeout=500)
        first = (self.folder / "first/report.json").read_text().replace(str(self.folder / "first"), "")
        second = (self.folder / "second/report.json").read_text().replace(str(self.folder / "second"), "")
        self.assertEqual(first, second)
        for model in ("base", "sft", "reward", "ppo-kl-1.0", "ppo-kl-0.0", "dpo", "kto", "grpo", "rloo"):
            weights = [(self.folder / run / model / "final/model.safetensors").read_bytes() for run in ("first", "second")]
            self.assertEqual(weights[0], weights[1], model)

    def test_again_starts_at_once_and_another_seed_is_refused(self):
        again = nudge("demo", "--tiny", "--seed", 3, "--output_dir", self.folder / "first")
        self.assertIn("done before", again.stderr)
        nudge("demo", "--tiny", "--seed", 4, "--output_dir", self.folder / "first", code=1)

    def test_page_opens_without_errors_or_network(self):
        page = self.folder / "first/report.html"
        opened = subprocess.run([sys.executable, SOURCE / "tools/check_page.py", page], capture_output=True, text=True)
        self.assertEqual(opened.returncode, 0, opened.stdout + opened.stderr)


if __name__ == "__main__":
    main()
