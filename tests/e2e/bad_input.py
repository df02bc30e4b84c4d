"""Bad input gets one clear sentence and exit 1 or 2, and nothing half-written stays behind."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import time
import unittest

from harness import CHAIN, NUDGE, fresh, main, nudge


class BadInput(unittest.TestCase):
    def expect(self, code, words, *arguments, output=None):
        done = nudge(*arguments, code=code)
        message = done.stderr.strip().splitlines()[-1]
        for word in words:
            self.assertIn(word, message)
        self.assertNotIn("terminate called", done.stderr)
        if output is not None:
            self.assertFalse(pathlib.Path(output).exists(), f"{output} was left behind")

    def sft(self, folder, *more):
        return ["sft", "--model", CHAIN / "base", "--dataset", CHAIN / "world/demonstrations.jsonl", "--output_dir", folder,
                "--max_length", 128, "--max_steps", 1, *more]

    def broken_model(self, name):
        folder = fresh(name) / "model"
        shutil.copytree(CHAIN / "sft/final", folder)
        return folder

    def test_unknown_command_and_option(self):
        self.expect(2, ["samlpe", "sample"], "samlpe")
        self.expect(2, ["learnin_rate", "learning_rate"], *self.sft(fresh("x"), "--learnin_rate", 1))
        self.expect(2, ["learning_rate", "fast"], *self.sft(fresh("x"), "--learning_rate", "fast"))

    def test_unknown_key_in_a_config_file(self):
        folder = fresh("config")
        (folder / "sft.yaml").write_text("learning_rat: 1e-3\n")
        self.expect(2, ["learning_rat", "learning_rate"], *self.sft(folder / "run", "--config", folder / "sft.yaml"))

    def test_command_line_wins_over_the_file(self):
        folder = fresh("precedence")
        (folder / "sft.yaml").write_text("learning_rate: 1e-3\nmax_steps: 1\n")
        nudge(*self.sft(folder / "run", "--learning-rate", "2e-3", "--config", folder / "sft.yaml"))
        self.assertIn("learning_rate: 0.002", (folder / "run/config.yaml").read_text())

    def test_missing_required_option(self):
        self.expect(2, ["--model"], "sft", "--dataset", "x", "--output_dir", "y")

    def test_options_out_of_range(self):
        for option, value in (("max_steps", 0), ("eval_share", 1.5), ("warmup_steps", -1), ("logging_steps", 0), ("save_steps", -1)):
            with self.subTest(option=option):
                self.expect(2, [option, str(value)], *self.sft(fresh("x"), f"--{option}", value))
        self.expect(2, ["num_train_epochs"], *self.sft(fresh("x"), "--max_steps", -1, "--num_train_epochs", 0))

    def test_max_steps_of_trl_leaves_it_to_the_epochs(self):
        folder = fresh("epochs")
        nudge(*self.sft(folder, "--max_steps", -1, "--num_train_epochs", 0.2, "--logging_steps", 1))
        self.assertEqual(len((folder / "metrics.jsonl").read_text().splitlines()), 2)  # 48 demonstrations, 8 a step

    def test_missing_files(self):
        self.expect(1, ["nowhere"], "sample", "--model", "nowhere", "--prompt", "Hello")
        self.expect(1, ["nowhere.jsonl"], "sft", "--model", CHAIN / "base", "--dataset", "nowhere.jsonl", "--output_dir",
                    CHAIN.parent / "never", output=CHAIN.parent / "never/final")

    def test_chat_refuses_sampling_options_before_the_first_turn(self):
        for option, value in (("temperature", -1), ("top_p", 1.5), ("max_new_tokens", 0)):
            with self.subTest(option=option):
                self.expect(2, [option, str(value)], "chat", CHAIN / "sft", f"--{option}", value)

    def test_truncated_weights(self):
        model = self.broken_model("truncated")
        weights = model / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
        self.expect(1, ["model.safetensors"], "sample", "--model", model, "--prompt", "Hello")

    def test_header_that_promises_too_much(self):
        model = self.broken_model("huge_header")
        (model / "model.safetensors").write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
        self.expect(1, ["model.safetensors"], "sample", "--model", model, "--prompt", "Hello")

    def test_config_that_does_not_fit_the_weights(self):
        model = self.broken_model("misfit")
        config = json.loads((model / "config.json").read_text())
        config["intermediate_size"] += 8
        (model / "config.json").write_text(json.dumps(config))
        self.expect(1, ["mlp"], "sample", "--model", model, "--prompt", "Hello")

    def test_another_family(self):
        model = self.broken_model("family")
        config = json.loads((model / "config.json").read_text())
        config["model_type"], config["architectures"] = "bert", ["BertModel"]
        (model / "config.json").write_text(json.dumps(config))
        self.expect(1, ["bert"], "sample", "--model", model, "--prompt", "Hello")

    def test_broken_json(self):
        model = self.broken_model("json")
        (model / "config.json").write_text('{"model_type": "llama", ')
        self.expect(1, ["config.json"], "sample", "--model", model, "--prompt", "Hello")
        folder = fresh("jsonl")
        (folder / "data.jsonl").write_text('{"text": "one"}\n{"text": "tw\n')
        self.expect(1, ["data.jsonl", "2"], "pretrain", "--tokenizer", CHAIN / "tokenizer", "--dataset", folder / "data.jsonl",
                    "--output_dir", folder / "run", "--max_bad_records", 0)

    def test_empty_dataset(self):
        folder = fresh("empty")
        (folder / "data.jsonl").write_text("")
        self.expect(1, ["data.jsonl", "empty"], "sft", "--model", CHAIN / "base", "--dataset", folder / "data.jsonl",
                    "--output_dir", folder / "run")

    def test_prompt_longer_than_the_context(self):
        self.expect(1, ["context"], "sample", "--model", CHAIN / "sft", "--prompt", "word " * 400)

    def test_demonstrations_longer_than_max_length(self):
        folder = fresh("long_examples")
        fits, loses_its_end, has_no_target = ({"prompt": "ab", "completion": "cd"}, {"prompt": "ab", "completion": "zqxj" * 40},
                                              {"prompt": "zqxj" * 40, "completion": "cd"})
        for name, records in (("train", [fits, loses_its_end, has_no_target]), ("eval", [fits, has_no_target]), ("none", [has_no_target])):
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        sft = ["sft", "--model", CHAIN / "base", "--max_length", 32, "--max_steps", 1, "--output_dir", folder / "run"]
        said = nudge(*sft, "--dataset", folder / "train.jsonl", "--eval_dataset", folder / "eval.jsonl").stderr
        self.assertRegex(said, "1 of 3 records of .*train.jsonl have no target token within --max_length")
        self.assertRegex(said, "1 of 2 records of .*eval.jsonl have no target token within --max_length")
        self.assertRegex(said, "1 of 3 records of .*train.jsonl are cut at --max_length")
        for train, held_out, named in (("none", "eval", "none.jsonl"), ("train", "none", "none.jsonl")):
            self.expect(1, [named, "--max_length 32"], *sft, "--overwrite", "--dataset", folder / f"{train}.jsonl",
                        "--eval_dataset", folder / f"{held_out}.jsonl")

    def test_training_prompt_longer_than_the_context(self):
        folder = fresh("long_prompt")
        (folder / "prompts.jsonl").write_text("".join(
            json.dumps({"prompt": [{"role": "user", "content": text}]}) + "\n" for text in ("Hello", "Bye", "word " * 400)))
        for command, length in (("ppo", "response_length"), ("grpo", "max_completion_length"), ("online-dpo", "max_new_tokens")):
            with self.subTest(command=command):
                self.expect(1, ["prompts.jsonl record 3", "context of 192", "1 of 3"], command, "--model", CHAIN / "sft", "--reward",
                            "world", "--dataset", folder / "prompts.jsonl", "--output_dir", folder / "run", "--steps", 1,
                            f"--{length}", 16, output=folder / "run")

    def test_reward_model_where_a_language_model_is_needed(self):
        self.expect(1, ["language model"], "sample", "--model", CHAIN / "reward", "--prompt", "Hello")
        self.expect(1, ["reward model"], "ppo", "--model", CHAIN / "sft", "--reward_model", CHAIN / "sft", "--dataset",
                    CHAIN / "world/rl_prompts.jsonl", "--output_dir", fresh("swapped") / "run")

    def test_models_with_different_tokenizers(self):
        folder = fresh("tokenizers")
        nudge("tokenizer", "train", "--input", CHAIN / "world/corpus.jsonl", "--vocab_size", 300, "--output_dir",
              folder / "tokenizer")
        nudge("pretrain", "--tokenizer", folder / "tokenizer", "--dataset", CHAIN / "world/corpus_eval.jsonl", "--output_dir",
              folder / "other", "--max_length", 32, "--hidden_size", 16, "--intermediate_size", 16, "--num_hidden_layers", 1,
              "--num_attention_heads", 2, "--num_key_value_heads", 2, "--max_steps", 1)
        self.expect(1, ["tokenizer"], "eval", "--model", CHAIN / "sft", "--reference", folder / "other", "--dataset",
                    CHAIN / "world/eval_prompts.jsonl", "--max_new_tokens", 8, "--limit", 4)

    def test_values_that_cannot_be(self):
        folder = fresh("impossible")
        for command, option, *values in (
            ("dpo", "beta", "nan"), ("dpo", "beta", "inf"), ("dpo", "beta", -1),
            ("dpo", "loss_weights", "nan"),
            ("dpo", "ld_alpha", -0.1), ("dpo", "ld_alpha", 1.1), ("dpo", "ld_alpha", "nan"),
            ("dpo", "f_alpha_divergence_coef", "inf", "--f_divergence_type", "alpha_divergence"),
            ("kto", "beta", "nan"), ("kto", "beta", -1), ("kto", "desirable_weight", "nan"), ("kto", "undesirable_weight", -1),
            ("bco", "beta", "nan"), ("bco", "beta", "inf"), ("bco", "beta", -1),
            ("orpo", "beta", "nan"),
            ("cpo", "label_smoothing", 0.1, "--loss_type", "hinge"), ("cpo", "label_smoothing", 0.1, "--loss_type", "ipo"),
        ):
            with self.subTest(command=command, option=option, values=values):
                self.expect(2, ["--" + option], command, "--model", CHAIN / "sft", "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128,
                            "--max_steps", 1, "--output_dir", folder / "run", "--" + option, *values, output=folder / "run")
        for option, *values in (
            ("steps_per_generation", 0), ("num_iterations", 0), ("dynamic_sampling_budget", 0), ("reward_clip_range", 1, -1),
            ("advantage_clip_range", 1, -1), ("epsilon", -0.1), ("overlong_buffer", 9), ("beta", "nan"), ("steps", 0), ("steps", -5), ("temperature", 0),
        ):
            with self.subTest(command="grpo", option=option):
                self.expect(2, ["--" + option], "grpo", "--model", CHAIN / "sft", "--reward", "length,max=3", "--dataset",
                            CHAIN / "world/rl_prompts.jsonl", "--max_completion_length", 8, "--rollout_batch_size", 2, "--steps", 1,
                            "--output_dir", folder / "run", "--" + option, *values, output=folder / "run")
        for option, value in (("num_iterations", 0), ("steps", 0), ("temperature", 0), ("max_new_tokens", 0)):
            with self.subTest(command="online-dpo", option=option):
                self.expect(2, ["--" + option], "online-dpo", "--model", CHAIN / "sft", "--reward", "length,max=3", "--dataset",
                            CHAIN / "world/rl_prompts.jsonl", "--output_dir", folder / "run", "--" + option, value, output=folder / "run")

    def test_what_others_wrote_is_not_replaced(self):
        folder = fresh("others")
        (folder / "home").mkdir()
        (folder / "home/thesis.txt").write_text("years of work")
        corpus = folder / "corpus.txt"
        corpus.write_text("some words to learn from\n" * 20)
        train = ["tokenizer", "train", "--input", corpus, "--vocab_size", 260, "--output_dir"]
        self.expect(1, ["thesis.txt"], *train, folder / "home")
        self.expect(1, ["is a file"], *train, corpus)
        self.assertEqual((folder / "home/thesis.txt").read_text(), "years of work")
        self.assertIn("words", corpus.read_text())
        nudge(*train, folder / "tokenizer")
        nudge(*train, folder / "tokenizer")  # its own is replaced
        self.expect(1, ["metrics.jsonl"], "reward", "average", "--models", CHAIN / "reward", CHAIN / "reward", "--output_dir", CHAIN / "sft")

    def test_shapes_that_cannot_be(self):
        folder = fresh("shapes")
        pretrain = ["pretrain", "--tokenizer", CHAIN / "tokenizer", "--dataset", CHAIN / "world/corpus_eval.jsonl", "--max_length", 32,
                    "--intermediate_size", 16, "--num_hidden_layers", 1, "--max_steps", 1, "--output_dir", folder / "run"]
        for option, value in (
            ("num_attention_heads", 0), ("num_attention_heads", -2), ("num_hidden_layers", 0), ("intermediate_size", 0),
            ("hidden_size", 0), ("hidden_size", -16), ("rope_theta", 0), ("rope_theta", "nan"),
            ("initializer_range", "nan"), ("initializer_range", -1), ("initializer_range", 0),
            ("num_key_value_heads", 0), ("num_key_value_heads", -1),
            ("micro_batch_tokens", 0), ("eval_steps", -1), ("per_device_train_batch_size", 0), ("gradient_accumulation_steps", 0),
        ):
            with self.subTest(option=option, value=value):
                shape = {"hidden_size": 16, "num_attention_heads": 2, "num_key_value_heads": 2, option: value}
                self.expect(2, [option], *pretrain, *(word for name, number in shape.items() for word in (f"--{name}", number)),
                            output=folder / "run")
        for words, hidden, heads, shared in ((["3 key/value heads"], 16, 2, 3), (["4 key/value heads"], 16, 2, 4), (["head_dim", "9"], 18, 2, 2)):
            with self.subTest(hidden=hidden, shared=shared):
                self.expect(1, words, *pretrain, "--hidden_size", hidden, "--num_attention_heads", heads, "--num_key_value_heads", shared,
                            output=folder / "run")

    def test_a_world_that_is_cut_short_does_not_look_complete(self):
        folder = fresh("cut_short")
        (folder / "eval_prompts.jsonl").mkdir()  # nothing can be written there
        self.expect(1, ["eval_prompts.jsonl"], "world", "arithmetic", "--output_dir", folder, "--documents", 4, "--demonstrations", 4,
                    "--rl_prompts", 4, "--eval_prompts", 4, output=folder / "corpus.jsonl")

    def test_fewer_prompts_than_none(self):
        prompts = ["--model", CHAIN / "sft", "--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", -1]
        self.expect(2, ["--limit", "-1"], "eval", *prompts)
        self.expect(2, ["--limit", "-1"], "best-of-n", *prompts, "--reward", "world", "--output_dir", fresh("fewer") / "best")

    def test_a_judge_that_can_score_nothing(self):
        prompts = ["--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 3, "--max_new_tokens", 4]  # they have no answer to match
        for option, name in (("judge", "judge"), ("proxy", "proxy")):
            self.expect(1, [f"the {name} could score none of the 3 answers"], "eval", "--model", CHAIN / "sft", *prompts, f"--{option}", "number")

    def test_a_run_directory_is_not_overwritten(self):
        folder = fresh("twice")
        nudge(*self.sft(folder))
        self.expect(1, ["--resume", "--overwrite"], *self.sft(folder))
        nudge(*self.sft(folder, "--overwrite"))

    def test_a_refused_run_leaves_its_directory_to_the_right_command(self):
        folder = fresh("refused")
        ppo = ["ppo", "--model", CHAIN / "sft", "--reward", CHAIN / "reward", "--dataset", CHAIN / "world/rl_prompts.jsonl",
               "--steps", 1, "--rollout_batch_size", 4, "--response_length", 8, "--output_dir", folder / "run"]
        self.expect(2, ["temperature", "0"], *ppo, "--temperature", 0, output=folder / "run")
        nudge(*ppo, "--temperature", 1)
        metrics = (folder / "run/metrics.jsonl").read_bytes()
        self.expect(2, ["temperature", "0"], *ppo, "--temperature", 0, "--overwrite")
        self.assertEqual((folder / "run/metrics.jsonl").read_bytes(), metrics, "a refused command replaced a run")

    def test_a_signal_ends_any_command_with_130(self):
        pipe = fresh("signals") / "never_ends.jsonl"
        os.mkfifo(pipe)

        def writer_once_read(running):  # then the command reads for ever
            while running.poll() is None:
                try:
                    return os.fdopen(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK), "w")
                except OSError:
                    time.sleep(0.05)
            raise AssertionError(running.stderr.read())

        sft = ["--model", CHAIN / "sft"]
        for command in (["score", "--reward", "world"], ["eval", *sft],
                        ["best-of-n", *sft, "--reward", "world", "--output_dir", pipe.parent / "best"]):
            with self.subTest(command=command[0]):
                running = subprocess.Popen([NUDGE, *map(str, command), "--dataset", str(pipe)], stderr=subprocess.PIPE)
                with running, writer_once_read(running):
                    running.terminate()
                    self.assertEqual(running.wait(timeout=60), 130)

    def test_output_that_nobody_gets_is_a_failure(self):
        prompts = ["--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 1, "--max_new_tokens", 4]
        for command in (["inspect", CHAIN / "sft"], ["eval", "--model", CHAIN / "sft", *prompts],
                        ["sample", "--model", CHAIN / "sft", *prompts]):
            with self.subTest(command=command[0]), open("/dev/full", "w") as full:
                done = subprocess.run([NUDGE, *map(str, command)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=240)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("standard output cannot be written", done.stderr)

    def test_full_disk(self):
        folder = fresh("full_disk")
        small = folder / "small"
        small.mkdir()
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], capture_output=True).returncode == 0
        if not mounted:
            self.skipTest("mounting a small file system needs root")
        try:
            done = subprocess.run([NUDGE, *map(str, self.sft(small / "run"))], capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("space", done.stderr.lower())
            self.assertFalse((small / "run/final").exists())
        finally:
            subprocess.run(["umount", str(small)], check=True)


if __name__ == "__main__":
    main()
