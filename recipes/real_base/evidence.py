#!/usr/bin/env python3
"""Gathers what the stages of real_base.yaml measured into report.json, from which `nudge report` draws the page.

usage: evidence.py FOLDER DATA

DATA is what prepare.py read: the votes on PandaLM, of which the ceiling is taken, stand there.
"""
import json
import math
import pathlib
import re
import sys

import questions

ABOUT = ("The model is Gemma 3 270M, a pretrained base that Google published; 168 of its 268 million weights are the embedding. It first "
         "imitates demonstrations (SFT). Then a reward model, the proxy, learns from people's comparisons of harmless and harmful replies, "
         "and PPO and GRPO train towards its score; the leash is a price on every step away from SFT, measured as KL. Whether that is better "
         "a second reward model says, here called gold: it learned from other conversations, which the proxy never saw, takes no part in "
         "training, and is no truth either: its own accuracy stands below.")
TASKS = {"ifeval": ("IFEval, strict", "ifeval"), "ifeval-loose": ("IFEval, loose", "loose"), "gsm8k": ("GSM8K", "number")}


def lines(file):
    with open(file, encoding="utf-8") as text:
        return [json.loads(line) for line in text]


def wilson(p, n):
    """The share p of n with its 95 % interval."""
    z = 1.959964
    half = z / 2 / n
    middle, spread = (p + z * half) / (1 + 2 * z * half), z * math.sqrt(p * (1 - p) / n + half * half) / (1 + 2 * z * half)
    return {"value": p, "low": middle - spread, "high": middle + spread}


def share(marks):
    """None of nothing."""
    return wilson(sum(marks) / len(marks), len(marks)) if marks else None


def marked(file):
    """Each question with its answer and what the rewards say of it."""
    records = lines(file)
    columns = {key: [record[key] for record in records] for key in ("question", "answer")}
    texts = [record["completions"][0]["text"] for record in records]
    marks = {name: getattr(questions, name)(completions=texts, **columns) for name in ("answered", "asks_on", "repeats")}
    return columns["question"], texts, marks


def question_rows(folder):
    files = [folder / f"asked/base-{form}.jsonl" for form in ("bare", "form", "few-shot", "chat")]
    files += sorted(set(folder.glob("asked/*-chat.jsonl")) - set(files), key=lambda file: file.stat().st_mtime)
    known = marked(files[2])[2]["answered"]
    for file in files:
        asked, texts, marks = marked(file)
        model, form = re.fullmatch(r"(.*)-(bare|form|few-shot|chat)", file.stem).groups()
        kept = [mark for mark, before in zip(marks["answered"], known) if before]
        yield {"model": model, "form": form, "count": len(asked), **{name: share(values) for name, values in marks.items()},
               "of_those_known": share(kept), "texts": [{"prompt": q, "answer": a} for q, a in zip(asked[:40:8], texts[:40:8])]}


def task_rows(folder):
    for model in ("base", "sft"):
        for file, (task, component) in TASKS.items():
            scored = lines(folder / f"asked/{model}-{file.removesuffix('-loose')}-scored.jsonl")
            marks = [record["components"][component] for record in scored]
            yield {"model": model, "task": task, "count": len(marks), "right": share([float(mark or 0) for mark in marks])}


def raters_ceiling(data):
    """PandaLM: how often one person sides with the other two where these agree and none calls a tie."""
    sides = []
    for record in json.loads((data / "pref/pandalm-testset-v1.json").read_text(encoding="utf-8")):
        votes = [str(record[f"annotator{n}"]) for n in (1, 2, 3)]
        for i in range(3):
            one, others = votes[i], votes[:i] + votes[i + 1 :]
            if others[0] == others[1] and others[0] in "12" and one in "12":
                sides.append(float(one == others[0]))
    return share(sides)


def better_length(longer):
    return longer if longer["value"] >= .5 else {"value": 1 - longer["value"], "low": 1 - longer["high"], "high": 1 - longer["low"]}


def fold_rows(folder):
    """All folds that were measured as one: of each pair a model says something that had not seen its opening question."""
    for kind, name in (("all", "HH harmless by folds, all lengths"), ("short", "HH harmless by folds, at most 160 tokens")):
        folds = [json.loads(file.read_text()) for file in sorted(folder.glob(f"fold-*-{kind}.json"))]
        pairs = sum(measured["pairs"] for measured in folds)
        if pairs:
            pooled = lambda key: wilson(sum(measured[key]["value"] * measured["pairs"] for measured in folds) / pairs, pairs)
            yield {"name": name, "pairs": pairs, "accuracy": pooled("accuracy"), "length_alone": better_length(pooled("longer_preferred")), "ceiling": None}


def reward_rows(folder, data):
    names = {"proxy": "HH harmless, the proxy", "gold": "HH harmless, the gold judge", "pandalm": "PandaLM", "fine-grained": "Fine-grained"}
    for who, name in names.items():
        measured = json.loads((folder / f"{who}.json").read_text())
        yield {"name": name, "pairs": measured["pairs"], "accuracy": measured["accuracy"], "length_alone": better_length(measured["longer_preferred"]),
               "ceiling": raters_ceiling(data) if who == "pandalm" else None}
    yield from fold_rows(folder)


def model_rows(folder):
    for measured in json.loads((folder / "eval/models.json").read_text()):
        name = pathlib.Path(measured["settings"]["model"]).name
        leash = re.fullmatch(r"ppo-kl-(.*)", name)
        kind = "ppo" if leash else {"sft": "sft", "dpo": "offline"}.get(name, "online")
        yield {**measured, "name": name, "kind": kind, "label": name.upper(), **({"kl_coef": float(leash[1])} if leash else {})}


def side_by_side(models, count):
    for i in range(min(count, len(models[0]["texts"]))):
        shown = [(model["name"], model["texts"][i]) for model in models]
        yield {"question": shown[0][1]["prompt"], "tags": [],
               "answers": [{"model": name, "answer": text["answer"], "gold": text.get("score")} for name, text in shown]}


def main():
    folder, data = map(pathlib.Path, sys.argv[1:])
    models = list(model_rows(folder))
    report = {
        "title": "A real base model: Gemma 3 270M", "about": ABOUT, "seed": 0,
        "questions": list(question_rows(folder)), "tasks": list(task_rows(folder)),
        "reward_model": json.loads((folder / "proxy.json").read_text()), "reward_models": list(reward_rows(folder, data)),
        "ppo_curves": [{"name": model["name"], "steps": lines(folder / model["name"] / "metrics.jsonl")} for model in models
                       if model["kind"] == "ppo"],
        "texts": list(side_by_side(models, 12)),
        "length_reward": [{"model": model["name"], "points": [[text["words"], text["proxy"]] for text in model["texts"]]}
                          for model in models if model["kind"] in ("sft", "ppo")],
        "settings": {f"{stage['stage']}, seconds": round(stage["seconds"]) for stage in lines(folder / "timing.jsonl")},
        "models": [{key: value for key, value in model.items() if key != "texts"} for model in models],
    }
    part = folder / "report.json.part"
    part.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.rename(folder / "report.json")


if __name__ == "__main__":
    main()
