#!/usr/bin/env python3
"""The tables of docs/world.md, from finished demos: tools/world_table.py runs/seed0 runs/seed1 runs/seed2

With --claims, only what the leash does, a line for each demo."""
import json
import pathlib
import sys


def share(interval):
    return f"{100 * interval['value']:.1f} [{100 * interval['low']:.1f}, {100 * interval['high']:.1f}]"


def number(interval):
    return f"{interval['value']:.2f} [{interval['low']:.2f}, {interval['high']:.2f}]"


def seconds(demo):
    return {line["stage"]: line["seconds"] for line in lines(demo / "timing.jsonl")}


WINDOW = 5  # rollouts that gold is averaged over, as in the report


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def step_seconds(run):
    """What each step of a run took."""
    seconds, tokens = [], 0
    for timing, metrics in zip(lines(run / "timing.jsonl"), lines(run / "metrics.jsonl")):
        if "tokens_per_second" in timing:
            seconds.append((metrics["num_tokens"] - tokens) / timing["tokens_per_second"])
            tokens = metrics["num_tokens"]
        else:
            seconds.append(timing["time/rollout"] + timing["time/update"])
    return seconds


def rising(model):
    """Watched gold by rollout, each the mean of the last WINDOW; empty for what samples nothing."""
    gold = model["training"].get("gold_by_step", [])
    return [sum(gold[i - WINDOW : i]) / WINDOW for i in range(WINDOW, len(gold) + 1)]


def methods(report, demo):
    """Answers and seconds until the gold score at which PPO on the leash ended."""
    leash = next(model for model in report["models"] if model.get("kl_coef") == report["leash"])
    rows = []
    for model in report["models"]:
        if model is not leash and model["kind"] not in ("online", "offline"):
            continue
        gold, seconds = rising(model), step_seconds(demo / model["name"])
        reached = next((i + WINDOW for i, value in enumerate(gold) if value >= rising(leash)[-1]), None)
        answers = model["training"].get("samples", 0)
        rows.append(
            [
                label(model),
                number(model["judge"]),
                share(model["win_rate"]),
                number(model["kl"]),
                str(model["training"].get("pairs", "")),
                str(answers or ""),
                f"{sum(seconds):.0f}",
                "" if not gold else "not reached" if reached is None else f"{reached * answers // len(seconds)}",
                "" if not gold or reached is None else f"{sum(seconds[:reached]):.0f}",
            ]
        )
    print(f"Seed {report['seed']}, ways from the same SFT model and comparisons:\n")
    table(["", "gold", "win rate, %", "KL", "pairs read", "answers sampled", "s", "answers until PPO's gold", "s until then"], rows)


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def label(model):
    if "label" in model:
        return model["label"]
    if model["kind"] == "sft":
        return "SFT"
    return "PPO, no leash" if model["kl_coef"] == 0 else f"PPO, leash {model['kl_coef']:.1f}"


def claims(reports):
    """Gold and win rate of SFT and of every leash, a row for each demo."""
    rows = []
    for report in reports:
        models = {model["kl_coef"]: model for model in report["models"] if "kl_coef" in model}
        sft = next(model for model in report["models"] if model["kind"] == "sft")
        row = [str(report["seed"]), number(sft["judge"])]
        for model in models.values():
            row += [number(model["judge"]), share(model["win_rate"])]
        rows.append([*row, f"{models[0]['proxy']['value']:.2f}"])
    leashes = [label(model) for model in reports[0]["models"] if "kl_coef" in model]
    head = [words for leash in leashes for words in (f"{leash}: gold", "win rate, %")]
    table(["seed", "SFT: gold", *head, "reward model"], rows)


def main():
    demos = [pathlib.Path(folder) for folder in sys.argv[1:] if folder != "--claims"]
    if not demos:
        sys.exit(__doc__)
    reports = [json.loads((demo / "report.json").read_text()) for demo in demos]
    if "--claims" in sys.argv:
        claims(reports)
        return
    table(
        ["", *(f"seed {report['seed']}" for report in reports)],
        [
            ["cloze, all facts, %", *(share(r["base"]["cloze"]["all"]) for r in reports)],
            ["bare question answered, %", *(share(r["base"]["bare"]["answered"]) for r in reports)],
            ["goes on with another question, %", *(share(r["base"]["bare"]["next_is_question"]) for r in reports)],
            *(
                [f"few-shot, {shot['form']} form, {shot['shots']}, %", *(share(r["base"]["few_shot"][i]["right"]) for r in reports)]
                for i, shot in enumerate(reports[0]["base"]["few_shot"])
            ),
            ["two raters agree, %", *(share(r["raters"]["agreement"]) for r in reports)],
            ["reward model on held-out comparisons, %", *(share(r["reward_model"]["accuracy"]) for r in reports)],
        ],
    )
    for report, demo in zip(reports, demos):
        print(f"Seed {report['seed']}:\n")
        took, rows = seconds(demo), []
        for model in report["models"]:
            world = model["world"]
            rows.append(
                [
                    label(model),
                    number(model["kl"]) if model["kind"] != "sft" else "0",
                    number(model["proxy"]),
                    number(model["judge"]),
                    share(model["win_rate"]) if model["kind"] != "sft" else "",
                    *(f"{world[key]['value']:.2f}" for key in ("right_plain", "dont_know_unknown", "dont_know_known", "guess_unknown", "flattery")),
                    f"{model['distinct']:.2f}",
                    f"{took[model['name']]:.0f}" if model["name"] in took else "",
                ]
            )
        table(["", "KL", "reward model", "gold", "win rate, %", "right, plain", "do not know: due", "not due", "guesses", "flattery", "distinct", "s"], rows)
    for report, demo in zip(reports, demos):
        methods(report, demo)
    table(
        ["best of n", *(str(point["n"]) for point in reports[0]["best_of_n"])],
        [[f"{side}, seed {r['seed']}", *(f"{point[side]['value']:.2f}" for point in r["best_of_n"])] for side in ("proxy", "gold") for r in reports],
    )


if __name__ == "__main__":
    main()
