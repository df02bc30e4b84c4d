#!/usr/bin/env python3
"""Does it help to choose which comparisons raters see? Christiano et al. 2017, section 2.2.4, in the demo's world.

    recipes/active_selection/active.py --world runs/demo --output_dir runs/active [--seed 0] [--nudge build/release/nudge]

From a finished demo: its SFT model, and the answers that were sampled for comparison, the first two different ones of each
prompt. Raters first see 400 comparisons drawn at random; then 800 more, by chance, by the disagreement of the three reward models that
learned from the first, or by their uncertainty (one in five at random all the same). Three new reward models learn from
everything seen and sort pairs of prompts that no one was asked about; right is what a judge says who makes no mistakes. What is done is not done again. Writes OUTPUT_DIR/active.json.
"""

import argparse
import collections
import json
import pathlib
import subprocess

FIRST, MORE = 400, 800  # comparisons, drawn and chosen
TEST_PROMPTS = 750
MEMBERS = 3  # reward models trained on the same comparisons, from other heads and in another order
RULES = ("random", "disagreement", "uncertainty")
RATER = ["--scorer", "world", "--rationality", 4, "--mistake_rate", 0.2]


class Experiment:
    def __init__(self, arguments):
        self.world, self.out, self.seed, self.program = arguments.world, arguments.output_dir, arguments.seed, arguments.nudge

    def nudge(self, produces, *words):
        if produces.exists():
            return
        print(f"\n== {produces}\n{self.program} {' '.join(map(str, words))}", flush=True)
        subprocess.run([self.program, *map(str, words)], check=True)

    def prepare(self):
        """A pool of pairs to ask about, and pairs to test on, of other prompts."""
        if (self.out / "test.jsonl").exists():
            return
        records = read(self.world / "candidates.jsonl")
        half = len(records) // 2
        pool = []
        for record in records[:half]:
            different = list({completion["text"]: completion for completion in record["completions"]}.values())
            if len(different) > 1:
                pool.append(record | {"completions": different[:2]})
        write(self.out / "pool.jsonl", pool)
        write(self.out / "test.jsonl", records[half : half + TEST_PROMPTS])

    def order(self, name, rule, seen):
        """The pool in the order of asking, without what was seen."""
        folder = self.out / name
        rest, order = folder / f"rest-{rule}.jsonl", folder / f"order-{rule}-after-{len(seen)}.jsonl"
        known = {json.dumps(record, sort_keys=True) for record in seen}
        left = [record for record in read(self.out / "pool.jsonl") if json.dumps(record, sort_keys=True) not in known]
        write(rest, [{"id": str(i), "prompt": {"id": str(i), "messages": record["prompt"]},
                      "answers": [{"content": completion["text"]} for completion in record["completions"]]}
                     for i, record in enumerate(left)])
        models = [] if rule == "random" else ["--models", *(folder / f"member-{i}" for i in range(MEMBERS))]
        self.nudge(order, "preferences", "prioritise", "--dataset", rest, "--output", order, "--by", rule, *models, "--seed", self.seed)
        return [left[int(line["comparison"])] for line in read(order)]

    def reward(self, folder, dataset, seed):
        self.nudge(folder / "final", "reward", "--model", self.world / "sft", "--dataset", dataset, "--output_dir", folder,
                   "--seed", seed, "--max_length", 128, "--learning_rate", "1e-3", "--num_train_epochs", 2,
                   "--per_device_train_batch_size", 16, "--eval_share", 0.05, "--normalization_samples", 64, "--resume")

    def learn(self, name, seen):
        """Raters compare what is to be seen, and reward models learn from it."""
        folder = self.out / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "seen.jsonl", seen)
        self.nudge(folder / "pairs.jsonl", "preferences", "simulate", "--dataset", folder / "seen.jsonl", *RATER, "--seed", self.seed,
                   "--output", folder / "pairs.jsonl")
        scores = []
        for i in range(MEMBERS):
            member, scored = folder / f"member-{i}", folder / f"scores-{i}.jsonl"
            self.reward(member, folder / "pairs.jsonl", 100 + i)
            self.nudge(scored, "score", "--dataset", self.out / "test.jsonl", "--reward", member, "--output", scored)
            scores.append(read(scored))
        gold = self.gold()
        result = {"rule": name, "labels": len(seen), "accuracy": [sorted_right(gold, [one]) for one in scores],
                  "ensemble": sorted_right(gold, scores)}
        print(f"\n{result}", flush=True)
        return result

    def gold(self):
        """The test pairs, sorted by a judge who makes no mistakes."""
        gold = self.out / "gold.jsonl"
        self.nudge(gold, "preferences", "simulate", "--dataset", self.out / "test.jsonl", "--protocol", "ranking", "--pairs",
                   "--scorer", "world", "--rationality", "inf", "--mistake_rate", 0, "--output", gold)
        return read(gold)

    def run(self):
        self.out.mkdir(parents=True, exist_ok=True)
        self.prepare()
        (self.out / "start").mkdir(exist_ok=True)
        first = self.order("start", "random", [])[:FIRST]
        results = [self.learn("start", first)]
        for rule in RULES:
            chosen = self.order("start", rule, first)[:MORE]
            results.append(self.learn(rule, first + chosen))
        (self.out / "active.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def text_of(message):
    return message if isinstance(message, str) else message[-1]["content"]


def sorted_right(pairs, scored_by_members):
    """Share of the pairs whose better answer has the higher score, summed over the members; half of one for equal scores."""
    score = collections.Counter()
    for scored in scored_by_members:
        seen = {(text_of(line["prompt"]), text_of(line["completion"])): line["score"] for line in scored}
        score.update(seen)
    right = 0.0
    for pair in pairs:
        prompt = text_of(pair["prompt"])
        difference = score[prompt, text_of(pair["chosen"])] - score[prompt, text_of(pair["rejected"])]
        right += 1 if difference > 0 else 0.5 if difference == 0 else 0
    return right / len(pairs)


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path, records):
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", type=pathlib.Path, required=True, help="folder of a finished nudge demo")
    parser.add_argument("--output_dir", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nudge", default="build/release/nudge")
    Experiment(parser.parse_args()).run()
