"""What a record says is used, refused or named: the cases tool-calls, loss-mask-fields, system-column, prerendered-template and
one-bad-line on a model that the chain trained."""

import json
import unittest

from harness import CHAIN, fresh, main, nudge

MODEL = CHAIN / "sft"


def turns(*texts, **marks):
    roles = ["user", "assistant"] * len(texts)
    return [{"role": role, "content": text} for role, text in zip(roles, texts)]


class Datasets(unittest.TestCase):
    def file(self, name, *records):
        folder = fresh(name)
        path = folder / "data.jsonl"
        path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records))
        return path

    def sft(self, path, *more, code=0):
        """The loss of the first step, and what was said."""
        run = path.parent / "run"
        done = nudge("sft", "--model", MODEL, "--dataset", path, "--output_dir", run, "--overwrite", "--max_steps", 1, "--max_length",
                     128, "--per_device_train_batch_size", 1, "--learning_rate", 1e-9, *more, code=code)
        loss = json.loads((run / "metrics.jsonl").read_text().splitlines()[0])["loss"] if code == 0 else None
        return loss, done.stderr

    def test_one_conversation_in_every_form_has_one_loss(self):
        expected, _ = self.sft(self.file("forms_messages", {"messages": turns("Hello", "Ahoy!")}))
        for name, record in {
            "sharegpt": {"conversations": [{"from": "human", "value": "Hello"}, {"from": "chatgpt", "value": "Ahoy!"}]},
            "alpaca": {"instruction": "Hello", "input": "", "output": "Ahoy!"},
            "parts": {"messages": [{"role": "human", "content": [{"type": "text", "text": "Hello"}]}, {"role": "model", "content": "Ahoy!"}]},
            "prompt": {"prompt": turns("Hello"), "response": "Ahoy!"},
        }.items():
            with self.subTest(name):
                self.assertAlmostEqual(self.sft(self.file("forms_" + name, record))[0], expected, places=6)
        csv = fresh("forms_csv") / "data.csv"
        csv.write_text('instruction,input,output,id\r\n"Hello",,Ahoy!,7\r\n')
        self.assertAlmostEqual(self.sft(csv)[0], expected, places=6)

    def test_case_system_column(self):
        as_turn = {"conversations": [{"from": "system", "value": "Be kind."}, {"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Ahoy!"}]}
        column = {"conversations": as_turn["conversations"][1:], "system": "Be kind."}
        expected, _ = self.sft(self.file("system_turn", as_turn))
        loss, said = self.sft(self.file("system_column", column))
        self.assertAlmostEqual(loss, expected, places=6)
        self.assertNotIn("not used", said)

    def test_case_loss_mask_fields(self):
        plain = turns("Q1", "A bad answer", "Q2", "A good answer")
        everything, _ = self.sft(self.file("mask_none", {"messages": plain}))
        losses = set()
        for key, no in (("weight", 0), ("loss", False), ("train", False), ("loss_mask", 0), ("masked", True)):
            marked = [dict(turn) for turn in plain]
            marked[1][key] = no
            loss, said = self.sft(self.file("mask_" + key, {"messages": marked}))
            losses.add(round(loss, 6))
            self.assertNotIn("not used", said)
        self.assertEqual(len(losses), 1)
        self.assertNotAlmostEqual(losses.pop(), everything, places=4)

    def test_case_tool_calls_are_refused_by_a_template_that_cannot_write_them(self):
        call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "rate", "arguments": {}}}]}
        good = {"messages": turns("Hello", "Ahoy!")}
        path = self.file("calls", {"messages": [turns("Rate?")[0], call], "tools": [{"name": "rate"}]}, good)
        said = self.sft(path)[1]
        self.assertRegex(said, r"1 of 2 records of .*data\.jsonl cannot be used.*tool_calls.*data\.jsonl line 1")
        self.assertIn("tool_calls", self.sft(path, "--max_bad_records", 0, code=1)[1])
        reasoning = turns("2+2?", "4")
        reasoning[1]["reasoning_content"] = "two and two"
        self.assertIn('"reasoning_content" (1 turns)', self.sft(self.file("reasoning", {"messages": reasoning}))[1])

    def test_case_prerendered_template(self):
        expected, _ = self.sft(self.file("rendered_messages", {"messages": turns("Hello", "Ahoy!")}))
        path = self.file("rendered", {"prompt": "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n", "completion": "Ahoy!"})
        loss, said = self.sft(path)
        self.assertIn("<|im_start|>", said)
        self.assertIn("--prerendered", said)
        self.assertNotAlmostEqual(loss, expected, places=3)
        loss, said = self.sft(path, "--prerendered", "true")
        self.assertAlmostEqual(loss, expected, places=6)
        self.assertNotIn("prerendered", said)

    def test_case_one_bad_line(self):
        bad = '{"prompt":"a?","chosen":"b \\ud83d","rejected":"c"}'
        good = {"prompt": "d?", "chosen": "e", "rejected": "f"}
        path = self.file("bad_line", bad, good)
        done = nudge("preferences", "import", "--dataset", path, "--output", path.parent / "votes.jsonl")
        self.assertIn("1 comparisons", done.stdout)
        self.assertIn("left out", done.stdout + done.stderr)
        train = ["dpo", "--model", MODEL, "--output_dir", path.parent / "run", "--max_length", 128, "--max_steps", 1, "--overwrite"]
        said = nudge(*train, "--dataset", path).stderr
        self.assertRegex(said, r"1 of 2 records of .*data\.jsonl cannot be used.*data\.jsonl line 1")
        nudge(*train, "--dataset", path, "--max_bad_records", 0, code=1)
        many = self.file("bad_lines", *[bad] * 3, *[good] * 7)
        self.assertRegex(nudge(*train, "--dataset", many, code=1).stderr, r"3 of 10 records .*max_bad_records")
        nudge(*train, "--dataset", many, "--max_bad_records", 0.3)

    def test_reasons_are_true(self):
        said = self.sft(self.file("unanswered", {"messages": turns("Hello")}), code=1)[1]
        self.assertIn("no assistant's turn", said)
        self.assertIn("data.jsonl line 1", said)
        self.assertNotIn("raise", said)
        said = self.sft(self.file("unknown", {"messages": turns("Hello", "Ahoy!"), "score": 3, "id": 1}))[1]
        self.assertIn('"score" (1 records)', said)
        self.assertNotIn('"id"', said)

    def test_inspect_shows_what_is_not_used(self):
        shown = nudge("inspect", self.file("inspected", {"prompt": "p", "completion": "c", "score": 3, "id": 1}, {"text": "t"})).stdout
        self.assertRegex(shown, r"not used +score")
        self.assertIn("prompt-completion", shown)
        self.assertIn("plain text (1)", shown)

    def test_prompts_with_a_system_column_and_tools(self):
        path = self.file("prompts", {"turns": ["Hello", "And now?"], "system": "Be kind.", "question_id": 1})
        done = nudge("sample", "--model", MODEL, "--dataset", path, "--max_new_tokens", 4)
        line = json.loads(done.stdout)
        self.assertEqual([turn["role"] for turn in line["prompt"]], ["system", "user"])
        self.assertIn("turns beyond the first", done.stderr)
        path = self.file("prompts_tools", {"prompt": turns("Hello"), "tools": [{"name": "rate"}]})
        self.assertIn('"tools" (1 records)', nudge("sample", "--model", MODEL, "--dataset", path, "--max_new_tokens", 4).stderr)


if __name__ == "__main__":
    main()
