#!/usr/bin/env python3
"""Puts people's data into the forms that the stages of real_base.yaml read.

usage: prepare.py DATA FOLDER

DATA holds sft/, pref/, eval/ and math/ with the files of SOURCES, as their owners publish them. FOLDER appears when all is written.
Whatever is compared is split by the opening question of its conversation, and by a hash of it, so that a text lies on the same side in
every run: of ten parts the proxy's comparisons are 0 to 4, the gold judge's 5 to 8, and part 9 asks what neither has seen. The four folds
are split by another byte of that hash.
"""
import ast
import gzip
import hashlib
import json
import pathlib
import sys

SOURCES = {
    "sft/self-instruct-seed_tasks.jsonl": "github.com/yizhongw/self-instruct, data/seed_tasks.jsonl (Apache-2.0)",
    "sft/self-instruct-user_oriented_instructions.jsonl": "github.com/yizhongw/self-instruct, human_eval/user_oriented_instructions.jsonl (Apache-2.0)",
    "sft/llamafactory-alpaca_en_demo.json": "github.com/hiyouga/LLaMA-Factory, data/alpaca_en_demo.json (answers of GPT-4: research)",
    "pref/hh-rlhf-harmless-base-test.jsonl.gz": "huggingface.co/datasets/Anthropic/hh-rlhf, harmless-base/test.jsonl.gz (MIT; offensive texts)",
    "pref/pandalm-testset-v1.json": "github.com/WeOpenML/PandaLM, data/testset-v1.json (Apache-2.0)",
    "pref/finegrained-rlhf-dev_feedback.json": "github.com/allenai/FineGrainedRLHF, tasks/qa_feedback/data/dev_feedback.json (Apache-2.0)",
    "eval/ifeval-input_data.jsonl": "github.com/google-research/google-research, instruction_following_eval/data/input_data.jsonl (Apache-2.0)",
    "math/gsm8k-test.jsonl": "github.com/openai/grade-school-math, grade_school_math/data/test.jsonl (MIT)",
}
HERE = pathlib.Path(__file__).parent
EXAMPLES = "Q: What is the largest country in the world?\nA: Russia\n\nQ: How many legs does a dog have?\nA: 4\n\n"
FORMS = {
    "bare": lambda asked: {"prompt": asked},
    "form": lambda asked: {"prompt": f"Q: {asked}\nA:"},
    "few-shot": lambda asked: {"prompt": f"{EXAMPLES}Q: {asked}\nA:"},
    "chat": lambda asked: {"messages": user(asked)},
}
FOLDS = 4
LONGEST_PROMPT, LONGEST_ANSWER = 400, 480  # letters: some 100 and 120 tokens


def user(text):
    return [{"role": "user", "content": text}]


def assistant(text):
    return [{"role": "assistant", "content": text}]


def part(question):
    """0 to 9."""
    return hashlib.sha256(question.strip().encode()).digest()[0] % 10


def fold(question):
    """0 to 3."""
    return hashlib.sha256(question.strip().encode()).digest()[1] % FOLDS


def lines(file):
    opened = gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else open(file, encoding="utf-8")
    with opened as text:
        yield from (json.loads(line) for line in text if line.strip())


def asked(record):
    return record["instruction"] + (f"\n\n{record['input']}" if record["input"] else "")


def demonstrations(data):
    """By whom -> conversations that are short enough to be learned to their end."""
    people = [{**record, **record["instances"][0]} for name in ("seed_tasks", "user_oriented_instructions")
              for record in lines(data / f"sft/self-instruct-{name}.jsonl")]
    gpt4 = json.loads((data / "sft/llamafactory-alpaca_en_demo.json").read_text(encoding="utf-8"))
    fits = lambda record: len(asked(record)) <= LONGEST_PROMPT and 0 < len(record["output"].strip()) <= LONGEST_ANSWER
    return {who: [{"messages": user(asked(r)) + assistant(r["output"].strip())} for r in records if fits(r)]
            for who, records in (("people", people), ("gpt4", gpt4))}


def opening(transcript):
    """The first question of a conversation written as Human: ... Assistant: ..."""
    return transcript.split("\n\nHuman: ", 1)[-1].split("\n\nAssistant:", 1)[0].strip()


def pair(question, better, worse):
    return {"prompt": user(question), "chosen": assistant(better), "rejected": assistant(worse)}


def pandalm(data):
    """The majority of three people; ties and answers that are no text are left out. (`nudge preferences export` reads the file too, and
    writes prompts as plain text: the chat template would not be learned.)"""
    for record in json.loads((data / "pref/pandalm-testset-v1.json").read_text(encoding="utf-8")):
        votes = [str(record[f"annotator{n}"]) for n in (1, 2, 3)]
        answers = [record["response1"], record["response2"]]
        winner = max("12", key=votes.count)
        if votes.count(winner) >= 2 and all(isinstance(text, str) and text.strip() for text in answers):
            better, worse = answers if winner == "1" else reversed(answers)
            yield pair(asked(record), better, worse)


def fine_grained(data):
    """Six comparisons of four answers to a question, the question without its passages; ties are left out."""
    sides = [(a, b) for a in range(1, 5) for b in range(a + 1, 5)]
    for record in json.loads((data / "pref/finegrained-rlhf-dev_feedback.json").read_text(encoding="utf-8")):
        verdicts = record["preference"] if isinstance(record["preference"], list) else ast.literal_eval(record["preference"])
        for (a, b), verdict in zip(sides, verdicts):
            if verdict:
                better, worse = (a, b) if verdict == 1 else (b, a)
                yield pair(record["question"], record[f"prediction {better}"], record[f"prediction {worse}"])


def files(data):
    """Name -> records."""
    questions = list(lines(HERE / "questions.jsonl"))
    for form, ask in FORMS.items():
        yield f"questions-{form}", ({**ask(record["question"]), **record} for record in questions)
    for who, records in demonstrations(data).items():
        yield f"demonstrations-{who}", records
    harmless = list(lines(data / "pref/hh-rlhf-harmless-base-test.jsonl.gz"))
    openings = sorted({opening(record["chosen"]) for record in harmless})
    yield "harmless-proxy", [r for r in harmless if part(opening(r["chosen"])) <= 4]
    yield "harmless-gold", [r for r in harmless if 5 <= part(opening(r["chosen"])) <= 8]
    yield "harmless-not-proxy", [r for r in harmless if part(opening(r["chosen"])) > 4]
    yield "harmless-not-gold", [r for r in harmless if not 5 <= part(opening(r["chosen"])) <= 8]
    for held_out in range(FOLDS):
        yield f"harmless-fold-{held_out}-train", [r for r in harmless if fold(opening(r["chosen"])) != held_out]
        yield f"harmless-fold-{held_out}-test", [r for r in harmless if fold(opening(r["chosen"])) == held_out]
    yield "prompts", ({"messages": user(text)} for text in openings if part(text) <= 4 and len(text) <= LONGEST_PROMPT)
    yield "prompts-unseen", ({"messages": user(text)} for text in openings if part(text) == 9 and len(text) <= LONGEST_PROMPT)
    for name, pairs in (("pandalm", list(pandalm(data))), ("fine-grained", list(fine_grained(data)))):
        yield f"{name}-train", [p for p in pairs if part(p["prompt"][0]["content"]) <= 7]
        yield f"{name}-test", [p for p in pairs if part(p["prompt"][0]["content"]) > 7]
    instructions = list(lines(data / "eval/ifeval-input_data.jsonl"))
    yield "ifeval-bare", instructions
    yield "ifeval", ({**{k: v for k, v in record.items() if k != "prompt"}, "messages": user(record["prompt"])} for record in instructions)
    problems = list(lines(data / "math/gsm8k-test.jsonl"))
    yield "gsm8k-bare", ({"prompt": f"Q: {record['question']}\nA:", "answer": record["answer"]} for record in problems)
    yield "gsm8k", ({"messages": user(record["question"]), "answer": record["answer"]} for record in problems)


def main():
    data, folder = map(pathlib.Path, sys.argv[1:])
    missing = [f"  {name}: {source}" for name, source in SOURCES.items() if not (data / name).exists()]
    if missing:
        sys.exit(f"prepare.py: {data} lacks these files; put them there (or name another folder: --set data=DIR):\n" + "\n".join(missing))
    made = folder.with_name(folder.name + ".part")
    made.mkdir(parents=True, exist_ok=True)
    for name, records in files(data):
        records = list(records)
        with open(made / f"{name}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        print(f"{len(records):6} {name}", flush=True)
    made.rename(folder)


if __name__ == "__main__":
    main()
