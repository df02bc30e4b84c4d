#!/usr/bin/env python3
"""The experiment of section 6.1 of DPO (Rafailov et al. 2023) in miniature: gold reward against KL, for DPO at four betas, PPO
with a learned reward model and PPO with the true reward. Movie reviews instead of IMDb, a model of 0.7 million parameters.

    recipes/dpo_frontier/frontier.py --data FOLDER --output_dir runs/frontier [--nudge build/release/nudge]

FOLDER holds rt-polarity.pos, rt-polarity.neg (Pang and Lee 2005, latin-1) and sst2-stsa.binary.train. What is done is not
done again, so the same command goes on where it was stopped. Writes OUTPUT_DIR/frontier.json and frontier.svg.
"""

import argparse
import json
import math
import os
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import sentiment  # noqa: E402

BETAS = ("0.05", "0.1", "1", "5")
DPO_STEPS = (15, 45, 90, 180)  # measured after each; the learning rate is constant, so a longer run passes through a shorter one
LEASHES = ("0.1", "0.03", "0.01")
ANSWERS = ["--temperature", "1", "--max_new_tokens", "32"]
GOLD = f"python:{pathlib.Path(sentiment.__file__)}:positive"


class Experiment:
    def __init__(self, arguments):
        self.out, self.program, self.seed = arguments.output_dir, arguments.nudge, arguments.seed
        self.data, self.steps = arguments.data, arguments.ppo_steps
        os.environ["SENTIMENT_WEIGHTS"] = str(self.out / "sentiment.json")

    def nudge(self, produces, *words):
        if (self.out / produces).exists():
            return
        print(f"\n== {produces}\n{self.program} {' '.join(map(str, words))}", flush=True)
        subprocess.run([self.program, *map(str, words)], check=True)

    def prepare(self):
        """Reviews to read, the gold reward, and beginnings of reviews as prompts."""
        if (self.out / "eval_prompts.jsonl").exists():
            return
        shuffled = random.Random(self.seed)
        labelled = [(line, sign) for name, sign in (("pos", 1), ("neg", 0))
                    for line in self.lines(f"rt-polarity.{name}", "latin-1")]
        shuffled.shuffle(labelled)
        held_out, known = labelled[:1066], labelled[1066:]
        model = sentiment.fit(known, seed=self.seed)
        right = sum((sentiment.probability(model, text) > 0.5) == bool(label) for text, label in held_out)
        print(f"gold reward: {len(model['weights'])} weights, right on {100 * right / len(held_out):.2f} % of {len(held_out)} held-out reviews")
        (self.out / "sentiment.json").write_text(json.dumps(model), encoding="utf-8")
        reviews = [text for text, _ in known] + [line[2:] for line in self.lines("sst2-stsa.binary.train", "utf-8")]
        shuffled.shuffle(reviews)
        self.write("corpus.jsonl", [{"text": review} for review in reviews])
        beginnings = [" ".join(review.split()[: shuffled.randint(2, 6)]) for review in reviews[:4000]]
        self.write("prompts.jsonl", [{"prompt": text} for text in beginnings])
        unseen = [" ".join(text.split()[: shuffled.randint(2, 6)]) for text, _ in held_out[:500]]
        self.write("eval_prompts.jsonl", [{"prompt": text} for text in unseen])

    def lines(self, name, encoding):
        return [line.strip() for line in (self.data / name).read_text(encoding=encoding).splitlines() if line.strip()]

    def write(self, name, records):
        (self.out / name).write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")

    def base(self):
        self.nudge("tokenizer/tokenizer.json", "tokenizer", "train", "--input", self.out / "corpus.jsonl",
                   "--vocab_size", 1024, "--output_dir", self.out / "tokenizer")
        self.nudge("base/final", "pretrain", "--tokenizer", self.out / "tokenizer", "--dataset", self.out / "corpus.jsonl",
                   "--output_dir", self.out / "base", "--seed", self.seed, "--max_length", 128,
                   "--per_device_train_batch_size", 16, "--max_steps", 2400, "--hidden_size", 96, "--intermediate_size", 256,
                   "--num_hidden_layers", 4, "--num_attention_heads", 4, "--num_key_value_heads", 4,
                   "--max_position_embeddings", 128, "--learning_rate", "4e-3", "--resume")

    def preferences(self):
        self.nudge("candidates.jsonl", "sample", "--model", self.out / "base", "--dataset", self.out / "prompts.jsonl",
                   "--limit", 2000, "--num_generations", 4, *ANSWERS, "--output", self.out / "candidates.jsonl")
        if not (self.out / "scored.jsonl").exists():
            model = json.loads((self.out / "sentiment.json").read_text(encoding="utf-8"))
            records = [json.loads(line) for line in (self.out / "candidates.jsonl").read_text(encoding="utf-8").splitlines()]
            for record in records:
                for completion in record["completions"]:
                    completion["gold"] = sentiment.probability(model, record["prompt"] + completion["text"])
            self.write("scored.jsonl", records)
        self.nudge("pairs.jsonl", "preferences", "simulate", "--dataset", self.out / "scored.jsonl", "--scorer", "field:gold",
                   "--protocol", "ranking", "--pairs", "--rationality", 10, "--mistake_rate", 0, "--output", self.out / "pairs.jsonl")
        self.nudge("reward/final", "reward", "--model", self.out / "base", "--dataset", self.out / "pairs.jsonl",
                   "--output_dir", self.out / "reward", "--max_length", 128, "--learning_rate", "5e-4", "--num_train_epochs", 2,
                   "--normalization_temperature", 1, "--normalization_max_new_tokens", 32, "--resume")

    def measure(self, name, model):
        self.nudge(f"eval/{name}.json", "eval", "--model", model, "--reference", self.out / "base", "--judge", GOLD,
                   "--proxy", self.out / "reward", "--dataset", self.out / "eval_prompts.jsonl", *ANSWERS,
                   "--output", self.out / f"eval/{name}.json")

    def dpo(self, beta):
        for steps in DPO_STEPS:
            run = self.out / f"dpo-{beta}-{steps}"
            self.nudge(f"{run.name}/final", "dpo", "--model", self.out / "base", "--dataset", self.out / "pairs.jsonl",
                       "--output_dir", run, "--beta", beta, "--max_steps", steps, "--group_by_prompt",
                       "--per_device_train_batch_size", 64, "--learning_rate", "2e-4", "--lr_scheduler_type", "constant",
                       "--max_length", 128, "--seed", self.seed, "--resume")
            self.measure(run.name, run)

    def ppo(self, name, reward, leash):
        run = self.out / f"{name}-{leash}"
        self.nudge(f"{run.name}/final", "ppo", "--model", self.out / "base", *reward, "--monitor", GOLD, "--dataset",
                   self.out / "prompts.jsonl", "--output_dir", run, "--kl_coef", leash, "--max_steps", self.steps,
                   "--rollout_batch_size", 128, "--num_ppo_epochs", 2, "--num_mini_batches", 2, "--learning_rate", "2e-4",
                   "--lr_scheduler_type", "constant", "--temperature", 1, "--max_new_tokens", 32, "--logging_steps", 1,
                   "--seed", self.seed, "--resume")
        self.measure(run.name, run)

    def run(self):
        (self.out / "eval").mkdir(parents=True, exist_ok=True)
        self.prepare()
        self.base()
        self.preferences()
        self.measure("base", self.out / "base")
        for beta in BETAS:
            self.dpo(beta)
        for leash in LEASHES:
            self.ppo("ppo-learned", ["--reward", self.out / "reward"], leash)
            self.ppo("ppo-true", ["--reward", GOLD], leash)
        self.report()


    def point(self, name):
        measured = json.loads((self.out / f"eval/{name}.json").read_text(encoding="utf-8"))
        return {"name": name, "kl": measured["kl"]["value"], "gold": measured["judge"], "proxy": measured["proxy"]["value"],
                "words": measured["length_words"]["value"]}

    def path(self, run):
        """KL and gold reward along one PPO run, means of five rollouts."""
        lines = [json.loads(line) for line in (self.out / run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
        gold = [next(value for name, value in line.items() if name.startswith("monitor/")) for line in lines]
        means = [(i + 5, sum(line["objective/kl"] for line in lines[i:i + 5]) / 5, sum(gold[i:i + 5]) / 5)
                 for i in range(0, len(lines) - 4, 5)]
        return [{"rollouts": rollouts, "kl": kl, "gold": value} for rollouts, kl, value in means]

    def curves(self):
        base = self.point("base")
        curves = {f"DPO, beta {beta}": [base] + [self.point(f"dpo-{beta}-{steps}") for steps in DPO_STEPS] for beta in BETAS}
        for label, name in (("PPO, learned reward", "ppo-learned"), ("PPO, true reward", "ppo-true")):
            for leash in LEASHES:
                curves[f"{label}, kl_coef {leash}"] = self.path(f"{name}-{leash}") + [self.point(f"{name}-{leash}")]
        return curves

    def report(self):
        curves = self.curves()
        (self.out / "frontier.json").write_text(json.dumps(curves, indent=1) + "\n", encoding="utf-8")
        (self.out / "frontier.svg").write_text(drawing(curves), encoding="utf-8")
        print("\n| | KL | gold reward | learned reward | words |\n|---|---|---|---|---|")
        for label, points in curves.items():
            for point in points:
                if "name" in point:
                    gold = point["gold"]
                    print(f"| {label} ({point['name']}) | {point['kl']:.2f} | {gold['value']:.3f} [{gold['low']:.3f}, {gold['high']:.3f}]"
                          f" | {point['proxy']:.2f} | {point['words']:.1f} |")


def drawing(curves, width=800, height=420, left=56, bottom=48):
    """Gold reward against the root of the KL, one line a curve."""
    value = lambda point: point["gold"]["value"] if isinstance(point["gold"], dict) else point["gold"]  # noqa: E731
    furthest = max(math.sqrt(max(0, point["kl"])) for points in curves.values() for point in points)
    x = lambda kl: left + (width - left - 270) * math.sqrt(max(0, kl)) / furthest  # noqa: E731
    y = lambda gold: height - bottom - (height - bottom - 16) * (gold - 0.4) / 0.6  # noqa: E731
    colours = ["#1b5e8c", "#2a8fc4", "#5bb3d9", "#9fd3e8", "#c1440e", "#e07b39", "#f0ad75", "#2e7d32", "#66a95a", "#a5cf94"]
    lines = []
    for gold in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        lines.append(f'<path d="M{left} {y(gold):.1f}H{width - 270}" stroke="#ddd"/><text x="{left - 8}" y="{y(gold) + 4:.1f}" text-anchor="end">{gold:.1f}</text>')
    for kl in (0, 1, 4, 9, 16, 25, 36, 49):
        if math.sqrt(kl) <= furthest:
            lines.append(f'<text x="{x(kl):.1f}" y="{height - bottom + 18}" text-anchor="middle">{kl}</text>')
    for (label, points), colour, row in zip(curves.items(), colours, range(len(curves))):
        places = " ".join(f"{x(point['kl']):.1f},{y(value(point)):.1f}" for point in points)
        lines.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.append(f'<path d="M{width - 250} {24 + 22 * row}h18" stroke="{colour}" stroke-width="3"/><text x="{width - 226}" y="{28 + 22 * row}">{label}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="#333">'
            f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(lines)}'
            f'<text x="{left}" y="{height - 8}">KL to the base model, nats a completion (axis: its root)</text>'
            f'<text transform="translate(14 {height - bottom}) rotate(-90)">gold: probability that the review is positive</text></svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--output_dir", type=pathlib.Path, default=pathlib.Path("runs/frontier"))
    parser.add_argument("--nudge", default="build/release/nudge")
    parser.add_argument("--ppo_steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    Experiment(parser.parse_args()).run()


if __name__ == "__main__":
    main()
