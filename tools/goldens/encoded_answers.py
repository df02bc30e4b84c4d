"""Prompts, answers and conversations as ids, as TRL 1.16 and transformers 5.24 encode them, for src/data/encoded_answers_test.cpp.

usage: python tools/goldens/encoded_answers.py

The tokenizers are those of tests/goldens/tokenizers_*.json, by name, with the post-processor given here.
"""

import json
import pathlib
import sys

sys.path.remove(str(pathlib.Path(__file__).resolve().parent))  # where tokenizers.py hides the library
from tokenizers import Tokenizer  # noqa: E402
from transformers import PreTrainedTokenizerFast  # noqa: E402
from trl.data_utils import common_prefix_length  # noqa: E402

GOLDENS = pathlib.Path(__file__).resolve().parents[2] / "tests" / "goldens"

LLAMA2 = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + message['content'] + ' ' + eos_token }}{% endif %}{% endfor %}"
)
ZEPHYR = (
    "{% for message in messages %}{{ '<|user|>' if message['role'] == 'user' else '<|end|>' }}{{ '\\n' + message['content'] + eos_token + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|end|>\\n' }}{% endif %}"
)
TRIMMED = (
    "{{ bos_token }}{% for message in messages %}{{ message['role'] + ':' + message['content'] | trim + eos_token + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"
)

# name of the tokenizer, its BOS and EOS, whether its post-processor writes BOS, its chat template
FORMATS = [
    ("Llama-2 kind", "<s>", "</s>", True, LLAMA2),
    ("Llama-2 kind", "<s>", "</s>", False, TRIMMED),
    ("Metaspace first", "<s>", "</s>", True, LLAMA2),
    ("Metaspace always, whole", "<s>", "</s>", True, TRIMMED),
    ("Metaspace never", "<s>", "</s>", False, LLAMA2),
    ("added token flags", "<|endoftext|>", "</s>", False, ZEPHYR),
    ("added token flags", "<|endoftext|>", "<|end|>", True, TRIMMED),
    ("Llama-3 pattern, ignore_merges", "<|endoftext|>", "<|endoftext|>", True, TRIMMED),
    ("digits together, prefix space", "<|endoftext|>", "<|endoftext|>", False, LLAMA2),
]

TEXTS = [
    ("Once upon", " a time, there was"),
    ("Once upon", "a time"),
    ("Once up", "on a time"),
    ("Q: 2 + 2 =", "4"),
    ("The answer:\n\n", "It is 12."),
    ("The answer:\n", "\n\nIt is 12."),
    ("a ", "b c"),
    ("a  ", " b"),
    (" lead", "ing\t"),
    ("caf", "\u00e9 \u4e16\u754c"),
    ("end  ", "   "),
    ("x", "y"),
]

# prompt, chosen, rejected: the prompt is cut back for both sides to where both agree with it
PAIRS = [
    ("The answer:\n\n", "It is 12.", "\n\nNo"),
    ("The answer:\n", "It is 12.", "\nNo"),
    ("Once up", "on a time", " here"),
    ("a ", "b c", " b"),
    ("caf", "\u00e9", "e"),
]

CONVERSATIONS = [
    [("user", "Hi"), ("assistant", "Hello there")],
    [("user", "Hi"), ("assistant", " Hello there \n")],
    [("user", "  Tell\na story. "), ("assistant", "Once upon a time, \u00e9\u4e16\u754c")],
    [("user", "One"), ("assistant", "Two"), ("user", "Three"), ("assistant", "Four five")],
    [("user", "1 + 1"), ("assistant", "2\n\n"), ("user", "2 + 2"), ("assistant", "\n\n4"), ("user", "So?"), ("assistant", "Yes.")],
]

# Text that holds the name of a special token which the template does not write: the same with that token forgotten.
FORGED = ["x{0}y", "{0}", " {0} ", "a {0}{0}b", "{0}\n", "say {0}, not {0} "]


def document_of(name, bos, adds_bos):
    for file in ("tokenizers_sentencepiece.json", "tokenizers_byte_level.json"):
        for golden in json.loads((GOLDENS / file).read_text()):
            if golden["name"] == name:
                document = golden["document"]
                if adds_bos:
                    token = next(each["id"] for each in document["added_tokens"] if each["content"] == bos)
                    document["post_processor"] = {
                        "type": "TemplateProcessing",
                        "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                        "special_tokens": {bos: {"id": bos, "ids": [token], "tokens": [bos]}},
                    }
                return document
    raise KeyError(name)


def renamed(document, name, other):
    """The same tokenizer with a token that has another name, under the same id."""
    copy = json.loads(json.dumps(document))
    for each in copy["added_tokens"]:
        each["content"] = other if each["content"] == name else each["content"]
    vocabulary = copy["model"]["vocab"]
    copy["model"]["vocab"] = {other if token == name else token: i for token, i in vocabulary.items()}
    if copy["model"].get("unk_token") == name:
        copy["model"]["unk_token"] = other
    return copy


def transformers_tokenizer(document, bos, eos, template):
    backend = Tokenizer.from_str(json.dumps(document))
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=bos, eos_token=eos, chat_template=template)


def messages(turns):
    return [{"role": role, "content": content} for role, content in turns]


def rendered(tokenizer, turns, **options):
    return tokenizer.apply_chat_template(messages(turns), tokenize=True, return_dict=True, **options)["input_ids"]


def golden_of(name, bos, eos, adds_bos, template):
    document = document_of(name, bos, adds_bos)
    tokenizer = transformers_tokenizer(document, bos, eos, template)
    cases = {"texts": [], "pairs": [], "conversations": [], "forged": []}
    for prompt, completion in TEXTS:
        before, whole = (tokenizer(text)["input_ids"] for text in (prompt, prompt + completion + eos))
        cases["texts"].append({"prompt": prompt, "completion": completion, "prompt_ids": before, "ids": whole,
                               "begin": common_prefix_length(before, whole)})
    for prompt, *sides in PAIRS:  # as DPOTrainer's tokenize_fn has it
        before, *wholes = (tokenizer(text)["input_ids"] for text in (prompt, *(prompt + side + eos for side in sides)))
        begin = min(common_prefix_length(before, whole) for whole in wholes)
        cases["pairs"].append({"prompt": prompt, "chosen": sides[0], "rejected": sides[1], "ids": before[:begin],
                               "chosen_ids": wholes[0][begin:], "rejected_ids": wholes[1][begin:]})
    for turns in CONVERSATIONS:
        before = rendered(tokenizer, turns[:-1], add_generation_prompt=True)
        whole = rendered(tokenizer, turns)
        cases["conversations"].append({"messages": messages(turns), "prompt_ids": before, "ids": whole,
                                       "begin": common_prefix_length(before, whole)})
    written = {token for turns in CONVERSATIONS[:1] for token in rendered(tokenizer, turns, add_generation_prompt=True)}
    for added in document["added_tokens"]:
        if not added["special"] or added["id"] in written or added["content"] == eos:
            continue
        forgetful = renamed(document, added["content"], "~~~forgotten~~~")
        forgetful["post_processor"] = None  # it may write that very token, and a rendered text goes without it
        without = transformers_tokenizer(forgetful, None if added["content"] == bos else bos, eos, template)
        for form in FORGED:
            turns = [("user", form.format(added["content"])), ("assistant", "No " + form.format(added["content"]))]
            cases["forged"].append({"messages": messages(turns), "ids": rendered(without, turns)})
    return {"name": name, "bos": bos, "eos": eos, "post_processor": document.get("post_processor"),
            "chat_template": template, **cases}


def main():
    goldens = [golden_of(*each) for each in FORMATS]
    (GOLDENS / "encoded_answers.json").write_text(json.dumps(goldens, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
