"""Every token that config.json, generation_config.json or the template names ends an answer, in every command that samples, and
is still named by the model that a command writes (case eos-list)."""

import json
import shutil
import unittest

from harness import CHAIN, fresh, main, nudge

PROMPTS = ["--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 8]
TRAINED = ["--dataset", CHAIN / "world/rl_prompts.jsonl", "--logging_steps", 1]


class Ends(unittest.TestCase):
    """The chain's SFT model, half of whose vocabulary ends an answer: config.json lists some, generation_config.json the others."""

    @classmethod
    def setUpClass(cls):
        cls.folder = fresh("ends")
        cls.model = cls.folder / "model"
        shutil.copytree(CHAIN / "sft/final", cls.model)
        cls.config = json.loads((cls.model / "config.json").read_text())
        ids = list(range(0, cls.config["vocab_size"], 2))
        cls.turn_end = cls.config["eos_token_id"][0]  # what sft wrote, before the base model's own
        cls.config["eos_token_id"], listed = [cls.turn_end, *ids[::2]], ids[1::2]
        cls.generation = {"eos_token_id": listed, "temperature": 0.6}
        (cls.model / "config.json").write_text(json.dumps(cls.config))
        (cls.model / "generation_config.json").write_text(json.dumps(cls.generation))
        cls.ends = {*ids, cls.turn_end}

    def expect_kept(self, folder):
        self.assertEqual(json.loads((folder / "config.json").read_text())["eos_token_id"], self.config["eos_token_id"])
        self.assertEqual(json.loads((folder / "generation_config.json").read_text()), self.generation)

    def last_line(self, run):
        return json.loads((self.folder / run / "metrics.jsonl").read_text().splitlines()[-1])

    def test_sample(self):
        done = nudge("sample", "--model", self.model, *PROMPTS, "--num_generations", 4, "--max_new_tokens", 48)
        completions = [c for line in done.stdout.splitlines() for c in json.loads(line)["completions"]]
        self.assertGreater(sum(c["ended"] for c in completions), 0.9 * len(completions))
        for completion in completions:
            self.assertEqual(completion["ended"], completion["tokens"][-1] in self.ends)
            self.assertFalse(self.ends & set(completion["tokens"][:-1]))

    def test_chat_and_inspect(self):
        done = nudge("chat", self.model, "--temperature", 1, "--max_new_tokens", 150, stdin="Hello\n")
        self.assertNotIn("cut after", done.stderr)
        self.assertRegex(nudge("inspect", self.model).stdout, r"ends +<\|im_end\|>")

    def test_eval_best_of_n_and_pass_at_k(self):
        nudge("eval", "--model", self.model, "--judge", "length,max=4", *PROMPTS, "--max_new_tokens", 48, "--output",
              self.folder / "eval.json")
        self.assertGreater(json.loads((self.folder / "eval.json").read_text())["ended"]["value"], 0.8)
        nudge("best-of-n", "--model", self.model, "--reward", "length,max=4", *PROMPTS, "--n", 1, 2, "--max_new_tokens", 48,
              "--output_dir", self.folder / "best")

    def test_rl(self):
        small = [*TRAINED, "--model", self.model, "--reward", "length,max=1", "--steps", 1, "--missing_eos_penalty", 1]
        nudge("ppo", *small, "--rollout_batch_size", 16, "--num_mini_batches", 1, "--response_length", 48, "--output_dir",
              self.folder / "ppo")
        self.assertGreater(self.last_line("ppo")["val/num_eos_tokens"], 12)
        self.expect_kept(self.folder / "ppo/final")
        nudge("grpo", *small, "--temperature", 2, "--rollout_batch_size", 16, "--num_generations", 4, "--max_completion_length", 48, "--output_dir",
              self.folder / "grpo")
        self.assertLess(self.last_line("grpo")["completions/clipped_ratio"], 0.25)
        self.expect_kept(self.folder / "grpo/final")

    def test_training_keeps_the_lists(self):
        nudge("sft", "--model", self.model, "--dataset", CHAIN / "world/demonstrations.jsonl", "--max_length", 128, "--max_steps", 1,
              "--output_dir", self.folder / "sft")
        self.expect_kept(self.folder / "sft/final")
        nudge("dpo", "--model", self.model, "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128, "--max_steps", 1,
              "--output_dir", self.folder / "dpo")
        self.expect_kept(self.folder / "dpo/final")
        for seed in (0, 1):
            nudge("reward", "--model", self.model, "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128, "--seed", seed,
                  "--normalization_samples", 8, "--normalization_max_new_tokens", 8, "--output_dir", self.folder / f"reward{seed}")
        nudge("reward", "average", "--models", self.folder / "reward0", self.folder / "reward1", "--output_dir", self.folder / "warm")
        for folder in ("reward0/final", "warm"):
            self.expect_kept(self.folder / folder)

    def test_an_end_that_training_writes_is_added(self):
        base = self.folder / "base"
        shutil.copytree(CHAIN / "base/final", base)
        (base / "generation_config.json").write_text('{"eos_token_id": [0, 5]}')
        nudge("sft", "--model", base, "--dataset", CHAIN / "world/demonstrations.jsonl", "--max_length", 128, "--max_steps", 1,
              "--output_dir", self.folder / "chat")
        written = json.loads((self.folder / "chat/final/generation_config.json").read_text())
        self.assertEqual(written["eos_token_id"], [self.turn_end, 0, 5])

    def test_a_template_that_is_given_goes_before_the_models_own_and_is_kept(self):
        """The token with which it closes a turn ends answers; the tokenizer's own end stays that of texts."""
        template = self.folder / "turns.jinja"
        template.write_text("{% for m in messages %}{{ m.role }}: {{ m.content }}<|im_end|>\n{% endfor %}"
                            "{% if add_generation_prompt %}assistant: {% endif %}")
        given = ["--model", CHAIN / "base", "--chat_template", template]
        pairs = [*given, "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128, "--max_steps", 1]
        nudge("sft", *given, "--dataset", CHAIN / "world/demonstrations.jsonl", "--max_length", 128, "--max_steps", 1,
              "--output_dir", self.folder / "given_sft")
        nudge("dpo", *pairs, "--output_dir", self.folder / "given_dpo")
        nudge("kto", *pairs, "--output_dir", self.folder / "given_kto")
        nudge("reward", *pairs, "--normalization_samples", 8, "--normalization_max_new_tokens", 8, "--output_dir", self.folder / "given_reward")
        nudge("ppo", *given, *TRAINED, "--reward", CHAIN / "reward", "--steps", 1, "--rollout_batch_size", 4, "--num_mini_batches", 1,
              "--response_length", 8, "--output_dir", self.folder / "given_ppo")
        before = json.loads((CHAIN / "base/final/config.json").read_text())["eos_token_id"]
        for run in ("sft", "dpo", "kto", "reward", "ppo"):
            with self.subTest(run=run):
                final = self.folder / f"given_{run}" / "final"
                self.assertEqual((final / "chat_template.jinja").read_text(), template.read_text())
                ends = json.loads((final / "config.json").read_text())["eos_token_id"]
                self.assertEqual(ends, [self.turn_end, before])
                self.assertEqual(json.loads((final / "tokenizer_config.json").read_text())["eos_token"], "<|endoftext|>")
        asked = ["--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 4, "--max_new_tokens", 8]
        own = nudge("sample", "--model", self.folder / "given_dpo", *asked).stdout
        other = nudge("sample", "--model", self.folder / "given_dpo", "--chat_template", "chatml", *asked).stdout
        self.assertNotEqual(own, other)
        self.assertEqual(own, nudge("sample", "--model", self.folder / "given_dpo", "--chat_template", template, *asked).stdout)
        nudge("eval", *given, *asked)
        self.assertIn("no/such.jinja", nudge("sample", "--model", CHAIN / "base", "--chat_template", "no/such.jinja", *asked, code=1).stderr)


if __name__ == "__main__":
    main()
