"""Learning from preferences without a reward model: every command at a size of seconds."""

import json
import unittest

from harness import CHAIN, SOURCE, contents, fresh, main, nudge

def learning_from(dataset):
    return ["--model", CHAIN / "sft", "--dataset", dataset, "--max_length", 128, "--max_steps", 4, "--logging_steps", 1,
            "--learning_rate", "1e-3"]


PAIRS = learning_from(CHAIN / "pairs.jsonl")
NAMES = ["loss", "rewards/chosen", "rewards/rejected", "rewards/margins", "logps/chosen", "logps/rejected", "entropy",
         "grad_norm", "learning_rate", "num_tokens", "epoch"]
OF_PAIRS = ["rewards/accuracies", "logits/chosen", "logits/rejected"]


class Pairs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = fresh("pairs")

    def train(self, command, *more, run=None, dataset=CHAIN / "pairs.jsonl"):
        """Runs it and returns the lines of its metrics and what it said."""
        run = self.folder / (run or command)
        done = nudge(command, *learning_from(dataset), "--output_dir", run, *more)
        self.assertTrue((run / "final/model.safetensors").exists())
        return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()], done.stderr

    def expect(self, line, *names):
        for name in (*NAMES, *names):
            self.assertIsNotNone(line.get(name), name)

    def test_dpo(self):
        lines, said = self.train("dpo")
        self.expect(lines[0], *OF_PAIRS)
        self.assertAlmostEqual(lines[0]["loss"], 0.693147, places=5)  # the policy is still the reference
        self.assertAlmostEqual(lines[0]["rewards/margins"], 0, places=5)
        self.assertNotIn("--compat", said)
        self.assertIn("nothing here tells how the answers changed: --monitor_dataset", said)
        self.assertIn("--compat trl: ipo", self.train("dpo", "--compat", "trl", run="dpo_trl")[1])

    def test_its_answers_are_looked_at_on_the_way(self):
        watching = ["--monitor", "world", "--monitor_dataset", CHAIN / "world/rl_prompts.jsonl", "--monitor_prompts", 8,
                    "--max_new_tokens", 12]
        for command in ("dpo", "kto"):
            lines, said = self.train(command, *watching, run=command + "_looked_at")
            self.expect(lines[-1], "monitor/gold", "watch/distinct", "watch/kl_from_start")
            self.assertGreater(lines[-1]["watch/kl_from_start"], 0)
            self.assertRegex(said, r"monitor gold from \S+ to \S+.*, KL of the start to it from \S+ to \S+.*, distinct answers from ")
            alone, _ = self.train(command, run=command + "_alone")
            self.assertEqual(alone[-1]["loss"], lines[-1]["loss"])
        refused = nudge("dpo", *PAIRS, "--monitor", "world", "--output_dir", self.folder / "refused", code=2)
        self.assertIn("--monitor_dataset", refused.stderr)

    def test_neither_threads_nor_the_cut_change_a_metric(self):
        nudge("pretrain", "--tokenizer", CHAIN / "tokenizer", "--dataset", CHAIN / "world/corpus.jsonl", "--max_length", 64,
              "--hidden_size", 128, "--intermediate_size", 64, "--num_hidden_layers", 1, "--num_attention_heads", 4,
              "--num_key_value_heads", 2, "--max_position_embeddings", 128, "--max_steps", 1, "--output_dir", self.folder / "wide")
        pairs = ["--model", self.folder / "wide/final", *PAIRS[2:]]  # its head is large enough to be shared out
        lines = {}
        for name, threads, budget in (("two", 2, 4096), ("one", 1, 4096), ("cut", 2, 100)):
            nudge("dpo", *pairs, "--micro_batch_tokens", budget, "--output_dir", self.folder / f"threads_{name}",
                  env={"OMP_NUM_THREADS": str(threads)})
            lines[name] = (self.folder / f"threads_{name}/metrics.jsonl").read_text()
        self.assertEqual(lines["one"], lines["two"])  # logits/* were not the same
        for whole, cut in zip(lines["two"].splitlines(), lines["cut"].splitlines(), strict=True):
            for name, value in json.loads(whole).items():
                self.assertAlmostEqual(json.loads(cut)[name], value, delta=1e-4 * max(1, abs(value)), msg=name)

    def test_the_reference_is_computed_once(self):
        _, first = self.train("dpo", "--max_steps", 1, "--reference_cache", self.folder / "cache", run="first")
        (kept,) = (self.folder / "cache").iterdir()
        self.assertIn("computed", first)
        lines, second = self.train("dpo", "--reference_cache", self.folder / "cache", "--loss_type", "ipo", run="second")
        self.assertIn("read from", second)
        self.assertAlmostEqual(lines[0]["loss"], 0.25, places=4)  # (0 - 1 / (2 x 1))^2
        damaged = bytearray(kept.read_bytes())
        damaged[-1] ^= 1
        kept.write_bytes(damaged)
        _, third = self.train("dpo", "--max_steps", 1, "--reference_cache", self.folder / "cache", run="third")
        self.assertIn("damaged", third)
        self.assertEqual(contents(self.folder / "first/final"), contents(self.folder / "third/final"))

    def test_every_loss_of_dpo(self):
        for loss in ("sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot",
                     "aot_unpaired", "apo_zero", "apo_down", "discopop", "sigmoid_norm"):
            smoothing = 0.1 if loss in ("exo_pair", "robust", "aot", "aot_unpaired") else 0
            lines, _ = self.train("dpo", "--max_steps", 2, "--loss_type", loss, "--label_smoothing", smoothing, run=loss)
            self.expect(lines[-1], *OF_PAIRS)

    def test_mixtures_and_variants(self):
        mpo, _ = self.train("dpo", "--loss_type", "sigmoid", "bco_pair", "sft", "--loss_weights", 0.8, 0.2, 1.0, run="mpo")
        self.expect(mpo[-1], "nll_loss", *OF_PAIRS)
        for name, arguments in {
            "tr-dpo": ["--sync_ref_model", "--ref_model_sync_steps", 2],
            "wpo": ["--use_weighting"],
            "ld-dpo": ["--ld_alpha", 0.5],
            "f-dpo": ["--f_divergence_type", "js_divergence"],
            "free": ["--reference_free"],
            "grouped": ["--group_by_prompt", "--per_device_train_batch_size", 4],
            "openrlhf": ["--compat", "openrlhf", "--label_smoothing", 0.1, "--loss_type", "sigmoid", "sft"],
        }.items():
            with self.subTest(name):
                lines, _ = self.train("dpo", *arguments, run=name)
                self.expect(lines[-1], *OF_PAIRS)

    def test_the_weights_of_a_likelihood_named_twice_add_up(self):
        one, _ = self.train("dpo", "--loss_type", "sft", "--loss_weights", 3, run="sft_once")
        two, _ = self.train("dpo", "--loss_type", "sft", "sft", "--loss_weights", 1, 2, run="sft_twice")
        self.assertEqual(one, two)

    def test_kto_and_bco(self):
        for command, metric in (("kto", "kl"), ("bco", "delta")):
            lines, _ = self.train(command)
            self.expect(lines[-1], metric)
            self.assertAlmostEqual(lines[0][metric], 0, places=3)
        self.train("kto", "--loss_type", "apo_zero_unpaired", run="apo")

    def test_bco_weighs_by_prompts(self):
        weighed = ["--match_underlying_distribution", "--min_density_ratio", 0.25]
        lines, said = self.train("bco", *weighed, run="udm")
        self.assertIn("the classifier of prompts is right on", said)
        self.expect(lines[-1], "delta")
        lines, _ = self.train("bco", *weighed, "--eval_dataset", CHAIN / "pairs.jsonl", run="udm_watched")
        self.expect(lines[-1], "eval_loss", "eval_delta")
        self.assertEqual(contents(self.folder / "udm/final"), contents(self.folder / "udm_watched/final"))
        one_sided = self.folder / "liked.jsonl"
        one_sided.write_text(json.dumps({"prompt": "Hello", "completion": "Hi", "label": True}) + "\n")
        done = nudge("bco", *learning_from(one_sided), "--output_dir", self.folder / "one_sided", *weighed, code=1)
        self.assertIn("0 of the second; leave it out", done.stderr)

    def test_orpo_and_cpo(self):
        lines, _ = self.train("orpo")
        self.expect(lines[-1], "nll_loss", "log_odds_ratio", "log_odds_chosen", *OF_PAIRS)
        self.assertLess(lines[-1]["nll_loss"], lines[0]["nll_loss"] + 0.5)
        for loss in ("sigmoid", "hinge", "ipo", "simpo", "alphapo"):
            lines, _ = self.train("cpo", "--loss_type", loss, "--alpha", 0.1 if loss == "alphapo" else 0, run="cpo-" + loss)
            self.expect(lines[-1], *OF_PAIRS)

    def test_tpo(self):
        records = [json.loads(line) for line in (CHAIN / "pairs.jsonl").read_text().splitlines()]
        triples = self.folder / "triples.jsonl"
        triples.write_text("".join(json.dumps(record | {"reference": "I do not know."}) + "\n" for record in records))
        for loss in ("sigmoid", "tpo-l"):
            lines, _ = self.train("tpo", "--loss_type", loss, run="tpo-" + loss, dataset=triples)
            self.expect(lines[-1], "nll_loss", *OF_PAIRS)
        nudge("tpo", *PAIRS, "--output_dir", self.folder / "without", code=1)  # no column reference
        self.train("tpo", "--tpo_alpha", 0, run="tpo-0")  # asks for none

    def test_labels_without_pairs(self):
        data = self.folder / "labelled.jsonl"
        data.write_text("".join(json.dumps({"prompt": f"Question {i}?", "completion": "Yes." if i % 2 else "No.",
                                            "label": bool(i % 2)}) + "\n" for i in range(12)))
        lines, _ = self.train("kto", run="labelled", dataset=data)
        self.expect(lines[-1], "kl")

    def test_pairs_taken_apart(self):
        output = self.folder / "labels.jsonl"
        nudge("preferences", "unpair", "--dataset", CHAIN / "pairs.jsonl", "--output", output)
        apart, _ = self.train("kto", run="apart", dataset=output)
        together, _ = self.train("kto", run="together")
        self.assertEqual(apart, together)

    def test_a_recipe_in_rounds(self):
        folder = self.folder / "rounds"
        recipe = ["run", SOURCE / "recipes/iterated_dpo.yaml", "--set", f"folder={folder}", f"model={CHAIN / 'sft'}",
                  f"prompts={CHAIN / 'world/rl_prompts.jsonl'}", f"held_out={CHAIN / 'world/eval_prompts.jsonl'}",
                  "rounds=2"]
        plan = nudge(*recipe, "--plan").stdout.splitlines()
        self.assertEqual(len(plan), 8)
        self.assertIn(f"--model {folder}/round-1/dpo", plan[4])
        said = nudge(*recipe).stderr
        came_of_it = said[said.index("What they came to:"):]
        self.assertIn("Round 2: learn from the pairs", came_of_it)
        self.assertIn("log-prob of the chosen answers", came_of_it)
        self.assertIn("win rate, %", came_of_it)
        self.assertRegex(came_of_it, r"(?m)^round-1 .*\n^round-2 ")
        before = contents(folder)
        self.assertIn("round-2/dpo/final/model.safetensors", before)
        nudge(*recipe)  # nothing is left to do
        self.assertEqual(before, contents(folder))

    def test_held_out_pairs_are_measured_and_not_learned_from(self):
        lines, _ = self.train("dpo", "--eval_dataset", CHAIN / "pairs.jsonl", run="held_out")
        self.expect(lines[-1], "eval_loss", "eval_rewards/accuracies")
        alone, _ = self.train("dpo", run="not_held_out")
        self.assertEqual(lines[-1]["loss"], alone[-1]["loss"])
        for command, metric in (("kto", "eval_kl"), ("bco", "eval_delta")):
            lines, _ = self.train(command, "--eval_dataset", CHAIN / "pairs.jsonl", "--eval_steps", 2, run=command + "_watched")
            self.expect(lines[1], metric, *("eval_" + name for name in ("loss", "rewards/margins", "logps/chosen")))
            self.assertNotIn(metric, lines[2])
            self.expect(lines[3], metric)

    def test_every_recipe_can_be_planned(self):
        recipes = sorted((SOURCE / "recipes").glob("*.yaml"))
        self.assertGreater(len(recipes), 1)
        for recipe in recipes:
            for line in nudge("run", recipe, "--plan").stdout.splitlines():
                self.assertTrue(line.startswith(("nudge ", "python3 ")), line)

    def test_a_label_must_be_true_or_false(self):
        data = self.folder / "wrong_label.jsonl"
        data.write_text('{"prompt": "a", "completion": "b", "label": "yes"}\n')
        done = nudge("kto", *learning_from(data), "--output_dir", self.folder / "wrong_label", code=1)
        self.assertIn("label", done.stderr.strip().splitlines()[-1])

    def test_micro_batches_change_nothing(self):
        ends = []
        for budget in (64, 100000):
            lines, _ = self.train("dpo", "--micro_batch_tokens", budget, run=f"micro-{budget}")
            ends.append(lines[-1])
        for name in NAMES:
            self.assertAlmostEqual(ends[0][name], ends[1][name], delta=1e-3 + 1e-3 * abs(ends[1][name]), msg=name)

    def test_wrong_use(self):
        for words, arguments in (
            ("sigmoid", ["--loss_type", "sigmiod"]),
            ("label_smoothing", ["--label_smoothing", 0.1]),
            ("beta", ["--loss_type", "ipo", "--beta", 0]),
            ("loss_weights", ["--loss_weights", 1, 2]),
            ("f_divergence_type", ["--f_divergence_type", "js_divergence", "--loss_type", "nca_pair"]),
            ("use_weighting", ["--use_weighting", "--loss_type", "aot"]),
        ):
            with self.subTest(words):
                done = nudge("dpo", *PAIRS, "--output_dir", self.folder / "wrong", *arguments, code=2)
                self.assertIn(words, done.stderr.strip().splitlines()[-1])
                self.assertFalse((self.folder / "wrong").exists())


if __name__ == "__main__":
    main()
