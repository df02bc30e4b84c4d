"""transformers, tokenizers and tensorboard read what nudge wrote; nudge reads what transformers wrote."""

import json
import math
import unittest

from harness import CHAIN, SHARED_DATA, SOURCE, VENV_PYTHON, fresh, main, nudge, skip_all, venv_python

TOOL = SOURCE / "tools" / "check_transformers.py"


def log_softmax(logits):
    top = max(logits)
    total = math.log(sum(math.exp(x - top) for x in logits)) + top
    return [x - total for x in logits]


class TwoWay(unittest.TestCase):
    def transformers(self, folder, sequences):
        return json.loads(venv_python(TOOL, "run", folder, json.dumps(sequences)))

    def test_transformers_gives_the_logprobs_that_nudge_sampled_with(self):
        line = json.loads((CHAIN / "candidates.jsonl").read_text().splitlines()[0])
        completion = line["completions"][0]
        prompt = self.prompt_ids(CHAIN / "sft/final", line["prompt"])
        sequence = prompt + completion["tokens"]
        logits = self.transformers(CHAIN / "sft/final", [sequence])["logits"][0]
        for i, (token, logprob) in enumerate(zip(completion["tokens"], completion["logprobs"])):
            scaled = [x / 0.7 for x in logits[len(prompt) - 1 + i]]
            self.assertAlmostEqual(log_softmax(scaled)[token], logprob, delta=2e-4)

    def prompt_ids(self, folder, messages, add_generation_prompt=True):
        script = ("import sys, json; from transformers import AutoTokenizer; t = AutoTokenizer.from_pretrained(sys.argv[1]); "
                  "text = t.apply_chat_template(json.loads(sys.argv[2]), tokenize=False, add_generation_prompt=sys.argv[3] == 'True'); "
                  "print(json.dumps(t(text, add_special_tokens=False)['input_ids']))")
        path = fresh("prompt_ids") / "ids.py"
        path.write_text(script)
        return json.loads(venv_python(path, folder, json.dumps(messages), add_generation_prompt))

    def test_transformers_scores_like_the_reward_model(self):
        """Case reward-position: whole conversations, one by one and padded; a cut answer is closed like any other."""
        lines = [json.loads(line) for line in (CHAIN / "ppo/samples/rollouts.jsonl").read_text().splitlines()][:4]
        reward = CHAIN / "reward/final"
        config = json.loads((reward / "config.json").read_text())
        self.assertNotIn(config["pad_token_id"], config["eos_token_id"])
        self.assertTrue(json.loads((reward / "tokenizer_config.json").read_text())["pad_token"])
        sequences = [self.prompt_ids(reward, [{"role": "user", "content": line["prompt"]},
                                              {"role": "assistant", "content": line["completion"]}], False) for line in lines]
        theirs = self.transformers(reward, sequences)
        for line, score, batched in zip(lines, theirs["scores"], theirs["batched"]):
            self.assertAlmostEqual((score - config["mean"]) / config["std"], line["score"], delta=1e-3)
            self.assertAlmostEqual(score, batched, delta=1e-4)

    def test_nudge_reads_what_transformers_wrote(self):
        for extra in ([], ["--sharded"], ["--dtype", "bfloat16"]):
            with self.subTest(extra=extra):
                folder = fresh("from_transformers") / "model"
                vocabulary = json.loads((CHAIN / "tokenizer/tokenizer.json").read_text())["model"]["vocab"]
                venv_python(TOOL, "make", folder, "--vocab_size", len(vocabulary), *extra)
                for name in ("tokenizer.json", "tokenizer_config.json"):
                    (folder / name).write_bytes((CHAIN / "tokenizer" / name).read_bytes())
                self.compare_greedy(folder)

    def compare_greedy(self, folder):
        sampled = json.loads(nudge("sample", "--model", folder, "--prompt", "In Japan", "--temperature", 0,
                                   "--max_new_tokens", 8).stdout.splitlines()[0])["completions"][0]
        script = fresh("ids") / "ids.py"
        script.write_text("import sys, json; from tokenizers import Tokenizer; "
                          "print(json.dumps(Tokenizer.from_file(sys.argv[1]).encode(sys.argv[2]).ids))")
        prompt = json.loads(venv_python(script, folder / "tokenizer.json", "In Japan"))
        logits = self.transformers(folder, [prompt + sampled["tokens"]])["logits"][0]
        for i, (token, logprob) in enumerate(zip(sampled["tokens"], sampled["logprobs"])):
            row = log_softmax(logits[len(prompt) - 1 + i])
            self.assertAlmostEqual(row[token], logprob, delta=2e-4)
            self.assertLess(max(row) - row[token], 2e-4)

    def test_tokenizers_encodes_two_mebibytes_identically(self):
        text = SHARED_DATA / "text" / "tinystories-2MiB.txt"
        if not text.exists():
            self.skipTest("../shared/data is absent")
        folder = fresh("tokenizer_2mib")
        nudge("tokenizer", "train", "--input", text, "--vocab_size", 2048, "--output_dir", folder)
        script = folder / "check.py"
        script.write_text(
            "import sys\nfrom tokenizers import Tokenizer\n"
            "ids = Tokenizer.from_file(sys.argv[1]).encode(open(sys.argv[2], newline='').read()).ids\n"
            "open(sys.argv[3], 'w').write('\\n'.join(map(str, ids)) + '\\n')\n")
        venv_python(script, folder / "tokenizer.json", text, folder / "theirs.txt")
        ours = nudge("tokenizer", "encode", "--tokenizer", folder, "--input", text).stdout
        self.assertEqual(ours.split(), (folder / "theirs.txt").read_text().split())

    def test_tensorboard_reads_the_event_files(self):
        for run in ("base", "ppo"):
            venv_python(SOURCE / "tools" / "check_tensorboard.py", CHAIN / run)


if __name__ == "__main__":
    if not VENV_PYTHON.exists():
        skip_all("no test environment; tools/setup --test makes one")
    main()
