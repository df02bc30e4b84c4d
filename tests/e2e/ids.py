"""What a real SentencePiece model is trained on: the losses that TRL 1.16's token ids give under transformers' log-probs.

The case sentencepiece-space: such a tokenizer puts a space before whatever it encodes, so an answer encoded alone begins with a
token that its model never saw there.
"""

import json
import shutil
import unittest

from harness import SHARED_DATA, fresh, main, nudge, skip_all

STORY = " a time, there was a little girl named Lily."
LLAMA2 = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + message['content'] + ' </s>' }}{% endif %}{% endfor %}"
)
ASKED = [{"role": "user", "content": "Tell a story"}]
TOLD = [{"role": "assistant", "content": "Once upon" + STORY}]


class Ids(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = fresh("ids")
        stories = SHARED_DATA / "model"
        nudge("import", "--model", stories / "stories260K.bin", "--tokenizer", stories / "tok512.bin",
              "--output_dir", cls.folder / "model")
        chat = cls.folder / "chat"
        shutil.copytree(cls.folder / "model", chat)
        config = json.loads((chat / "tokenizer_config.json").read_text())
        (chat / "tokenizer_config.json").write_text(json.dumps({**config, "eos_token": "</s>", "chat_template": LLAMA2}))

    def first_step(self, command, model, record):
        """The metrics of one step on one record, with a rate that changes nothing."""
        dataset = self.folder / "data.jsonl"
        dataset.write_text(json.dumps(record) + "\n")
        output = self.folder / "run"
        shutil.rmtree(output, ignore_errors=True)
        nudge(command, "--model", self.folder / model, "--dataset", dataset, "--output_dir", output, "--max_steps", 1,
              "--max_length", 128, "--per_device_train_batch_size", 1, "--learning_rate", 1e-9)
        return json.loads((output / "metrics.jsonl").read_text().splitlines()[0])

    def test_a_completion_is_encoded_behind_its_prompt(self):
        line = self.first_step("sft", "model", {"prompt": "Once upon", "completion": STORY})
        self.assertAlmostEqual(line["loss"], 0.987111, delta=2e-5)

    def test_so_are_both_sides_of_a_pair(self):
        line = self.first_step("dpo", "model", {"prompt": "Once upon", "chosen": STORY, "rejected": " a car."})
        self.assertAlmostEqual(line["logps/chosen"], -13.8196, delta=2e-4)
        self.assertAlmostEqual(line["logps/rejected"], -30.4650, delta=2e-4)

    def test_a_conversation_has_the_same_ids_in_every_form(self):
        for record in ({"messages": ASKED + TOLD}, {"prompt": ASKED, "completion": TOLD}):
            self.assertAlmostEqual(self.first_step("sft", "chat", record)["loss"], 2.297959, delta=2e-5)

    def test_tokenizer_encode_says_which_ids_it_shows(self):
        text = self.folder / "text.txt"
        text.write_text("Once upon")
        arguments = ("tokenizer", "encode", "--tokenizer", self.folder / "model", "--input", text)
        spoken = (*arguments[:4], "--text", text.read_text(encoding="utf-8"))
        self.assertEqual(nudge(*spoken).stdout, nudge(*arguments).stdout)
        alone, framed = nudge(*arguments), nudge(*arguments, "--add_special_tokens")
        self.assertEqual(framed.stdout.split(), ["1", *alone.stdout.split()])
        self.assertIn("the text alone", alone.stderr)
        self.assertIn("<s> before", alone.stderr)

    def test_a_sample_is_read_with_the_space_it_had(self):
        done = nudge("sample", "--model", self.folder / "model", "--prompt", "Once upon", "--temperature", 0, "--max_new_tokens", 8)
        completion = json.loads(done.stdout)["completions"][0]
        self.assertTrue(completion["text"].startswith(" a time,"), completion)


if __name__ == "__main__":
    if not (SHARED_DATA / "model").exists():
        skip_all("../shared/data is absent")
    main()
