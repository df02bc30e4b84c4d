"""--plan of every training command: says what the whole would take, exits with 0, and leaves nothing behind."""

import unittest

from harness import CHAIN, fresh, main, nudge

POLICY = ["--model", CHAIN / "sft"]
PAIRS = [*POLICY, "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128]
PROMPTS = [*POLICY, "--dataset", CHAIN / "world/rl_prompts.jsonl", "--reward", "world", "--steps", 50]
COMMANDS = {
    "pretrain": ["--tokenizer", CHAIN / "tokenizer", "--dataset", CHAIN / "world/corpus.jsonl", "--max_length", 64,
                 "--max_position_embeddings", 192, "--hidden_size", 32, "--intermediate_size", 64,
                 "--num_hidden_layers", 2, "--num_attention_heads", 4, "--num_key_value_heads", 2, "--max_steps", 1000],
    "sft": [*POLICY, "--dataset", CHAIN / "world/demonstrations.jsonl", "--max_length", 128],
    "reward": PAIRS, "dpo": PAIRS, "orpo": PAIRS, "cpo": PAIRS, "kto": PAIRS, "bco": PAIRS,
    "ppo": [*PROMPTS, "--response_length", 16, "--rollout_batch_size", 16],
    "grpo": [*PROMPTS, "--max_completion_length", 16, "--rollout_batch_size", 4],
    "online-dpo": [*PROMPTS, "--max_new_tokens", 16, "--rollout_batch_size", 4],
}


class Plan(unittest.TestCase):
    def test_every_training_command(self):
        for command, arguments in COMMANDS.items():
            with self.subTest(command=command):
                folder = fresh(f"plan_{command}")
                said = nudge(command, *arguments, "--output_dir", folder / "run", "--plan").stdout
                for line in ("batches  each ", "time     ", "memory   ", "Nothing was written."):
                    self.assertIn(line, said)
                self.assertEqual(list(folder.iterdir()), [], "a plan leaves nothing behind")

    def test_a_plan_reads_the_reference_that_the_run_would(self):
        """It took no reference, so that its loss was another one's and a third of an epoch was missing from its time."""
        for command in ("dpo", "kto", "bco"):
            folder = fresh(f"plan_reference_{command}")
            planned = nudge(command, *COMMANDS[command], "--output_dir", folder / "run", "--plan")
            self.assertRegex(planned.stdout, r"before   \d+ completions read by the reference once, about ")
            if command == "dpo":
                self.assertRegex(planned.stderr, r"loss 0\.(6[5-9]|7[0-3])")  # log 2 and a step: the policy is near the reference
            self.assertEqual(list(folder.iterdir()), [])
        self.assertNotIn("before   ", nudge("orpo", *PAIRS, "--output_dir", fresh("plan_reference_orpo") / "run", "--plan").stdout)

    def test_a_planned_run_can_be_started_as_it_was_planned(self):
        arguments = ["sft", *COMMANDS["sft"], "--max_steps", 4, "--output_dir", fresh("planned") / "run"]
        nudge(*arguments, "--plan")
        nudge(*arguments)
        nudge(*arguments, "--resume", "--plan")  # beside a finished run, as anywhere


if __name__ == "__main__":
    main()
