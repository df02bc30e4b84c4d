"""Every stage of the recipe at a size of seconds; the other tests start from what this one leaves."""

import json
import shutil
import unittest

from harness import CHAIN, contents, main, nudge

SAMPLING = ["--temperature", "0.7", "--max_new_tokens", "16"]


class Chain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(CHAIN, ignore_errors=True)
        CHAIN.mkdir(parents=True)

    def test_01_world(self):
        nudge("world", "--output_dir", CHAIN / "world", "--documents", 300, "--demonstrations", 48,
              "--comparison_prompts", 80, "--rl_prompts", 48, "--eval_prompts", 32)
        records = [json.loads(line) for line in (CHAIN / "world/eval_prompts.jsonl").read_text().splitlines()]
        self.assertEqual(len(records), 32)
        self.assertEqual(records[0]["prompt"][0]["role"], "user")

    def test_02_tokenizer(self):
        nudge("tokenizer", "train", "--input", CHAIN / "world/corpus.jsonl", "--vocab_size", 384,
              "--output_dir", CHAIN / "tokenizer")
        self.assertEqual(len(json.loads((CHAIN / "tokenizer/tokenizer.json").read_text())["model"]["vocab"]), 384)

    def test_03_pretrain(self):
        nudge("pretrain", "--tokenizer", CHAIN / "tokenizer", "--dataset", CHAIN / "world/corpus.jsonl", "--eval_dataset",
              CHAIN / "world/corpus_eval.jsonl", "--output_dir", CHAIN / "base", "--max_length", 64,
              "--max_position_embeddings", 192, "--hidden_size", 32, "--intermediate_size", 64, "--num_hidden_layers", 2,
              "--num_attention_heads", 4, "--num_key_value_heads", 2, "--max_steps", 40, "--learning_rate", "1e-2",
              "--per_device_train_batch_size", 16)
        lines = [json.loads(line) for line in (CHAIN / "base/metrics.jsonl").read_text().splitlines()]
        self.assertLess(lines[-1]["loss"], lines[0]["loss"] - 0.5)
        self.assertIn("eval_loss", lines[-1])

    def test_04_sft(self):
        done = nudge("sft", "--model", CHAIN / "base", "--dataset", CHAIN / "world/demonstrations.jsonl", "--output_dir",
                     CHAIN / "sft", "--max_length", 128, "--learning_rate", "3e-3", "--num_train_epochs", 3, "--eval_share", 0.1)
        self.assertRegex(done.stderr, r"loss from [\d.]+ to [\d.]+")
        self.assertIn(f"The model lies in {CHAIN / 'sft'}/final. Next:\n  nudge chat {CHAIN / 'sft'}", done.stderr)
        self.assertIn("<|im_start|>", (CHAIN / "sft/final/chat_template.jinja").read_text())

    def test_05_sample(self):
        arguments = ["sample", "--model", CHAIN / "sft", "--dataset", CHAIN / "world/comparison_prompts.jsonl",
                     "--num_generations", 2, *SAMPLING]
        nudge(*arguments, "--output", CHAIN / "candidates.jsonl")
        nudge(*arguments, "--batch_size", 3, "--output", CHAIN / "candidates_again.jsonl")
        self.assertEqual((CHAIN / "candidates.jsonl").read_bytes(), (CHAIN / "candidates_again.jsonl").read_bytes(),
                         "the batch size must not change what is sampled")
        record = json.loads((CHAIN / "candidates.jsonl").read_text().splitlines()[0])
        first = record["completions"][0]
        self.assertEqual(len(first["tokens"]), len(first["logprobs"]))
        self.assertEqual(first["model"], str(CHAIN / "sft"))
        self.assertTrue(all(logprob <= 0 for logprob in first["logprobs"]))

    def test_06_raters(self):
        nudge("preferences", "simulate", "--dataset", CHAIN / "candidates.jsonl", "--scorer", "world", "--output",
              CHAIN / "pairs.jsonl", "--summary", CHAIN / "raters.json")
        pair = json.loads((CHAIN / "pairs.jsonl").read_text().splitlines()[0])
        for column in ("prompt", "chosen", "rejected", "rater", "protocol", "shown_left"):
            self.assertIn(column, pair)
        nudge("preferences", "stats", "--dataset", CHAIN / "pairs.jsonl")

    def test_07_reward(self):
        done = nudge("reward", "--model", CHAIN / "sft", "--dataset", CHAIN / "pairs.jsonl", "--output_dir", CHAIN / "reward",
                     "--max_length", 128, "--learning_rate", "1e-3", "--eval_share", 0.3, "--normalization_samples", 32,
                     "--normalization_max_new_tokens", 16)
        self.assertRegex(done.stderr, r"Held out: [\d.]+ % \[[\d.]+, [\d.]+\] of \d+ pairs")
        self.assertRegex(done.stderr, r"It took \d+ optimizer steps?, hardly enough")
        config = json.loads((CHAIN / "reward/final/config.json").read_text())
        self.assertEqual(config["architectures"], ["LlamaForSequenceClassification"])
        self.assertIn("mean", config)
        self.assertIn("std", config)
        evaluation = json.loads((CHAIN / "reward/evaluation.json").read_text())
        self.assertTrue(evaluation["accuracy"]["low"] <= evaluation["accuracy"]["value"] <= evaluation["accuracy"]["high"])

    def test_08_ppo(self):
        done = nudge("ppo", "--model", CHAIN / "sft", "--reward_model", CHAIN / "reward", "--dataset",
                     CHAIN / "world/rl_prompts.jsonl", "--monitor", "world", "--output_dir", CHAIN / "ppo", "--steps", 3,
                     "--rollout_batch_size", 16, "--num_ppo_epochs", 2, "--num_mini_batches", 2, "--learning_rate", "1e-3",
                     "--response_length", 16, "--missing_eos_penalty", 1, "--logging_steps", 1)
        self.assertRegex(done.stderr, r"ppo rollout 3/3 .* score \S+  monitor/gold \S+  kl ")
        self.assertRegex(done.stderr, r"ppo: 3 rollouts: reward from \S+ to \S+.*, monitor gold from \S+ to \S+.*, KL to the reference from ")
        self.assertIn(f"nudge eval --model {CHAIN / 'ppo'} --baseline {CHAIN / 'sft'} --reference {CHAIN / 'sft'}", done.stderr)
        self.assertTrue((CHAIN / "ppo/ending.json").exists())
        lines = [json.loads(line) for line in (CHAIN / "ppo/metrics.jsonl").read_text().splitlines()]
        self.assertEqual(len(lines), 3)
        for name in ("objective/kl", "objective/entropy", "objective/scores", "policy/clipfrac_avg", "loss/value_avg",
                     "val/ratio", "val/explained_var", "monitor/gold"):
            self.assertIn(name, lines[0])
        self.assertAlmostEqual(lines[0]["objective/kl"], 0, places=3)  # the policy is still the reference
        for line in lines:
            self.assertLess(line["val/first_ratio_deviation"], 1e-4)

    def test_08_without_a_critic(self):
        arguments = ["--model", CHAIN / "sft", "--reward", CHAIN / "reward", "--dataset", CHAIN / "world/rl_prompts.jsonl",
                     "--monitor", "world", "--steps", 2, "--rollout_batch_size", 4, "--learning_rate", "1e-3",
                     "--max_completion_length", 16]
        presets = {"grpo": ("grpo", "dr_grpo", "dapo", "bnpo", "gspo", "cispo", "sapo", "gdpo", "reinforce++-baseline", "remax"),
                   "rloo": ("rloo",), "reinforce": ("reinforce++",)}
        for command, names in presets.items():
            for preset in names:
                with self.subTest(preset=preset):
                    folder = CHAIN / "grpo" / preset
                    done = nudge(command, *arguments, "--output_dir", folder, *(["--preset", preset] if command == "grpo" else []))
                    self.assertIn(f"preset {preset} (", done.stderr)
                    first = json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])
                    for name in ("reward", "reward_std", "frac_reward_zero_std", "entropy", "completions/mean_length",
                                 "completions/clipped_ratio", "clip_ratio/region_mean", "monitor/gold", "grad_norm"):
                        self.assertIn(name, first)
                    self.assertLess(first["first_ratio_deviation"], 1e-4)

    def test_08_online_dpo(self):
        nudge("online-dpo", "--model", CHAIN / "sft", "--reward", CHAIN / "reward", "--dataset", CHAIN / "world/rl_prompts.jsonl",
              "--monitor", "world", "--steps", 2, "--rollout_batch_size", 8, "--max_new_tokens", 16, "--learning_rate", "1e-3",
              "--output_dir", CHAIN / "online-dpo")
        first = json.loads((CHAIN / "online-dpo/metrics.jsonl").read_text().splitlines()[0])
        self.assertAlmostEqual(first["loss"], 0.6931, places=3)  # the policy is still the reference
        for name in ("objective/kl", "objective/scores_margin", "rewards/margins", "logps/chosen", "monitor/gold"):
            self.assertIn(name, first)

    def test_08_without_a_reference_there_is_no_kl(self):
        arguments = ["grpo", "--model", CHAIN / "sft", "--reward", "world", "--dataset", CHAIN / "world/rl_prompts.jsonl",
                     "--steps", 1, "--rollout_batch_size", 4, "--max_completion_length", 16, "--beta", 0]
        for name, more, logged in (("without", [], False), ("with", ["--log_kl", "--kl_estimator", "exact"], True)):
            folder = CHAIN / "grpo" / f"{name}_kl"
            nudge(*arguments, "--output_dir", folder, *more)
            line = json.loads((folder / "metrics.jsonl").read_text())
            self.assertEqual("kl" in line, logged)
            if logged:
                self.assertAlmostEqual(line["kl"], 0, places=4)

    def test_08_the_conventions_of_others(self):
        common = ["--model", CHAIN / "sft", "--dataset", CHAIN / "world/rl_prompts.jsonl", "--steps", 1, "--rollout_batch_size", 8]
        for program in ("trl", "openrlhf", "verl"):
            for command in ("grpo", "rloo"):
                done = nudge(command, *common, "--reward", CHAIN / "reward", "--compat", program, "--max_completion_length", 16,
                             "--output_dir", CHAIN / "grpo" / f"{command}_{program}")
                self.assertIn(f"compat {program} (", done.stderr)
            done = nudge("ppo", *common, "--reward_model", CHAIN / "reward", "--compat", program, "--response_length", 16,
                         "--output_dir", CHAIN / "grpo" / f"ppo_{program}")
            self.assertIn("--terminal_reward", done.stderr)
        refused = nudge("grpo", *common, "--reward", "world", "--preset", "remax", "--compat", "trl", "--output_dir",
                        CHAIN / "grpo" / "refused", code=2)
        self.assertIn("TRL", refused.stderr)

    def test_09_best_of_n(self):
        nudge("best-of-n", "--model", CHAIN / "sft", "--reward_model", CHAIN / "reward", "--judge", "world", "--dataset",
              CHAIN / "world/eval_prompts.jsonl", "--n", 1, 2, 4, "--output_dir", CHAIN / "best-of-n", *SAMPLING)
        curve = json.loads((CHAIN / "best-of-n/curve.json").read_text())
        proxies = [point["proxy"]["value"] for point in curve]
        self.assertEqual(proxies, sorted(proxies), "more samples cannot lower the expected best proxy")
        best = (CHAIN / "best-of-n/best.jsonl").read_text().splitlines()
        if best:
            nudge("sft", "--model", CHAIN / "sft", "--dataset", CHAIN / "best-of-n/best.jsonl", "--max_length", 128, "--max_steps", 1, "--output_dir",
                  CHAIN / "raft")
        pair = json.loads((CHAIN / "best-of-n/pairs.jsonl").read_text().splitlines()[0])
        self.assertGreater(pair["extra"]["score_chosen"], pair["extra"]["score_rejected"])
        self.assertEqual(pair["prompt"][0]["role"], "user")

    def test_09_best_of_n_without_a_judge_claims_no_gold(self):
        done = nudge("best-of-n", "--model", CHAIN / "sft", "--reward_model", CHAIN / "reward", "--dataset",
                     CHAIN / "world/eval_prompts.jsonl", "--n", 1, 2, "--limit", 4, "--output_dir", CHAIN / "best-of-n_unjudged", *SAMPLING)
        for point in json.loads((CHAIN / "best-of-n_unjudged/curve.json").read_text()):
            self.assertEqual(set(point), {"n", "kl", "proxy"})
        self.assertIn("proxy", done.stderr)
        self.assertNotIn("gold", done.stderr)

    def test_09_verify(self):
        done = nudge("verify")
        for program in ("trl", "openrlhf", "verl"):
            self.assertRegex(done.stdout, program + r"\s+(\d+) of\s+\1 within tolerance")

    def test_10_eval(self):
        nudge("eval", "--model", CHAIN / "ppo", "--baseline", CHAIN / "sft", "--reference", CHAIN / "sft", "--dataset",
              CHAIN / "world/eval_prompts.jsonl", "--judge", "world", "--proxy", CHAIN / "reward", "--perplexity_dataset",
              CHAIN / "world/corpus_eval.jsonl", "--output", CHAIN / "eval.json", *SAMPLING)
        result = json.loads((CHAIN / "eval.json").read_text())
        settings = result["settings"]
        self.assertEqual([settings[name] for name in ("model", "baseline", "reference", "judge", "proxy")],
                         [str(CHAIN / "ppo"), str(CHAIN / "sft"), str(CHAIN / "sft"), "world", str(CHAIN / "reward")])
        self.assertEqual({"limit", "max_new_tokens", "seed", "dataset", "perplexity_dataset"} - settings.keys(), set())
        for name in ("judge", "win_rate", "proxy", "kl", "length_words"):
            self.assertTrue(result[name]["low"] <= result[name]["value"] <= result[name]["high"], name)
        same = CHAIN / "eval_same.json"
        nudge("eval", "--model", CHAIN / "sft", "--baseline", CHAIN / "sft", "--reference", CHAIN / "sft", "--dataset",
              CHAIN / "world/eval_prompts.jsonl", "--judge", "world", "--output", same, *SAMPLING)
        itself = json.loads(same.read_text())
        self.assertEqual(itself["win_rate"]["value"], 0.5)
        self.assertAlmostEqual(itself["kl"]["value"], 0, places=3)

    def test_10_eval_prints_its_summary_and_no_json(self):
        done = nudge("eval", "--model", CHAIN / "sft", "--dataset", CHAIN / "world/eval_prompts.jsonl", "--judge", "world", *SAMPLING)
        self.assertIn("with 95 % intervals", done.stdout)
        self.assertIn("distinct answers", done.stdout)
        self.assertNotIn("{", done.stdout)

    def test_10_eval_puts_several_models_into_one_table(self):
        table = CHAIN / "eval_table.json"
        done = nudge("eval", "--model", CHAIN / "sft", "--model", CHAIN / "ppo", CHAIN / "online-dpo", "--baseline", CHAIN / "sft", "--dataset",
                     CHAIN / "world/eval_prompts.jsonl", "--judge", "world", "--output", table, *SAMPLING)
        first, head, *rows = done.stdout.splitlines()
        self.assertIn("the baseline is", first)
        self.assertIn("win rate, %", head)
        self.assertEqual([row.split()[0] for row in rows], ["sft", "ppo", "online-dpo"])
        self.assertRegex(rows[0], r"^sft +50\.0 \[")
        models = json.loads(table.read_text())
        self.assertEqual([model["settings"]["model"] for model in models], [str(CHAIN / name) for name in ("sft", "ppo", "online-dpo")])
        alone = CHAIN / "eval_alone.json"
        nudge("eval", "--model", CHAIN / "ppo", "--baseline", CHAIN / "sft", "--dataset", CHAIN / "world/eval_prompts.jsonl", "--judge",
              "world", "--output", alone, *SAMPLING)
        self.assertEqual(json.loads(alone.read_text()), models[1])
        self.assertIn("--model is missing", nudge("eval", "--dataset", CHAIN / "world/eval_prompts.jsonl", code=2).stderr)

    def test_10_eval_on_one_prompt(self):
        one = CHAIN / "eval_one.json"
        nudge("eval", "--model", CHAIN / "sft", "--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 1, "--judge", "world",
              "--output", one, *SAMPLING)
        kinds = json.loads(one.read_text())["world"]  # those of which the prompt is none are left out
        self.assertTrue(0 < len(kinds) < 6, kinds)
        for name, share in kinds.items():
            self.assertTrue(share["low"] <= share["value"] <= share["high"], name)

    def test_11_look(self):
        for what in ("sft", "reward", "ppo", "pairs.jsonl"):
            self.assertTrue(nudge("inspect", CHAIN / what).stdout.strip())
        for name, record in (("stepwise supervision (nudge reward --loss_type process)", {"prompt": "p", "completions": ["a"], "labels": [True]}),
                             ("ranked completions, plain text", {"prompt": "p", "completions": ["a", "b"], "ranks": [0, 1]})):
            (CHAIN / "look.jsonl").write_text(json.dumps(record) + "\n")
            self.assertIn(name, nudge("inspect", CHAIN / "look.jsonl").stdout)
        talk = nudge("chat", CHAIN / "sft", stdin="What is the capital of France?\n/quit\n", timeout=60)
        self.assertTrue(talk.stdout.strip())
        nudge("report", CHAIN / "ppo")
        self.assertIn("<svg", (CHAIN / "ppo/report.html").read_text())

    def test_12_a_finished_run_has_nothing_left_to_do(self):
        before = contents(CHAIN / "reward")
        nudge("reward", "--model", CHAIN / "sft", "--dataset", CHAIN / "pairs.jsonl", "--output_dir", CHAIN / "reward",
              "--max_length", 128, "--learning_rate", "1e-3", "--eval_share", 0.3, "--normalization_samples", 32,
              "--normalization_max_new_tokens", 16, "--resume")
        self.assertEqual(before, contents(CHAIN / "reward"))


if __name__ == "__main__":
    main()
