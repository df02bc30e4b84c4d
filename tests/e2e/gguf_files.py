"""A model goes out as GGUF and comes back; what the gguf package says of the file, where it is installed."""

import json
import pathlib
import struct
import unittest

from harness import CHAIN, fresh, main, nudge

try:
    import gguf as package  # pip install gguf
except ImportError:
    package = None

MODEL = CHAIN / "sft/final"


def tensors_of(path):
    """Name -> bytes of a safetensors file."""
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    start = 8 + length
    return {name: data[start + t["data_offsets"][0] : start + t["data_offsets"][1]]
            for name, t in header.items() if name != "__metadata__"}


def floats(data):
    return struct.unpack(f"<{len(data) // 4}f", data)


class Gguf(unittest.TestCase):
    def there_and_back(self, kind):
        folder = fresh(f"gguf_{kind}")
        nudge("export", MODEL, "--type", kind, "--output", folder / "model.gguf")
        nudge("import", folder / "model.gguf", "--output_dir", folder / "back")
        return folder

    def test_fp32_comes_back_bit_for_bit_and_answers_the_same(self):
        folder = self.there_and_back("f32")
        before, after = tensors_of(MODEL / "model.safetensors"), tensors_of(folder / "back/model.safetensors")
        self.assertEqual(before, after)
        text = (MODEL / "chat_template.jinja").read_text()
        self.assertEqual((folder / "back/chat_template.jinja").read_text(), text)
        greedy = ["--dataset", CHAIN / "world/eval_prompts.jsonl", "--limit", 4, "--temperature", 0, "--max_new_tokens", 12]
        for name, model in (("before", MODEL), ("after", folder / "back")):
            nudge("sample", "--model", model, *greedy, "--output", folder / f"{name}.jsonl")
        self.assertEqual(*[[json.loads(line)["completions"][0]["tokens"] for line in (folder / f"{name}.jsonl").read_text().splitlines()]
                           for name in ("before", "after")])

    def test_types_round_as_far_as_they_say(self):
        before = tensors_of(MODEL / "model.safetensors")
        for kind, relative in (("f16", 2**-11), ("bf16", 2**-8), ("q8_0", 1 / 200)):
            after = tensors_of(self.there_and_back(kind) / "back/model.safetensors")
            self.assertEqual(before.keys(), after.keys())
            for name, data in before.items():
                largest = max(map(abs, floats(data)))
                worst = max(abs(a - b) for a, b in zip(floats(data), floats(after[name])))
                self.assertLessEqual(worst, relative * largest + 1e-7, (kind, name))

    def test_the_configuration_comes_back(self):
        folder = self.there_and_back("f16")
        before, after = (json.loads((path / "config.json").read_text()) for path in (MODEL, folder / "back"))
        for key in ("architectures", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "head_dim",
                    "num_attention_heads", "num_key_value_heads", "rms_norm_eps", "rope_parameters", "tie_word_embeddings"):
            self.assertEqual(after[key], before[key], key)
        ends = lambda config: set(config["eos_token_id"] if isinstance(config["eos_token_id"], list) else [config["eos_token_id"]])
        self.assertEqual(ends(after), ends(before))

    def test_another_template_counts_and_its_turn_end_ends(self):
        folder = self.there_and_back("f16")
        template = folder / "own.jinja"
        template.write_text("{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}{% endfor %}")
        nudge("import", folder / "model.gguf", "--chat_template", template, "--output_dir", folder / "other")
        self.assertEqual((folder / "other/chat_template.jinja").read_text(), template.read_text())
        ends = [json.loads((folder / "other" / name).read_text())["eos_token_id"] for name in ("config.json", "generation_config.json")]
        self.assertEqual(ends[0], ends[1])
        role = json.loads((folder / "other/tokenizer_config.json").read_text())["eos_token"]
        tokens = json.loads((folder / "other/tokenizer.json").read_text())["added_tokens"]
        self.assertIn(next(token["id"] for token in tokens if token["content"] == role), ends[0] if isinstance(ends[0], list) else [ends[0]])

    def test_a_file_is_no_directory_and_an_empty_folder_no_model(self):
        folder = self.there_and_back("f16")
        for command in (("inspect",), ("sample", "--prompt", "Hello", "--model"), ("export", "--output", folder / "x.gguf")):
            done = nudge(*command, folder / "model.gguf", code=1)
            self.assertIn("nudge import", done.stderr, command)
        (folder / "empty").mkdir()
        done = nudge("export", folder / "empty", "--output", folder / "x.gguf", code=1)
        self.assertIn("config.json is missing", done.stderr)

    def test_bad_files_are_refused_in_one_sentence(self):
        folder = self.there_and_back("f16")
        data = (folder / "model.gguf").read_bytes()
        for name, content, message in (("cut", data[: len(data) // 2], "cut short"), ("empty", b"GGUF", "cut short"),
                                       ("old", b"GGUF\1\0\0\0" + data[8:], "version 1"),
                                       ("pre", data.replace(b"\5\0\0\0\0\0\0\0gpt-2", b"\5\0\0\0\0\0\0\0gpt-9"), "gpt-9")):
            (folder / f"{name}.gguf").write_bytes(content)
            done = nudge("import", folder / f"{name}.gguf", "--output_dir", folder / name, code=1)
            self.assertIn(message, done.stderr, name)
            self.assertFalse((folder / name).exists())
        nudge("import", folder / "model.gguf", "--tokenizer", folder / "model.gguf", "--output_dir", folder / "x", code=1)
        done = nudge("export", CHAIN / "reward/final", "--output", folder / "reward.gguf", code=1)
        self.assertIn("LlamaForSequenceClassification", done.stderr)

    @unittest.skipUnless(package, "the gguf package is not installed")
    def test_the_package_reads_the_same_numbers(self):
        folder = self.there_and_back("q8_0")
        reader = package.GGUFReader(folder / "model.gguf")
        after = tensors_of(folder / "back/model.safetensors")
        names = {"token_embd.weight": "model.embed_tokens.weight", "blk.0.ffn_down.weight": "model.layers.0.mlp.down_proj.weight",
                 "blk.0.attn_v.weight": "model.layers.0.self_attn.v_proj.weight", "output_norm.weight": "model.norm.weight"}
        for tensor in reader.tensors:
            if tensor.name in names:
                numbers = package.dequantize(tensor.data, tensor.tensor_type)
                self.assertEqual(numbers.astype("<f4").tobytes(), after[names[tensor.name]], tensor.name)


if __name__ == "__main__":
    main()
