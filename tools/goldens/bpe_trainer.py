"""Vocabularies and merges learned by the `tokenizers` library, for src/text/bpe_trainer_test.cpp."""

import json
import pathlib
import random
import sys

# A file beside this one bears the name of the library: leave this folder out of the search.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != pathlib.Path(__file__).resolve().parent]

from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]

SENTENCES = [
    "The capital of France is Paris. The capital of Germany is Berlin. The capital of Peru is Lima.",
    "Q: What is the capital of Chad?\nA: N'Djamena.\n\nQ: What's the currency of Japan?\nA: The yen.\n",
    "A young cow is called a calf, a young cat is called a kitten, and 12 + 30 = 42.",
    "\u00c9cole, na\u00efve r\u00e9sum\u00e9; \u6771\u4eac \u6771\u4eac; \U0001f600\U0001f600   spaces\t\tand\n\n\nlines",
]


def random_documents(seed, alphabet, count):
    draw = random.Random(seed)
    words = lambda: ("".join(draw.choice(alphabet) for _ in range(draw.randint(1, 12))) for _ in range(30))  # noqa: E731
    return [" ".join(words()) for _ in range(count)]


def train(documents, vocab_size, min_frequency, special_tokens):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, min_frequency=min_frequency, special_tokens=special_tokens,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(documents, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    learned = sorted(model["vocab"], key=model["vocab"].get)
    return {"documents": documents, "vocab_size": vocab_size, "min_frequency": min_frequency,
            "special_tokens": special_tokens, "vocab": learned, "merges": [" ".join(merge) for merge in model["merges"]]}


def main():
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    cases = [
        train(SENTENCES, 330, 2, specials),
        train(SENTENCES, 5000, 1, ["<end>"]),
        train(random_documents(1, "ab", 20), 500, 2, []),
        train(random_documents(2, "abcd", 20), 600, 3, specials),
        train(["aaaaaaaa aaaa aaaaaaa aaa a aa"] * 3, 300, 2, []),
    ]
    path = ROOT / "tests" / "goldens" / "bpe_trainer.json"
    path.write_text(json.dumps(cases, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)


main()
